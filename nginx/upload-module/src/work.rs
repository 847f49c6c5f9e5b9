//! What takes time in an upload: parsing, hashing, and everything that is done to files.
//!
//! It knows nothing of nginx, so that a thread may do it.

use std::collections::VecDeque;

use imgfilter_multipart::{Error, Step, Upload};

use crate::conf::LocationConf;
use crate::panics::caught;
use crate::pieces::Piece;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Takes in what was read of the body.
    TakeIn,
    /// Removes what the upload made.
    GiveUp,
}

/// What came of it.
pub(crate) enum Outcome {
    /// The upload has something to ask, wants more, or is complete.
    Step(Step),
    Failed(Error),
    Panicked,
    GaveUp,
}

/// An upload, and what it has not taken in yet.
pub(crate) struct Work {
    pub(crate) upload: Upload,
    input: VecDeque<Piece>,
    /// Whether nothing follows the input.
    is_last: bool,
    conf: &'static LocationConf,
}

impl Work {
    pub(crate) fn new(upload: Upload, conf: &'static LocationConf) -> Self {
        Work { upload, input: VecDeque::new(), is_last: false, conf }
    }

    /// Whether it can go on without more of the body.
    pub(crate) fn has_enough(&self) -> bool {
        self.is_last || !self.input.is_empty()
    }

    /// Gives it more of the body; the pieces are not given back while it has them.
    pub(crate) fn give(&mut self, input: VecDeque<Piece>, is_last: bool) {
        self.input = input;
        self.is_last = is_last;
    }

    pub(crate) fn run(&mut self, order: Order) -> Outcome {
        match order {
            Order::TakeIn => caught(Outcome::Panicked, || match self.take_in() {
                Ok(step) => Outcome::Step(step),
                Err(error) => Outcome::Failed(error),
            }),
            Order::GiveUp => caught(Outcome::GaveUp, || {
                self.input.clear();
                self.upload.discard();
                Outcome::GaveUp
            }),
        }
    }

    fn take_in(&mut self) -> Result<Step, Error> {
        while let Some(piece) = self.input.front_mut() {
            let mut rest = piece.bytes()?;
            if rest.is_empty() {
                self.input.pop_front();
                continue;
            }
            let before = rest.len();
            let step = self.upload.push(&mut rest)?;
            let used = before - rest.len();
            piece.advance(used);
            if self.is_asked(step) {
                return Ok(step);
            }
        }
        loop {
            if !self.is_last {
                // Nobody knows when more will come, nor whether.
                self.upload.flush()?;
                return Ok(Step::Hungry);
            }
            let step = self.upload.end()?;
            if step == Step::Done || self.is_asked(step) {
                return Ok(step);
            }
        }
    }

    /// Whether anybody wants to know of this step.
    fn is_asked(&self, step: Step) -> bool {
        match step {
            Step::Hungry | Step::Done => false,
            Step::FileStarted => !self.conf.set_fields.is_empty(),
            Step::FileEnded => !self.conf.aggregate_fields.is_empty() || !self.conf.headers.is_empty(),
            Step::FieldStarted => !self.conf.passed_fields.is_empty(),
        }
    }
}
