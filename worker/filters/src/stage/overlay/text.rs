//! Words on the picture.

mod font;
mod layer;

use cosmic_text::Align;

use super::modes::Mode;
use super::placing::{POSITION, Placing, TILE, X, Y};
use crate::assets::MAX_NAME;
use crate::context::Context;
use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Kind, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::stage::Stage;

use font::Font;
use layer::Words;

/// Most characters of a text.
const MOST: usize = 500;
/// The largest letters, in pixels.
const LARGEST: f64 = 1_000.0;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "text",
    summary: "Writes words on a place of the picture, x and y pixels from its sides, or repeats them with gaps of x and y; letters have a height of size, a twentieth of the picture's shorter side without it",
    example: "text(\"© Jane Doe\", southeast, x=10, y=10, colour=#ffffffc0)",
    cost: CostClass::Low,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[
        Parameter::new("text", Kind::Text { most: MOST }),
        POSITION,
        X,
        Y,
        Parameter::number("size", 4.0, LARGEST).unit("px").optional(),
        Parameter::colour("colour").or_word("white"),
        Parameter::colour("background").or_word("transparent"),
        Parameter::new("font", Kind::Text { most: MAX_NAME }).optional(),
        TILE,
        Mode::parameter(),
    ],
    build: |arguments| {
        let text = arguments.text("text").to_owned();
        if text.trim().is_empty() {
            return Err(ArgumentError::new("text", "there are no words to write"));
        }
        let font = Font::named(arguments.text("font"))?;
        if let Some(missing) = layer::missing(&text, &font) {
            let message = format!("the font has no glyph for `{missing}`");
            return Err(ArgumentError::new("text", message));
        }
        Ok(Step::stage(Text {
            text,
            font,
            placing: Placing::of(arguments),
            size: arguments.optional("size"),
            colour: arguments.colour("colour"),
            background: arguments.colour("background"),
            mode: Mode::of(arguments.text("mode")),
        }))
    },
};

/// Words on a place of the picture.
#[derive(Debug)]
struct Text {
    text: String,
    font: Font,
    placing: Placing,
    /// Pixels; `None`: a twentieth of the shorter side.
    size: Option<f64>,
    colour: [u8; 4],
    background: [u8; 4],
    mode: Mode,
}

impl Text {
    fn words(&self, picture: (u32, u32)) -> Words<'_> {
        let twentieth = f64::from(picture.0.min(picture.1)) / 20.0;
        let (lean, _) = self.placing.position.place((1.0, 1.0));
        let align = match lean {
            0.0 => Align::Left,
            1.0 => Align::Right,
            _ => Align::Center,
        };
        Words {
            text: &self.text,
            font: &self.font,
            size: self.size.unwrap_or(twentieth).clamp(1.0, LARGEST) as f32,
            colour: self.colour,
            background: self.background,
            align,
            room: (self.placing.room(picture.0), picture.1),
        }
    }

    /// Pixels that the words take at most, as if every character were as wide as it is high.
    fn pixels(&self, picture: (u32, u32)) -> f64 {
        let size = f64::from(self.words(picture).size);
        let letters = self.text.chars().count() as f64 * size * size * 2.0;
        letters.min(f64::from(picture.0) * f64::from(picture.1))
    }
}

impl Stage for Text {
    fn cost_ms(&self, picture: (u32, u32)) -> f64 {
        let megapixels = f64::from(picture.0) * f64::from(picture.1) / 1e6;
        let laid = if self.placing.tile { megapixels } else { self.pixels(picture) / 1e6 };
        megapixels + laid * 35.0 + self.text.chars().count() as f64 * 0.1
    }

    fn scratch_bytes(&self, picture: (u32, u32)) -> u64 {
        self.pixels(picture) as u64 * 4 + (4 << 20)
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        context.check()?;
        let layer = self.words(frame.size()).drawn(context)?;
        self.placing.lay(&frame, &layer, (1.0, self.mode), context)
    }
}

#[cfg(test)]
mod tests;
