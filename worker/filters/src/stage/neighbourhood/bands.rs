//! Results of the input's size, made band by band.

use crate::context::Context;
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::sample::{ForSamples, Plane, Sample, in_its_depth};

/// Work that makes a picture of the same size and depth as its input.
pub(in crate::stage) trait Bands: Sync {
    /// Makes the rows of `output`, the first of which is row `first`. Before that they hold the rows of the input.
    ///
    /// # Errors
    /// What [`Context::check`] says, to be asked by work that takes its time.
    fn band<T: Sample>(
        &self,
        input: Plane<'_, T>,
        first: usize,
        output: &mut [T],
        context: &Context<'_>,
    ) -> Result<(), Refusal>;

    /// Rows that a band has at least, the last one aside: many where beginning a band is dear.
    fn least_rows(&self) -> usize {
        1
    }
}

/// Does the work on a frame, in its depth.
pub(in crate::stage) fn by_bands(
    frame: &Frame,
    work: &impl Bands,
    context: &Context<'_>,
) -> Result<Frame, Refusal> {
    context.check()?;
    in_its_depth(frame, &Banded { work, context })
}

struct Banded<'a, W> {
    work: &'a W,
    context: &'a Context<'a>,
}

impl<W: Bands> ForSamples for Banded<'_, W> {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        let rows = self.work.least_rows().max(1);
        let mut samples = input.samples.to_vec();
        self.context.for_each_band(&mut samples, input.row() * rows, |first, output| {
            self.work.band(input, first * rows, output, self.context)
        })?;
        Ok((samples, input.size))
    }
}
