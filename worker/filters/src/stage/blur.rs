//! Gaussian blur.

use super::Stage;
use super::sample::{ForSamples, InPlace, Plane, Sample, in_its_depth, in_place};
use super::scale::{Interpolation, Window, scale};
use super::weighed::{is_opaque, weighed};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use separable::{Finish, HalfKernel};
use strips::Convolution;

pub(super) mod separable;
mod strips;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "blur",
    summary: "Blurs with a Gaussian of the given standard deviation",
    example: "blur(3)",
    cost: CostClass::Medium,
    alpha: Alpha::Filtered,
    animation: Animation::Frames,
    parameters: &[Parameter::number("sigma", 0.0, 250.0).unit("px")],
    build: |arguments| Ok(Step::stage(Blur { sigma: arguments.number("sigma") })),
};

/// Standard deviations that a kernel reaches; what lies outside weighs less than 0.3 %.
const REACH: f64 = 3.0;
/// Below this deviation, in pixels, nothing changes by half a level.
const LEAST_SIGMA: f64 = 0.1;
/// Deviation, in pixels, to which a strong blur is scaled down: there a blur of the smaller picture, scaled up
/// again, is within a level of the blur itself, and its cost does not grow with the deviation.
const WORKING_SIGMA: f64 = 4.0;

/// A Gaussian blur.
#[derive(Debug, Clone, Copy)]
struct Blur {
    /// Standard deviation in pixels.
    sigma: f64,
}

impl Stage for Blur {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        let megapixels = f64::from(width) * f64::from(height) / 1e6;
        megapixels * (0.8 + 0.6 * self.sigma.min(2.0 * WORKING_SIGMA))
    }

    fn scratch_bytes(&self, (width, height): (u32, u32)) -> u64 {
        // The sums of a few rows, a strong blur's smaller picture, and 16 bits for a picture with alpha.
        u64::from(width) * u64::from(height) * 4 * 2
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        blurred(frame, self.sigma, context)
    }
}

/// The frame, blurred with a standard deviation of `sigma` pixels, in its own depth. The edge pixels are taken to
/// go on outside of the picture. Colours weigh by their alpha.
pub(super) fn blurred(frame: Frame, sigma: f64, context: &Context<'_>) -> Result<Frame, Refusal> {
    context.check()?;
    if sigma < LEAST_SIGMA {
        return Ok(frame);
    }
    let gaussian = Gaussian { sigma, finish: Finish::Sum, context };
    weighed(frame, context, |frame| {
        if gaussian.is_strong() { in_its_depth(&frame, &gaussian) } else { in_place(frame, &gaussian) }
    })
}

struct Gaussian<'a> {
    sigma: f64,
    finish: Finish,
    context: &'a Context<'a>,
}

impl InPlace for Gaussian<'_> {
    fn on<T: Sample>(&self, samples: &mut [T], width: usize, channels: usize) -> Result<(), Refusal> {
        self.convolve(samples, width * channels, channels, (self.sigma, self.sigma))
    }
}

impl ForSamples for Gaussian<'_> {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        Ok((self.scaled_down(input)?, input.size))
    }
}

impl Gaussian<'_> {
    /// Whether it is done in a smaller picture.
    fn is_strong(&self) -> bool {
        self.sigma >= 2.0 * WORKING_SIGMA
    }

    /// Convolves with a Gaussian of its own standard deviation for each axis.
    fn convolve<T: Sample>(
        &self,
        samples: &mut [T],
        row: usize,
        channels: usize,
        sigma: (f64, f64),
    ) -> Result<(), Refusal> {
        let Self { finish, context, .. } = *self;
        let (across, down) = (&gaussian(sigma.0), &gaussian(sigma.1));
        Convolution { across, down, finish, context }.run(samples, row, channels)
    }

    /// Scales down, blurs, scales up. The smaller picture has a margin as wide as the kernel reaches, made of the
    /// edge pixels alone, so that the edges come out as they would in full size.
    fn scaled_down<T: Sample>(&self, input: Plane<'_, T>) -> Result<Vec<T>, Refusal> {
        let (across, down) = (Axis::new(self.sigma, input.size.0), Axis::new(self.sigma, input.size.1));
        let mut small = with_margin(input, across, down)?;
        let size = (across.padded(), down.padded());
        let (row, channels) = (Plane { size, ..input }.row(), input.channels());
        self.convolve(&mut small, row, channels, (across.sigma, down.sigma))?;
        let inner = Window {
            left: f64::from(across.margin),
            top: f64::from(down.margin),
            width: f64::from(across.cells),
            height: f64::from(down.cells),
        };
        let small = Plane { samples: &small[..], size, ..input };
        scale(small, inner, input.size, Interpolation::Linear, true)
    }
}

fn gaussian(sigma: f64) -> HalfKernel {
    HalfKernel::gaussian(sigma, reach(sigma))
}

/// Pixels on each side that a kernel reaches.
fn reach(sigma: f64) -> u32 {
    (sigma * REACH).ceil().max(1.0) as u32
}

/// Whether a frame's difference to its blur can be had while it is blurred: not for strong blurs, nor where colours
/// weigh by their alpha.
pub(super) fn is_of_one_pass(frame: &Frame, sigma: f64) -> bool {
    sigma < 2.0 * WORKING_SIGMA && (!frame.alpha || is_opaque(frame))
}

/// The frame, blurred and finished in one pass; [`is_of_one_pass`] must hold.
///
/// # Errors
/// `DeadlineExceeded`.
pub(super) fn in_one_pass(
    frame: Frame,
    sigma: f64,
    finish: Finish,
    context: &Context<'_>,
) -> Result<Frame, Refusal> {
    in_place(frame, &Gaussian { sigma, finish, context })
}

/// How one side of a picture is scaled down.
#[derive(Debug, Clone, Copy)]
struct Axis {
    /// Pixels of the smaller picture.
    cells: u32,
    /// Pixels of the margin at each end.
    margin: u32,
    /// Standard deviation in pixels of the smaller picture.
    sigma: f64,
}

impl Axis {
    fn new(sigma: f64, length: u32) -> Self {
        let cells = (f64::from(length) * WORKING_SIGMA / sigma).ceil().max(1.0) as u32;
        let factor = f64::from(length) / f64::from(cells);
        // Scaling down by a triangle and scaling up between two cells have a variance of 1/6 each, in cells.
        let blurred_by_scaling = if factor > 1.0 { 1.0 / 3.0 } else { 0.0 };
        let sigma = ((sigma / factor).powi(2) - blurred_by_scaling).sqrt();
        Self { cells, margin: reach(sigma), sigma }
    }

    fn padded(self) -> u32 {
        self.cells + 2 * self.margin
    }
}

/// The picture scaled down, within a margin of its edge pixels.
fn with_margin<T: Sample>(input: Plane<'_, T>, across: Axis, down: Axis) -> Result<Vec<T>, Refusal> {
    let average = |window: Window, size: (u32, u32)| scale(input, window, size, Interpolation::Linear, true);
    let (width, height) = input.size;
    let (right, bottom) = (f64::from(width - 1), f64::from(height - 1));
    let whole = Window::of(input.size);
    let inner = average(whole, (across.cells, down.cells))?;
    let line = |top: f64| average(Window { top, height: 1.0, ..whole }, (across.cells, 1));
    let column = |left: f64| average(Window { left, width: 1.0, ..whole }, (1, down.cells));
    let (first_line, last_line) = (line(0.0)?, line(bottom)?);
    let (first_column, last_column) = (column(0.0)?, column(right)?);
    let channels = input.channels();
    let corner = |x: u32, y: u32| {
        let at = y as usize * input.row() + x as usize * channels;
        &input.samples[at..at + channels]
    };
    let row = across.cells as usize * channels;
    let margin = across.margin as usize;
    let mut padded = Vec::with_capacity(across.padded() as usize * down.padded() as usize * channels);
    let mut push = |left: &[T], middle: &[T], right: &[T]| {
        (0..margin).for_each(|_| padded.extend_from_slice(left));
        padded.extend_from_slice(middle);
        (0..margin).for_each(|_| padded.extend_from_slice(right));
    };
    for _ in 0..down.margin {
        push(corner(0, 0), &first_line, corner(width - 1, 0));
    }
    for (y, middle) in inner.chunks_exact(row).enumerate() {
        let pixel = y * channels..(y + 1) * channels;
        push(&first_column[pixel.clone()], middle, &last_column[pixel]);
    }
    for _ in 0..down.margin {
        push(corner(0, height - 1), &last_line, corner(width - 1, height - 1));
    }
    Ok(padded)
}

#[cfg(test)]
mod tests;
