//! Chains that filter the palette in place of the pixels.

use super::{Output, Running, guarded};
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
        if let Running::Recolouring(filtering) = running {
            paints.push(Box::new(move |palette| guarded(|| filtering.run(palette, context))));
        }
    }
    if paints.is_empty() {
        return Ok(());
    }
    let files = codec::recolour(input, header, &mut paints, effort, context)?;
    drop(paints);
    let info = header.info();
    let waiting = results.iter_mut().filter(|running| matches!(running, Running::Recolouring(_)));
    for (running, file) in waiting.zip(files) {
        *running = match file {
            Ok(bytes) => Running::Done(Output {
                bytes,
                format: info.format,
                width: info.width,
                height: info.height,
                frames: info.frames,
            }),
            Err(refusal) => Running::Failed(refusal),
        };
    }
    Ok(())
}
