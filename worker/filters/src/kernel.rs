//! Kernels: what runs over the pixels for a run of point filters.
//!
//! The expressions decide the kernel. Where each channel of the result reads one channel, a table of every possible
//! sample is exact. Else a program runs over blocks of pixels: of sums, clamps and tables where the expressions are
//! made of such; of compiled code, or interpreted where code may not be compiled, where they are not. All agree
//! within one level of 255, because each computes in floating point and rounds once.

use std::sync::Mutex;

use fidget_core::context::Node;

use crate::context::Context;
use crate::frame::{Frame, Samples};
use crate::graph::Graph;
use crate::refusal::Refusal;

mod analysis;
mod avx512;
mod build;
mod check;
mod curve;
mod program;
mod samples;
mod tables;
mod tape;

use program::{BLOCK, Program, Workspace};
use samples::{Depth, join, split};
use tables::Tables;

/// Pixels from which compiling pays.
const WORTH_COMPILING: u64 = 20_000;

/// Which means a kernel may use; all do the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Means {
    /// Tables and polynomials.
    pub tables: bool,
    /// Vector code for functions that compiled code would have to call out for.
    pub functions: bool,
    /// Sums and clamps without compiled code.
    pub sums: bool,
    /// Machine code instead of the interpreter.
    pub jit: bool,
}

impl Means {
    /// The fastest for `pixels` pixels on this machine.
    pub fn best(pixels: u64) -> Self {
        Self {
            tables: true,
            functions: true,
            sums: true,
            jit: pixels >= WORTH_COMPILING && tape::can_compile(),
        }
    }
}

/// What a kernel will read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Whether there is a fourth channel.
    pub alpha: bool,
    /// Values that a sample can have: 256 or 65536.
    pub levels: usize,
}

/// A run of point filters, ready to run over frames of one depth, and of one size if they ask for places.
#[derive(Debug)]
pub(crate) struct Kernel {
    work: Work,
    /// Whether the result can be transparent.
    alpha: bool,
}

#[derive(Debug)]
enum Work {
    /// Nothing changes.
    Nothing,
    Tables(Box<Tables>),
    Program(Program),
}

impl Kernel {
    /// Makes the kernel of a graph's four outputs.
    ///
    /// # Errors
    /// `Internal` if the expressions cannot be compiled, which would be our own mistake.
    pub fn new(
        graph: &mut Graph,
        outputs: [Node; 4],
        source: &Source,
        means: Means,
    ) -> Result<Self, Refusal> {
        let outputs = outputs.map(|node| {
            let number = graph.value(node).filter(|value| value.is_nan());
            if number.is_some() { graph.constant(0.0) } else { node }
        });
        let alpha = graph.value(outputs[3]).is_none_or(|value| value < 1.0);
        if graph.pixel(source.size, source.alpha).channels == outputs {
            return Ok(Self { work: Work::Nothing, alpha });
        }
        if means.tables
            && let Some(tables) = Tables::new(graph, outputs, source)
        {
            return Ok(Self { work: Work::Tables(Box::new(tables)), alpha });
        }
        let program = check::checked(graph, outputs, source, means)
            .ok_or_else(|| Refusal::internal("the equations could not be compiled"))?;
        Ok(Self { work: Work::Program(program), alpha })
    }

    /// Whether the result has a fourth channel.
    pub fn alpha(&self) -> bool {
        self.alpha
    }

    /// Runs over a frame and gives one of 16-bit samples if `wide`, else of 8-bit ones.
    ///
    /// # Errors
    /// `DeadlineExceeded`.
    pub fn run(&self, frame: Frame, wide: bool, context: &Context<'_>) -> Result<Frame, Refusal> {
        let Frame { width, height, alpha, samples } = frame;
        let pass = Pass { kernel: self, width: width as usize, channels: 3 + usize::from(alpha) };
        let samples = match (samples, wide) {
            (Samples::U8(samples), false) => Samples::U8(pass.same(samples, context)?),
            (Samples::U8(samples), true) => Samples::U16(pass.other(&samples, context)?),
            (Samples::U16(samples), false) => Samples::U8(pass.other(&samples, context)?),
            (Samples::U16(samples), true) => Samples::U16(pass.same(samples, context)?),
        };
        Ok(Frame { width, height, alpha: self.alpha, samples })
    }

    /// Bytes of its tables.
    pub fn table_bytes(&self) -> usize {
        match &self.work {
            Work::Nothing => 0,
            Work::Tables(tables) => tables.bytes(),
            Work::Program(program) => program.table_bytes(),
        }
    }

    /// Whether some of it was compiled, or is interpreted where nothing may be.
    pub fn has_code(&self) -> bool {
        self.kind().starts_with("code")
    }

    /// A word for the kind of kernel, for tests and explanations.
    pub fn kind(&self) -> &'static str {
        use program::Instruction;
        match &self.work {
            Work::Nothing => "nothing",
            Work::Tables(_) => "tables",
            Work::Program(program) => {
                let taped = |step: &Instruction| matches!(step, Instruction::Tape { .. });
                let curved = |step: &Instruction| matches!(step, Instruction::Curve { .. });
                match (program.instructions.iter().any(taped), program.instructions.iter().any(curved)) {
                    (true, true) => "code and tables",
                    (true, false) => "code",
                    (false, true) => "sums and tables",
                    (false, false) => "sums",
                }
            }
        }
    }
}

/// A kernel on its way over one frame.
struct Pass<'a> {
    kernel: &'a Kernel,
    width: usize,
    /// Of the input.
    channels: usize,
}

impl Pass<'_> {
    fn out_channels(&self) -> usize {
        3 + usize::from(self.kernel.alpha)
    }

    /// To the same depth: in place, unless alpha comes or goes.
    fn same<D: Depth + bytemuck::Zeroable>(
        &self,
        mut samples: Vec<D>,
        context: &Context<'_>,
    ) -> Result<Vec<D>, Refusal> {
        if self.channels != self.out_channels() {
            return self.other(&samples, context);
        }
        let row = self.width * self.channels;
        match &self.kernel.work {
            Work::Nothing => {}
            Work::Tables(tables) => {
                context.for_each_band(&mut samples, row, |_, band| {
                    tables.in_place(band, self.channels);
                    Ok(())
                })?;
            }
            Work::Program(program) => {
                let spare = Mutex::new(Vec::new());
                context.for_each_band(&mut samples, row, |first, band| {
                    with_workspace(program, &spare, |workspace| {
                        let size = BLOCK * self.channels;
                        for (index, block) in band.chunks_mut(size).enumerate() {
                            let count = block.len() / self.channels;
                            self.load(workspace, program, block);
                            self.place(workspace, program, first * self.width + index * BLOCK, count);
                            program.run(workspace);
                            self.store(workspace, program, block);
                        }
                    });
                    Ok(())
                })?;
            }
        }
        Ok(samples)
    }

    /// To another depth or number of channels.
    fn other<I: Depth, O: Depth + bytemuck::Zeroable>(
        &self,
        samples: &[I],
        context: &Context<'_>,
    ) -> Result<Vec<O>, Refusal> {
        let pixels = samples.len() / self.channels;
        let out_channels = self.out_channels();
        let mut result = vec![O::zeroed(); pixels * out_channels];
        let spare = Mutex::new(Vec::new());
        let identity;
        let program = match &self.kernel.work {
            Work::Program(program) => Some(program),
            Work::Tables(_) => None,
            Work::Nothing => {
                identity = Program::identity();
                Some(&identity)
            }
        };
        context.for_each_band(&mut result, self.width * out_channels, |first, band| {
            let input = &samples[first * self.width * self.channels..];
            if let Work::Tables(tables) = &self.kernel.work {
                tables.across(input, self.channels, band, out_channels);
            }
            let Some(program) = program else { return Ok(()) };
            with_workspace(program, &spare, |workspace| {
                for (index, block) in band.chunks_mut(BLOCK * out_channels).enumerate() {
                    let count = block.len() / out_channels;
                    let start = index * BLOCK * self.channels;
                    self.load(workspace, program, &input[start..start + count * self.channels]);
                    self.place(workspace, program, first * self.width + index * BLOCK, count);
                    program.run(workspace);
                    self.store(workspace, program, block);
                }
            });
            Ok(())
        })?;
        Ok(result)
    }

    fn load<D: Depth>(&self, workspace: &mut Workspace, program: &Program, block: &[D]) {
        if program.reads & 0b1111 == 0 {
            return;
        }
        let [r, g, b, a, ..] = workspace.registers.as_mut_slice() else { return };
        let [r, g, b, a] = [r, g, b, a].map(|plane| &mut plane.values[..]);
        if self.channels == 4 {
            split::<D, 4>(block, [r, g, b, a]);
        } else {
            split::<D, 3>(block, [r, g, b]);
        }
    }

    /// Fills in the positions of `count` pixels from the one of number `first` on.
    fn place(&self, workspace: &mut Workspace, program: &Program, first: usize, count: usize) {
        if program.reads & 0b11_0000 == 0 {
            return;
        }
        let [_, _, _, _, x, y, ..] = workspace.registers.as_mut_slice() else { return };
        let [columns, rows] = &program.positions;
        let mut done = 0;
        while done < count {
            let (column, row) = ((first + done) % self.width, (first + done) / self.width);
            let run = (self.width - column).min(count - done);
            x.values[done..done + run].copy_from_slice(&columns[column..column + run]);
            y.values[done..done + run].fill(rows[row]);
            done += run;
        }
    }

    fn store<D: Depth>(&self, workspace: &Workspace, program: &Program, block: &mut [D]) {
        let plane = |channel| &workspace.registers[program.output(channel)].values[..];
        if self.kernel.alpha {
            join::<D, 4>([plane(0), plane(1), plane(2), plane(3)], block);
        } else {
            join::<D, 3>([plane(0), plane(1), plane(2)], block);
        }
    }
}

/// Lends a workspace, made once for each thread that asks at the same time.
fn with_workspace(program: &Program, spare: &Mutex<Vec<Workspace>>, work: impl FnOnce(&mut Workspace)) {
    let lent = spare.lock().ok().and_then(|mut spare| spare.pop());
    let mut workspace = lent.unwrap_or_else(|| program.workspace());
    work(&mut workspace);
    if let Ok(mut spare) = spare.lock() {
        spare.push(workspace);
    }
}

#[cfg(test)]
mod tests;
