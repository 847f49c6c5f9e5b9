//! A chain with the plan for the frames that it is given.

use crate::chain::Chain;
use crate::context::Context;
use crate::frame::Frame;
use crate::limits::Limits;
use crate::plan::{Plan, Shape};
use crate::refusal::Refusal;
use crate::timings::{Spent, timed};

/// A chain on its way through the frames.
pub(super) struct Filtering {
    chain: Chain,
    limits: Limits,
    /// Whether the format of the result has 16 bits.
    deep: bool,
    /// Made for the first frame; made anew should a frame come in another shape.
    plan: Option<(Shape, Plan)>,
}

impl Filtering {
    /// A chain before its first frame.
    pub fn new(chain: Chain, limits: Limits, deep: bool) -> Self {
        Self { chain, limits, deep, plan: None }
    }

    /// Runs the chain over a frame, and notes what that took.
    pub fn run(&mut self, frame: Frame, context: &Context<'_>, spent: &mut Spent) -> Result<Frame, Refusal> {
        let mut total = spent.filter;
        let frame = timed(&mut total, || self.filtered(frame, context, spent));
        spent.filter = total;
        frame
    }

    fn filtered(&mut self, frame: Frame, context: &Context<'_>, spent: &mut Spent) -> Result<Frame, Refusal> {
        let shape = Shape::of(&frame);
        let mut plan = match self.plan.take() {
            Some((known, plan)) if known == shape => plan,
            _ => Plan::new(self.chain.links(), shape, self.deep, &self.limits)?,
        };
        let frame = plan.run_timed(frame, context, spent)?;
        self.plan = Some((shape, plan));
        Ok(frame)
    }

    /// The size of the last result.
    pub fn size(&self) -> Option<(u32, u32)> {
        self.plan.as_ref().map(|(_, plan)| plan.size())
    }
}
