//! Tables of every sample: exact, and one look-up a sample whatever the number of filters.

use fidget_core::context::{Node, Op};

use super::Source;
use super::analysis::Analysis;
use super::build::values;
use super::samples::{Depth, quantized};
use crate::graph::{Graph, Input};

/// Pixels from which a table of 65536 samples is worth its making.
const WORTH_WIDE_TABLES: u64 = 100_000;

/// A table for each channel of the result.
#[derive(Debug)]
pub(super) struct Tables {
    channels: [Table; 4],
}

/// The values of a channel for every sample of the channel it reads.
#[derive(Debug)]
struct Table {
    /// The channel it reads.
    from: usize,
    bytes: Vec<u8>,
    words: Vec<u16>,
}

impl Tables {
    /// Tables of four outputs, if each reads one channel at most.
    pub fn new(graph: &Graph, outputs: [Node; 4], source: &Source) -> Option<Self> {
        let pixels = u64::from(source.size.0) * u64::from(source.size.1);
        if source.levels > 256 && pixels < WORTH_WIDE_TABLES {
            return None;
        }
        let analysis = Analysis::new(graph, &outputs);
        let mut tables = Vec::with_capacity(4);
        for (channel, node) in outputs.into_iter().enumerate() {
            let from = match analysis.reads(node) {
                0 => channel.min(if source.alpha { 3 } else { 2 }),
                reads if reads.count_ones() == 1 && reads < 16 => reads.trailing_zeros() as usize,
                _ => return None,
            };
            tables.push(Table::new(graph, node, from, source.levels)?);
        }
        Some(Self { channels: tables.try_into().ok()? })
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.channels.iter().map(|table| table.bytes.len() + size_of_val(&table.words[..])).sum()
    }

    /// Replaces the samples of interleaved pixels.
    pub fn in_place<D: Depth>(&self, samples: &mut [D], channels: usize) {
        if channels == 4 {
            self.replace::<D, 4>(samples);
        } else {
            self.replace::<D, 3>(samples);
        }
    }

    fn replace<D: Depth, const N: usize>(&self, samples: &mut [D]) {
        let tables: [&[D]; N] = std::array::from_fn(|channel| {
            D::pick(&self.channels[channel].bytes, &self.channels[channel].words)
        });
        let from: [usize; N] = std::array::from_fn(|channel| self.channels[channel].from);
        let straight = from.iter().enumerate().all(|(channel, from)| channel == *from);
        let done = if straight { D::replace(tables, samples) } else { 0 };
        let (pixels, _) = samples[done..].as_chunks_mut::<N>();
        for pixel in pixels {
            let read = *pixel;
            for channel in 0..N {
                let index = if straight { channel } else { from[channel] };
                pixel[channel] = tables[channel][read[index].index()];
            }
        }
    }

    /// Writes another depth or number of channels.
    pub fn across<I: Depth, O: Depth>(
        &self,
        input: &[I],
        in_channels: usize,
        output: &mut [O],
        out_channels: usize,
    ) {
        let pixels = input.chunks_exact(in_channels).zip(output.chunks_exact_mut(out_channels));
        for (read, written) in pixels {
            for (table, sample) in self.channels.iter().zip(written) {
                *sample = O::pick(&table.bytes, &table.words)[read[table.from].index()];
            }
        }
    }
}

impl Table {
    fn new(graph: &Graph, node: Node, from: usize, levels: usize) -> Option<Self> {
        // The input itself comes through unchanged, whatever floating point says.
        let same =
            matches!(graph.op(node), Op::Input(var) if graph.inputs().of(var) == Some(Input::Channel(from)));
        let values = if same {
            (0..levels).map(|level| level as f32 / (levels - 1) as f32).collect()
        } else {
            values(graph, node, levels)?
        };
        Some(Self {
            from,
            bytes: values.iter().map(|value| quantized(*value)).collect(),
            words: values.iter().map(|value| quantized(*value)).collect(),
        })
    }
}
