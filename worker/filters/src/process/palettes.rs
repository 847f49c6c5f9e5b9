//! Chains that filter the palette in place of the pixels.

use std::time::Instant;

use super::{Output, Running, State, guarded};
use crate::codec::{self, Paint};
use crate::context::Context;
use crate::encoding::Effort;
use crate::probe::Header;
use crate::refusal::Refusal;

/// Runs every chain of `results` that is recolouring to its end.
///
/// # Errors
/// The input could not be decoded.
pub(super) fn recolour(
    input: &[u8],
    header: Header,
    results: &mut [Running],
    effort: Effort,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    let mut paints: Vec<Paint<'_>> = Vec::new();
    for running in results.iter_mut() {
        let Running { state, spent } = running;
        if let State::Recolouring(filtering) = state {
            paints.push(Box::new(move |palette| guarded(|| filtering.run(palette, context, spent))));
        }
    }
    if paints.is_empty() {
        return Ok(());
    }
    let begun = Instant::now();
    let files = codec::recolour(input, header, &mut paints, effort, context)?;
    drop(paints);
    // All but the filtering is reading the file and writing it anew.
    let filtering = results.iter().map(|running| running.spent.filter).sum();
    let rewriting = begun.elapsed().saturating_sub(filtering);
    let info = header.info();
    let mut waiting: Vec<_> =
        results.iter_mut().filter(|running| matches!(running.state, State::Recolouring(_))).collect();
    if let Some(first) = waiting.first_mut() {
        first.spent.encode += rewriting;
    }
    for (running, file) in waiting.into_iter().zip(files) {
        running.state = match file {
            Ok(bytes) => State::Done(Output {
                bytes,
                format: info.format,
                width: info.width,
                height: info.height,
                frames: info.frames,
            }),
            Err(refusal) => State::Failed(refusal),
        };
    }
    Ok(())
}
