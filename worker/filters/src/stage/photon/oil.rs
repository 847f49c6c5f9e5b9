//! Oil painting.

use photon_rs::effects;

use super::Margins;
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "oil",
    summary: "Paints in strokes: each pixel takes the mean colour of the commonest brightness around it; after photon",
    example: "oil(4, levels=40)",
    cost: CostClass::High,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::integer("radius", 1, 6).unit("px").or(4.0),
        Parameter::number("levels", 1.0, 255.0).or(40.0),
    ],
    build: |arguments| {
        let (radius, levels) = (arguments.number("radius") as u8, arguments.number("levels"));
        Ok(Step::stage(Oil { radius, levels }))
    },
};

/// photon's oil painting.
#[derive(Debug, Clone, Copy)]
struct Oil {
    radius: u8,
    /// Steps of brightness that are told apart.
    levels: f64,
}

impl Stage for Oil {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        let side = 2.0 * f64::from(self.radius) + 1.0;
        f64::from(width) * f64::from(height) * (300.0 + 25.0 * side * side) * 1e-6
    }

    fn accepts_16_bit(&self) -> bool {
        false
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        // photon never looks at the first row and column of what it is given, and panics where nothing else is.
        if frame.width < 2 || frame.height < 2 {
            return Ok(frame);
        }
        let radius = usize::from(self.radius);
        let margins = Margins { above: radius + 1, below: radius, unwritten: 0 };
        super::apply(frame, context, margins, |image| {
            effects::oil(image, i32::from(self.radius), self.levels);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_dot_is_painted_over_at_every_size() {
        for (width, height) in [(2u32, 2u32), (2, 90), (40, 70), (31, 131)] {
            let mut samples = [200, 120, 40].repeat(width as usize * height as usize);
            let at = (height as usize / 2 * width as usize + width as usize / 2) * 3;
            if width > 10 {
                samples[at..at + 3].copy_from_slice(&[0, 0, 0]);
            }
            let frame = Frame::from_u8(width, height, false, samples).unwrap();
            let got = Oil { radius: 2, levels: 20.0 }.apply(frame, &Context::unlimited(2)).unwrap();
            assert!(
                got.bytes().unwrap().chunks(3).all(|pixel| pixel == [200, 120, 40]),
                "{width} × {height}"
            );
        }
    }

    #[test]
    fn the_thinnest_pictures_stay_as_they_are() {
        for (width, height) in [(1, 1), (1, 8), (8, 1)] {
            let frame = Frame::from_u8(width, height, false, vec![7; (width * height * 3) as usize]).unwrap();
            assert_eq!(
                Oil { radius: 6, levels: 1.0 }.apply(frame.clone(), &Context::unlimited(1)).unwrap(),
                frame
            );
        }
    }
}
