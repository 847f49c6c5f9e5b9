//! photon's looks.

use photon_rs::filters;

use super::Margins;
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "photon",
    summary: "Gives the picture one of the looks of photon, by its name there",
    example: "photon(vintage)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::choice("look", &LOOKS)],
    build: |arguments| {
        let look = LOOKS.into_iter().find(|look| *look == arguments.text("look"));
        Ok(Step::stage(Look(look.unwrap_or(LOOKS[0]))))
    },
};

/// The names, each of which photon knows; `firenze` is left out, because its result depends on the rows around a pixel.
const LOOKS: [&str; 21] = [
    "oceanic",
    "islands",
    "marine",
    "seagreen",
    "flagblue",
    "diamante",
    "liquid",
    "radio",
    "twenties",
    "rosetint",
    "mauve",
    "bluechrome",
    "vintage",
    "perfume",
    "serenity",
    "golden",
    "pastel_pink",
    "cali",
    "dramatic",
    "obsidian",
    "lofi",
];

/// One of photon's looks, a point filter.
#[derive(Debug, Clone, Copy)]
struct Look(&'static str);

impl Stage for Look {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 60e-6
    }

    fn accepts_16_bit(&self) -> bool {
        false
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        let margins = Margins { above: 0, below: 0, unwritten: 0 };
        super::apply(frame, context, margins, |image| filters::filter(image, self.0))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::super::neighbourhood::testing::{bytes, filtered, rough};
    use super::*;

    #[test]
    fn every_look_is_one_of_its_own_that_keeps_alpha() {
        let frame = rough(30, 90, true);
        let alpha = |frame: &Frame| bytes(frame).into_iter().skip(3).step_by(4).collect::<Vec<u8>>();
        let mut seen = BTreeSet::from([bytes(&frame)]);
        for look in LOOKS {
            let got = filtered(&format!("photon({look})"), &frame);
            assert_eq!(alpha(&got), alpha(&frame), "{look}");
            assert!(seen.insert(bytes(&got)), "{look} is like another, or changes nothing");
        }
    }

    #[test]
    fn bands_give_what_the_whole_gives() {
        let frame = rough(9, 200, false);
        for look in LOOKS {
            let mut image = photon_rs::PhotonImage::new(bytes(&frame.clone().with_alpha()), 9, 200);
            filters::filter(&mut image, look);
            let wanted = photon_rs::native::image_to_bytes(image);
            let got = bytes(&filtered(&format!("photon({look})"), &frame));
            let same = got.chunks(3).zip(wanted.chunks(4)).all(|(got, wanted)| *got == wanted[..3]);
            assert!(same, "{look}");
        }
    }
}
