//! From a chain to what is run: fused kernels and stages, and how many bits are kept between them.

use std::sync::Arc;

use crate::chain::Link;
use crate::context::Context;
use crate::filter::{PointFilter, Step};
use crate::frame::{Frame, Samples};
use crate::graph::{Graph, Pixel};
use crate::kernel::{Kernel, Means, Source};
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// Nodes of a graph from which a run of point filters is cut in two.
const MAX_FUSED_NODES: usize = 4000;
/// Filters that are fused at most: the depth to which clamps are nested.
const MAX_FUSED_FILTERS: usize = 64;

/// A chain made ready for frames of one size.
#[derive(Debug)]
pub(crate) struct Plan {
    works: Vec<Planned>,
    size: (u32, u32),
    /// What follows a stage whose result may have any size.
    rest: Option<Rest>,
}

/// Segments that are planned when the frame for them is there.
#[derive(Debug)]
struct Rest {
    segments: Vec<Segment>,
    /// The plan, and the size and depth of the frames that it is for.
    plan: Option<(Shape, Box<Plan>)>,
}

/// Size, whether there is alpha, and whether samples have 16 bits.
type Shape = ((u32, u32), bool, bool);

#[derive(Debug)]
enum Planned {
    /// A run of point filters; `wide` if 16-bit samples are wanted of it.
    Kernel { kernel: Kernel, wide: bool },
    /// A stage; `wide` if it is to compute with 16-bit samples.
    Stage { stage: Arc<dyn Stage>, wide: bool },
}

/// A run of point filters, or a stage, before anything of the frame but its size is looked at.
#[derive(Debug, Clone)]
pub(crate) enum Segment {
    /// Point filters that become one kernel, if they are not too many.
    Points(Vec<PointFilter>),
    /// A stage.
    Stage(Arc<dyn Stage>),
}

/// The segments of a chain.
pub(crate) fn segments(links: &[Link]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for link in links {
        match &link.step {
            Step::Stage(stage) => segments.push(Segment::Stage(Arc::clone(stage))),
            Step::Point(point) => match segments.last_mut() {
                Some(Segment::Points(points)) => points.push(point.clone()),
                _ => segments.push(Segment::Points(vec![point.clone()])),
            },
        }
    }
    segments
}

/// Writes point filters into a graph until there are enough of them; gives the outputs and how many filters are in.
///
/// Between two filters values are clamped to 0 to 1 and NaN is 0; after the last one rounding does the same.
pub(crate) fn fuse(
    graph: &mut Graph,
    points: &[PointFilter],
    size: (u32, u32),
    alpha: bool,
) -> ([fidget_core::context::Node; 4], usize) {
    let mut pixel = graph.pixel(size, alpha);
    let mut taken = 0;
    for point in points {
        let channels = point.lower(graph, &pixel);
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
    /// Plans a chain for frames like the first one.
    ///
    /// # Errors
    /// What a stage says to the size: `ImpossibleChain`, `OutputTooLarge`.
    pub fn new(links: &[Link], first: &Frame, limits: &Limits) -> Result<Self, Refusal> {
        Self::with_means(links, first, limits, Means::best)
    }

    /// As [`Plan::new`], with a say in the means of the kernels.
    pub fn with_means(
        links: &[Link],
        first: &Frame,
        limits: &Limits,
        means: impl Fn(u64) -> Means,
    ) -> Result<Self, Refusal> {
        Self::of_segments(&segments(links), first, limits, means)
    }

    fn of_segments(
        segments: &[Segment],
        first: &Frame,
        limits: &Limits,
        means: impl Fn(u64) -> Means,
    ) -> Result<Self, Refusal> {
        let mut planner = Planner {
            works: Vec::new(),
            size: first.size(),
            alpha: first.alpha,
            wide: matches!(first.samples, Samples::U16(_)),
        };
        for (index, segment) in segments.iter().enumerate() {
            // What is moved and then written is rounded here as well as there.
            let moved_only = segments[index + 1..]
                .iter()
                .all(|later| matches!(later, Segment::Stage(stage) if stage.moves_pixels()));
            match segment {
                Segment::Points(points) => planner.points(points, !moved_only, &means)?,
                Segment::Stage(stage) => planner.stage(stage, !moved_only, limits)?,
            }
            if matches!(segment, Segment::Stage(stage) if stage.size_from_pixels()) {
                let rest = Rest { segments: segments[index + 1..].to_vec(), plan: None };
                return Ok(Self { works: planner.works, size: planner.size, rest: Some(rest) });
            }
        }
        Ok(Self { works: planner.works, size: planner.size, rest: None })
    }

    /// The size of the result; where it depends on the pixels, that of the last frame.
    pub fn size(&self) -> (u32, u32) {
        match self.rest.as_ref().and_then(|rest| rest.plan.as_ref()) {
            Some((_, plan)) => plan.size(),
            None => self.size,
        }
    }

    /// Runs the plan over a frame; the result is of 8 bits.
    ///
    /// # Errors
    /// `DeadlineExceeded`, or what a stage says.
    pub fn run(&mut self, mut frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        for planned in &self.works {
            context.check()?;
            frame = match planned {
                Planned::Kernel { kernel, wide } => kernel.run(frame, *wide, context)?,
                Planned::Stage { stage, wide: true } => stage.apply(frame.widened(), context)?,
                Planned::Stage { stage, wide: false } => stage.apply(frame.narrowed(), context)?,
            };
        }
        match &mut self.rest {
            Some(rest) => rest.run(frame, context),
            None => Ok(frame.narrowed()),
        }
    }

    /// The kinds of the kernels and the names of the stages, for tests.
    #[cfg(test)]
    pub fn describe(&self) -> Vec<String> {
        self.works
            .iter()
            .map(|planned| match planned {
                Planned::Kernel { kernel, wide } => {
                    format!("{}{}", kernel.kind(), if *wide { " to 16 bits" } else { "" })
                }
                Planned::Stage { wide, .. } => format!("stage{}", if *wide { " in 16 bits" } else { "" }),
            })
            .collect()
    }
}

impl Rest {
    fn run(&mut self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let shape = (frame.size(), frame.alpha, matches!(frame.samples, Samples::U16(_)));
        let plan = match self.plan.take() {
            Some((known, plan)) if known == shape => plan,
            _ => Box::new(Plan::of_segments(&self.segments, &frame, &context.limits, Means::best)?),
        };
        let (_, plan) = self.plan.insert((shape, plan));
        plan.run(frame, context)
    }
}

/// What is known of the frame on its way through the chain.
struct Planner {
    works: Vec<Planned>,
    size: (u32, u32),
    alpha: bool,
    /// Whether samples are of 16 bits here.
    wide: bool,
}

impl Planner {
    fn points(
        &mut self,
        points: &[PointFilter],
        more: bool,
        means: &impl Fn(u64) -> Means,
    ) -> Result<(), Refusal> {
        let pixels = u64::from(self.size.0) * u64::from(self.size.1);
        let mut rest = points;
        while !rest.is_empty() {
            let mut graph = Graph::new();
            let source =
                Source { size: self.size, alpha: self.alpha, levels: if self.wide { 65_536 } else { 256 } };
            let (outputs, taken) = fuse(&mut graph, rest, self.size, self.alpha);
            rest = &rest[taken..];
            let wide = more || !rest.is_empty();
            let kernel = Kernel::new(&mut graph, outputs, &source, means(pixels))?;
            self.alpha = kernel.alpha();
            self.wide = wide;
            self.works.push(Planned::Kernel { kernel, wide });
        }
        Ok(())
    }

    fn stage(&mut self, stage: &Arc<dyn Stage>, more: bool, limits: &Limits) -> Result<(), Refusal> {
        self.size = stage.output_size(self.size, limits)?;
        self.alpha |= stage.adds_alpha();
        // A stage that only moves pixels works in what it is given; one that computes gets more bits if its values
        // go on to be computed with.
        self.wide = stage.accepts_16_bit() && (self.wide || (more && !stage.moves_pixels()));
        self.works.push(Planned::Stage { stage: Arc::clone(stage), wide: self.wide });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
