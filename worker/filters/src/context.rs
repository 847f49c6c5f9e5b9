//! What a running job knows of the world: its deadline, whether it is still wanted, and its threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rayon::prelude::*;

use crate::limits::Limits;
use crate::refusal::{Refusal, RefusalCode};

/// Bytes of samples worked on between two looks at the deadline; small enough to stay in the second-level cache.
const BAND_BYTES: usize = 128 * 1024;

/// Passed to everything that takes time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// When the job must have ended.
    pub deadline: Option<Instant>,
    /// Set by another thread when the result is no longer wanted.
    pub cancel: Option<&'a AtomicBool>,
    /// Threads that may work on one frame; 1 means that nothing is handed to other threads.
    pub threads: usize,
    /// Limits of the job.
    pub limits: Limits,
    /// Which frame of an animation is worked on, from 0.
    pub frame_index: u32,
    /// Whether samples stay in the input's colour profile.
    pub keeps_profile: bool,
}

impl Context<'_> {
    /// Whether the work may go on; to be asked every few rows.
    ///
    /// # Errors
    /// `DeadlineExceeded` when the deadline has passed or the job was cancelled.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
            return Err(Refusal::new(RefusalCode::DeadlineExceeded, "the work was cancelled"));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Refusal::new(RefusalCode::DeadlineExceeded, "the time for this job is over"));
        }
        Ok(())
    }

    /// Works through `samples`, which are rows of `row` samples each, in bands of whole rows that fit the cache.
    ///
    /// `work` gets the number of the band's first row and the band. With one thread the bands are worked on in
    /// order and in place; with more they are spread over the threads, so `work` must not depend on the order.
    ///
    /// # Errors
    /// What [`Context::check`] says between two bands, or the first error of `work`.
    pub fn for_each_band<T: Send>(
        &self,
        samples: &mut [T],
        row: usize,
        work: impl Fn(usize, &mut [T]) -> Result<(), Refusal> + Sync,
    ) -> Result<(), Refusal> {
        if row == 0 || samples.is_empty() {
            return Ok(());
        }
        let rows = rows_in_a_band(row * size_of::<T>());
        self.for_each_strip(samples, row * rows, |index, band| work(index * rows, band))
    }

    /// Works through `samples` in strips of `length` samples, the last one aside. `work` gets the number of the strip
    /// and the strip, and must not depend on their order.
    ///
    /// # Errors
    /// As [`Context::for_each_band`]; work on a strip that takes its time asks [`Context::check`] itself.
    pub fn for_each_strip<T: Send>(
        &self,
        samples: &mut [T],
        length: usize,
        work: impl Fn(usize, &mut [T]) -> Result<(), Refusal> + Sync,
    ) -> Result<(), Refusal> {
        let run = |(index, strip): (usize, &mut [T])| {
            self.check()?;
            work(index, strip)
        };
        if self.threads <= 1 {
            samples.chunks_mut(length).enumerate().try_for_each(run)
        } else {
            samples.par_chunks_mut(length).enumerate().try_for_each(run)
        }
    }
}

/// Whole rows, at least one, that together take about [`BAND_BYTES`].
pub(crate) fn rows_in_a_band(row_bytes: usize) -> usize {
    (BAND_BYTES / row_bytes.max(1)).max(1)
}

#[cfg(test)]
impl Context<'_> {
    /// A context without a deadline, for tests of single steps.
    pub fn unlimited(threads: usize) -> Self {
        Self {
            deadline: None,
            cancel: None,
            threads,
            limits: Limits::default(),
            frame_index: 0,
            keeps_profile: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_worked_on_once() {
        for threads in [1, 4] {
            let mut samples = vec![0u16; 70_000 * 9];
            Context::unlimited(threads)
                .for_each_band(&mut samples, 9, |first, band| {
                    for (row, samples) in band.chunks_mut(9).enumerate() {
                        samples.fill(((first + row) % 65_536) as u16 + samples[0]);
                    }
                    Ok(())
                })
                .unwrap();
            let right = samples.iter().enumerate().all(|(i, &value)| usize::from(value) == i / 9 % 65_536);
            assert!(right);
        }
    }

    #[test]
    fn a_cancelled_job_stops() {
        let cancel = AtomicBool::new(true);
        let context = Context { cancel: Some(&cancel), ..Context::unlimited(1) };
        assert_eq!(context.check().unwrap_err().code, RefusalCode::DeadlineExceeded);
        let late = Context { deadline: Some(Instant::now()), ..Context::unlimited(1) };
        assert_eq!(late.check().unwrap_err().code, RefusalCode::DeadlineExceeded);
    }
}
