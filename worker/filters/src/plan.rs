//! From a chain to what is run: fused kernels and stages, and how many bits are kept between them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::chain::Link;
use crate::context::Context;
use crate::filter::PointFilter;
use crate::frame::{Frame, Samples};
use crate::graph::{Graph, Pixel};
use crate::kernel::{Kernel, Means, Source};
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::segments::{Named, Segment, segments};
use crate::stage::Stage;
use crate::timings::{FUSED, Spent, name_of};
use kernels::{Made, kernel};

/// Nodes of a graph from which a run of point filters is cut in two.
const MAX_FUSED_NODES: usize = 4000;
/// Filters that are fused at most: the depth to which clamps are nested.
const MAX_FUSED_FILTERS: usize = 64;

/// What a plan depends on of the frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Whether there is a fourth channel.
    pub alpha: bool,
    /// Whether samples are of 16 bits.
    pub wide: bool,
}

impl Shape {
    /// The shape of a frame.
    pub fn of(frame: &Frame) -> Self {
        Self { size: frame.size(), alpha: frame.alpha, wide: matches!(frame.samples, Samples::U16(_)) }
    }
}

/// A chain made ready for frames of one shape.
#[derive(Debug)]
pub(crate) struct Plan {
    works: Vec<Planned>,
    size: (u32, u32),
    /// Whether the result may have 16 bits; otherwise it is rounded to 8.
    deep: bool,
    /// What follows a stage whose result may have any size.
    rest: Option<Rest>,
    /// How long it took to compile kernels, until that is told.
    compiled: Vec<Duration>,
}

/// Segments that are planned when the frame for them is there.
#[derive(Debug)]
struct Rest {
    segments: Vec<Segment>,
    /// The plan, and the size and depth of the frames that it is for.
    plan: Option<(Shape, Box<Plan>)>,
}

#[derive(Debug)]
enum Planned {
    /// A run of point filters; `wide` if 16-bit samples are wanted of it.
    Kernel { kernel: Arc<Kernel>, wide: bool, spellings: Vec<String>, size: (u32, u32) },
    /// A stage; `wide` if it is to compute with 16-bit samples.
    Stage { stage: Named<Arc<dyn Stage>>, wide: bool, size: (u32, u32) },
}

/// Writes point filters into a graph until there are enough of them; gives the outputs and how many filters are in.
///
/// Between two filters values are clamped to 0 to 1 and NaN is 0; after the last one rounding does the same.
pub(crate) fn fuse(
    graph: &mut Graph,
    points: &[Named<PointFilter>],
    size: (u32, u32),
    alpha: bool,
) -> ([fidget_core::context::Node; 4], usize) {
    let mut pixel = graph.pixel(size, alpha);
    let mut taken = 0;
    for point in points {
        let channels = point.step.lower(graph, &pixel);
        taken += 1;
        pixel = Pixel { channels, ..pixel };
        if taken == points.len() || taken == MAX_FUSED_FILTERS || graph.len() > MAX_FUSED_NODES {
            break;
        }
        pixel.channels = channels.map(|channel| graph.unit(channel));
    }
    (pixel.channels, taken)
}

impl Plan {
    /// Plans a chain for frames of one shape. The result has 16 bits if the frames have and `deep` says that they are
    /// wanted.
    ///
    /// # Errors
    /// What a stage says to the size: `ImpossibleChain`, `OutputTooLarge`.
    pub fn new(links: &[Link], shape: Shape, deep: bool, limits: &Limits) -> Result<Self, Refusal> {
        Self::with_means(links, shape, deep, limits, Means::best)
    }

    /// As [`Plan::new`], with a say in the means of the kernels.
    pub fn with_means(
        links: &[Link],
        shape: Shape,
        deep: bool,
        limits: &Limits,
        means: impl Fn(u64) -> Means,
    ) -> Result<Self, Refusal> {
        Self::of_segments(&segments(links), shape, deep && shape.wide, limits, means)
    }

    fn of_segments(
        segments: &[Segment],
        shape: Shape,
        deep: bool,
        limits: &Limits,
        means: impl Fn(u64) -> Means,
    ) -> Result<Self, Refusal> {
        let mut planner = Planner {
            works: Vec::new(),
            size: shape.size,
            alpha: shape.alpha,
            wide: shape.wide,
            compiled: Vec::new(),
        };
        for (index, segment) in segments.iter().enumerate() {
            // What is moved and then written is rounded here as well as there.
            let moved_only = segments[index + 1..]
                .iter()
                .all(|later| matches!(later, Segment::Stage(stage) if stage.step.moves_pixels()));
            let more = deep || !moved_only;
            match segment {
                Segment::Points(points) => planner.points(points, more, &means)?,
                Segment::Stage(stage) => planner.stage(stage, more, limits)?,
            }
            if matches!(segment, Segment::Stage(stage) if stage.step.size_from_pixels()) {
                let rest = Rest { segments: segments[index + 1..].to_vec(), plan: None };
                return Ok(planner.planned(deep, Some(rest)));
            }
        }
        Ok(planner.planned(deep, None))
    }

    /// The size of the result; where it depends on the pixels, that of the last frame.
    pub fn size(&self) -> (u32, u32) {
        match self.rest.as_ref().and_then(|rest| rest.plan.as_ref()) {
            Some((_, plan)) => plan.size(),
            None => self.size,
        }
    }

    /// Runs the plan over a frame, and says what the filters took; the result is of 8 bits, or of 16 where the plan was
    /// made for that.
    ///
    /// # Errors
    /// `DeadlineExceeded`, or what a stage says.
    pub fn run_timed(
        &mut self,
        mut frame: Frame,
        context: &Context<'_>,
        spent: &mut Spent,
    ) -> Result<Frame, Refusal> {
        spent.on_compiling(&mut self.compiled);
        for planned in &self.works {
            context.check()?;
            let begun = Instant::now();
            let done = match planned {
                Planned::Kernel { kernel, wide, .. } => kernel.run(frame, *wide, context),
                Planned::Stage { stage, wide: true, .. } => stage.step.apply(frame.widened(), context),
                Planned::Stage { stage, wide: false, .. } => stage.step.apply(frame.narrowed(), context),
            };
            // Also what did not end well took its time.
            spent.on_filter(planned.name(), begun.elapsed());
            frame = done?;
        }
        match &mut self.rest {
            Some(rest) => rest.run(frame, self.deep, context, spent),
            None => Ok(if self.deep { frame } else { frame.narrowed() }),
        }
    }

    /// The same where nobody asks what it took.
    #[cfg(any(test, fuzzing))]
    pub fn run(&mut self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        self.run_timed(frame, context, &mut Spent::default())
    }

    /// What is run, in order.
    pub fn parts(&self) -> Vec<Part> {
        self.works
            .iter()
            .map(|planned| match planned {
                Planned::Kernel { kernel, wide, spellings, size } => {
                    Part { filters: spellings.clone(), means: kernel.kind(), wide: *wide, size: *size }
                }
                Planned::Stage { stage, wide, size } => {
                    Part { filters: vec![stage.spelling.clone()], means: "stage", wide: *wide, size: *size }
                }
            })
            .collect()
    }
}

impl Planned {
    /// The name of its filter, or what several are called together.
    fn name(&self) -> &str {
        match self {
            Self::Kernel { spellings, .. } => match &spellings[..] {
                [one] => name_of(one),
                _ => FUSED,
            },
            Self::Stage { stage, .. } => name_of(&stage.spelling),
        }
    }
}

/// A kernel or a stage of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The filters that it does at once.
    pub filters: Vec<String>,
    /// How: `tables`, `sums`, `code` … for a kernel, else `stage`.
    pub means: &'static str,
    /// Whether it answers with 16-bit samples.
    pub wide: bool,
    /// Width and height of its result.
    pub size: (u32, u32),
}

impl Rest {
    fn run(
        &mut self,
        frame: Frame,
        deep: bool,
        context: &Context<'_>,
        spent: &mut Spent,
    ) -> Result<Frame, Refusal> {
        let shape = Shape::of(&frame);
        let plan = match self.plan.take() {
            Some((known, plan)) if known == shape => plan,
            _ => Box::new(Plan::of_segments(&self.segments, shape, deep, &context.limits, Means::best)?),
        };
        let (_, plan) = self.plan.insert((shape, plan));
        plan.run_timed(frame, context, spent)
    }
}

/// What is known of the frame on its way through the chain.
struct Planner {
    works: Vec<Planned>,
    size: (u32, u32),
    alpha: bool,
    /// Whether samples are of 16 bits here.
    wide: bool,
    /// How long it took to compile kernels.
    compiled: Vec<Duration>,
}

impl Planner {
    fn planned(self, deep: bool, rest: Option<Rest>) -> Plan {
        Plan { works: self.works, size: self.size, deep, rest, compiled: self.compiled }
    }

    fn points(
        &mut self,
        points: &[Named<PointFilter>],
        more: bool,
        means: &impl Fn(u64) -> Means,
    ) -> Result<(), Refusal> {
        let pixels = u64::from(self.size.0) * u64::from(self.size.1);
        let mut rest = points;
        while !rest.is_empty() {
            let source =
                Source { size: self.size, alpha: self.alpha, levels: if self.wide { 65_536 } else { 256 } };
            let Made { kernel, taken, compiled } = kernel(rest, &source, means(pixels))?;
            self.compiled.extend(compiled);
            let spellings = rest[..taken].iter().map(|point| point.spelling.clone()).collect();
            rest = &rest[taken..];
            let wide = more || !rest.is_empty();
            self.alpha = kernel.alpha();
            self.wide = wide;
            self.works.push(Planned::Kernel { kernel, wide, spellings, size: self.size });
        }
        Ok(())
    }

    fn stage(&mut self, named: &Named<Arc<dyn Stage>>, more: bool, limits: &Limits) -> Result<(), Refusal> {
        let stage = &named.step;
        self.size = stage.output_size(self.size, limits)?;
        self.alpha |= stage.adds_alpha();
        // A stage that only moves pixels works in what it is given; one that computes gets more bits if its values
        // go on to be computed with.
        self.wide = stage.accepts_16_bit() && (self.wide || (more && !stage.moves_pixels()));
        self.works.push(Planned::Stage { stage: named.clone(), wide: self.wide, size: self.size });
        Ok(())
    }
}

mod kernels;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
