//! What must hold for any input; the fuzz targets and a test over the corpus call it. Each function panics where it
//! does not.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::chain::check;
use crate::context::Context;
use crate::encoding::Encoding;
use crate::filter::Step;
use crate::format::Format;
use crate::frame::{Frame, Samples};
use crate::graph::Graph;
use crate::kernel::Means;
use crate::limits::Limits;
use crate::plan::{Plan, Shape};
use crate::probe::probe;
use crate::process::{Job, process};
use crate::refusal::RefusalCode;

/// Longest chain that the service takes, in bytes.
const MAX_CHAIN: usize = 4096;
/// The deadline of an image, and how much later it may end.
const DEADLINE: Duration = Duration::from_secs(3);
const GRACE: Duration = Duration::from_secs(5);

/// A chain is refused with a place inside of it, or has one spelling.
pub fn chain(text: &str) {
    if text.len() > MAX_CHAIN {
        return;
    }
    match check(text) {
        Ok(chain) => {
            let once = chain.canonical();
            let again = check(&once).unwrap_or_else(|mistake| panic!("{once}: {mistake}"));
            assert_eq!(again.canonical(), once);
        }
        Err(mistake) => {
            assert!(mistake.offset + mistake.length <= text.chars().count(), "{text}: {mistake:?}")
        }
    }
}

/// The means that equations are computed by.
const MEANS: [Means; 3] = [
    Means { tables: true, functions: true, sums: true, jit: true },
    Means { tables: true, functions: true, sums: true, jit: false },
    Means { tables: false, functions: false, sums: false, jit: false },
];
/// Side of the picture that equations are tried on.
const SIDE: u32 = 8;

/// Equations are refused, or every means agrees with a plain evaluation of each pixel within one level, but where the
/// value of a pixel turns on the last bit: there a jump may go either way.
pub fn equation(text: &str) {
    let Ok(chain) = check(&format!("equation({text})")) else { return };
    let [link] = chain.links() else { return };
    let Step::Point(point) = &link.step else { return };
    let frame = sample_frame();
    let mut graph = Graph::new();
    let pixel = graph.pixel(frame.size(), true);
    let outputs = point.lower(&mut graph, &pixel);
    let vars = graph.inputs().vars;
    let plain = |index: usize, nudge: f32| {
        let mut values = HashMap::new();
        let samples = frame.bytes().unwrap_or_default();
        for channel in 0..4 {
            values.insert(vars[channel], f32::from(samples[index * 4 + channel]) / 255.0 + nudge);
        }
        let centre = |at: usize| (at as f32 + 0.5) / SIDE as f32 + nudge;
        values.insert(vars[4], centre(index % SIDE as usize));
        values.insert(vars[5], centre(index / SIDE as usize));
        outputs.map(|node| level(graph.context().eval(node, &values).unwrap_or(f32::NAN)))
    };
    let right: Vec<[[f32; 4]; 3]> = (0..(SIDE * SIDE) as usize)
        .map(|index| [0.0, 1e-5, -1e-5].map(|nudge| plain(index, nudge)))
        .collect();
    for means in MEANS {
        let shape = Shape::of(&frame);
        let plan = Plan::with_means(chain.links(), shape, false, &Limits::default(), |_| means);
        let result = plan.and_then(|mut plan| plan.run(frame.clone(), &context(None)));
        let result = result.unwrap_or_else(|refusal| panic!("{text}: {refusal}")).with_alpha();
        let found = result.bytes().unwrap_or_default();
        for (index, right) in right.iter().enumerate() {
            for channel in 0..4 {
                let found = f32::from(found[index * 4 + channel]);
                let [here, above, below] = right.map(|levels| levels[channel]);
                let steep = (above - below).abs() > 0.5 || (above - here).abs() > 0.5;
                assert!(
                    steep || (found - here).abs() <= 1.0,
                    "{text}: pixel {index}, channel {channel}: {found}, not {here}, by {means:?}"
                );
            }
        }
    }
}

/// A value as a level of 255; NaN is 0.
fn level(value: f32) -> f32 {
    if value > 0.0 { value.min(1.0) * 255.0 } else { 0.0 }
}

fn sample_frame() -> Frame {
    let samples = (0..SIDE * SIDE * 4).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    Frame { width: SIDE, height: SIDE, alpha: true, samples: Samples::U8(samples) }
}

fn context(deadline: Option<Instant>) -> Context<'static> {
    Context {
        deadline,
        cancel: None,
        threads: 1,
        limits: Limits::default(),
        frame_index: 0,
        keeps_profile: false,
    }
}

/// A file of this format is decoded, filtered and written, or refused by a code of its own, in time.
pub fn image(format: Format, file: &[u8]) {
    let limits = Limits {
        max_dimension: 4_096,
        max_pixels: 1 << 20,
        max_frames: 30,
        max_total_pixels: 1 << 22,
        ..Limits::default()
    };
    if !probe(file, &limits).is_ok_and(|info| info.format == format) {
        return;
    }
    let start = Instant::now();
    let chains = ["sepia|flip".to_owned()];
    let job = Job {
        input: file,
        chains: &chains,
        encoding: Encoding::default(),
        limits,
        deadline: Some(start + DEADLINE),
        threads: 1,
        cancel: None,
    };
    let refusals = match process(&job) {
        Ok(results) => results.into_iter().filter_map(Result::err).collect(),
        Err(refusal) => vec![refusal],
    };
    for refusal in refusals {
        assert_ne!(refusal.code, RefusalCode::Internal, "{refusal}");
    }
    assert!(start.elapsed() < DEADLINE + GRACE, "too late by {:?}", start.elapsed() - DEADLINE);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file of the corpus, also those that were found by fuzzing and mended.
    #[test]
    fn the_corpus_holds() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        let mut files = 0;
        for target in std::fs::read_dir(folder).unwrap() {
            let target = target.unwrap();
            let name = target.file_name().into_string().unwrap();
            for file in std::fs::read_dir(target.path()).unwrap() {
                let bytes = std::fs::read(file.unwrap().path()).unwrap();
                let text = String::from_utf8_lossy(&bytes);
                match name.as_str() {
                    "chain" => chain(&text),
                    "equation" => equation(&text),
                    format => image(Format::from_name(format).unwrap(), &bytes),
                }
                files += 1;
            }
        }
        assert!(files >= 20, "the corpus has {files} files");
    }
}
