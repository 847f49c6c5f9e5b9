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
    /// Whether the result may have 16 bits; otherwise it is rounded to 8.
    deep: bool,
}

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
    /// Plans a chain for frames like the first one. The result has 16 bits if the frame has and `deep` says that they
    /// are wanted.
    ///
    /// # Errors
    /// What a stage says to the size: `ImpossibleChain`, `OutputTooLarge`.
    pub fn new(links: &[Link], first: &Frame, deep: bool, limits: &Limits) -> Result<Self, Refusal> {
        Self::with_means(links, first, deep, limits, Means::best)
    }

    /// As [`Plan::new`], with a say in the means of the kernels.
    pub fn with_means(
        links: &[Link],
        first: &Frame,
        deep: bool,
        limits: &Limits,
        means: impl Fn(u64) -> Means,
    ) -> Result<Self, Refusal> {
        let segments = segments(links);
        let deep = deep && matches!(first.samples, Samples::U16(_));
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
            let more = deep || !moved_only;
            match segment {
                Segment::Points(points) => planner.points(points, more, &means)?,
                Segment::Stage(stage) => planner.stage(stage, more, limits)?,
            }
        }
        Ok(Self { works: planner.works, size: planner.size, deep })
    }

    /// The size of the result.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Runs the plan over a frame; the result is of 8 bits, or of 16 where the plan was made for that.
    ///
    /// # Errors
    /// `DeadlineExceeded`, or what a stage says.
    pub fn run(&self, mut frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        for planned in &self.works {
            context.check()?;
            frame = match planned {
                Planned::Kernel { kernel, wide } => kernel.run(frame, *wide, context)?,
                Planned::Stage { stage, wide: true } => stage.apply(frame.widened(), context)?,
                Planned::Stage { stage, wide: false } => stage.apply(frame.narrowed(), context)?,
            };
        }
        Ok(if self.deep { frame } else { frame.narrowed() })
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
