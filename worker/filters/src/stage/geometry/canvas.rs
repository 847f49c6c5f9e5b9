//! Cutting rectangles out and putting them onto larger grounds.

use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::sample::{ForSamples, Plane, Sample, in_its_depth};

/// The samples of a colour.
pub(in crate::stage) fn shade<T: Sample>(colour: [u8; 4]) -> [T; 4] {
    colour.map(|channel| T::rounded(f32::from(channel) * (T::WHITE.value() / 255.0)))
}

/// The rectangle of `size` whose left upper corner is `corner`; it lies inside of the picture.
pub(in crate::stage) fn cut_out(
    frame: &Frame,
    corner: (u32, u32),
    size: (u32, u32),
) -> Result<Frame, Refusal> {
    let inside =
        |start: u32, length: u32, side: u32| start.checked_add(length).is_some_and(|end| end <= side);
    if !inside(corner.0, size.0, frame.width) || !inside(corner.1, size.1, frame.height) {
        return Err(Refusal::internal("a rectangle to cut out sticks out"));
    }
    in_its_depth(frame, &CutOut { corner, size })
}

struct CutOut {
    corner: (u32, u32),
    size: (u32, u32),
}

impl ForSamples for CutOut {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        let channels = input.channels();
        let row = self.size.0 as usize * channels;
        let mut samples = Vec::with_capacity(row * self.size.1 as usize);
        let lines = input.samples.chunks_exact(input.row());
        for line in lines.skip(self.corner.1 as usize).take(self.size.1 as usize) {
            samples.extend_from_slice(&line[self.corner.0 as usize * channels..][..row]);
        }
        Ok((samples, self.size))
    }
}

/// The picture at `corner` of a ground of `size` in one colour; it has alpha if the picture or the ground has.
pub(in crate::stage) fn placed(
    frame: Frame,
    corner: (u32, u32),
    size: (u32, u32),
    ground: [u8; 4],
) -> Result<Frame, Refusal> {
    if frame.size() == size {
        return Ok(frame);
    }
    let fits = |start: u32, length: u32, side: u32| start.checked_add(length).is_some_and(|end| end <= side);
    if !fits(corner.0, frame.width, size.0) || !fits(corner.1, frame.height, size.1) {
        return Err(Refusal::internal("a picture does not fit onto its ground"));
    }
    let frame = if ground[3] < u8::MAX { frame.with_alpha() } else { frame };
    in_its_depth(&frame, &Placed { corner, size, ground })
}

struct Placed {
    corner: (u32, u32),
    size: (u32, u32),
    ground: [u8; 4],
}

impl ForSamples for Placed {
    fn on<T: Sample>(&self, input: Plane<'_, T>) -> Result<(Vec<T>, (u32, u32)), Refusal> {
        let channels = input.channels();
        let row = self.size.0 as usize * channels;
        let ground = &shade::<T>(self.ground)[..channels];
        let mut samples = vec![T::default(); row * self.size.1 as usize];
        if ground.iter().any(|sample| sample.value() != 0.0) {
            samples.chunks_exact_mut(channels).for_each(|pixel| pixel.copy_from_slice(ground));
        }
        let left = self.corner.0 as usize * channels;
        let lines = samples.chunks_exact_mut(row).skip(self.corner.1 as usize);
        for (line, picture) in lines.zip(input.samples.chunks_exact(input.row())) {
            line[left..left + picture.len()].copy_from_slice(picture);
        }
        Ok((samples, self.size))
    }
}
