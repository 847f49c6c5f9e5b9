//! How colours of a layer meet those below it.

use crate::filter::Parameter;

/// The separable blend modes of the W3C's Compositing and Blending, Level 1, section 9.1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode(fn(f32, f32) -> f32);

/// Words and functions of the colour below and that of the layer, both from 0 to 1.
const WORDS: &[&str] = &[
    "normal",
    "multiply",
    "screen",
    "overlay",
    "darken",
    "lighten",
    "color-dodge",
    "color-burn",
    "hard-light",
    "soft-light",
    "difference",
    "exclusion",
];

impl Mode {
    /// The parameter; without it the layer covers.
    pub const fn parameter() -> Parameter {
        Parameter::choice("mode", WORDS)
    }

    /// The mode of a word; `normal` for any other.
    pub fn of(word: &str) -> Self {
        Self(match word {
            "multiply" => |below, layer| below * layer,
            "screen" => screen,
            "overlay" => |below, layer| hard_light(layer, below),
            "darken" => f32::min,
            "lighten" => f32::max,
            "color-dodge" => color_dodge,
            "color-burn" => color_burn,
            "hard-light" => hard_light,
            "soft-light" => soft_light,
            "difference" => |below, layer| (below - layer).abs(),
            "exclusion" => |below, layer| below + layer - 2.0 * below * layer,
            _ => |_, layer| layer,
        })
    }

    /// The blended colour where both are opaque.
    pub fn blend(self, below: f32, layer: f32) -> f32 {
        (self.0)(below, layer)
    }
}

fn screen(below: f32, layer: f32) -> f32 {
    below + layer - below * layer
}

fn hard_light(below: f32, layer: f32) -> f32 {
    if layer <= 0.5 { below * 2.0 * layer } else { screen(below, 2.0 * layer - 1.0) }
}

fn color_dodge(below: f32, layer: f32) -> f32 {
    if below <= 0.0 {
        0.0
    } else if layer >= 1.0 {
        1.0
    } else {
        (below / (1.0 - layer)).min(1.0)
    }
}

fn color_burn(below: f32, layer: f32) -> f32 {
    if below >= 1.0 {
        1.0
    } else if layer <= 0.0 {
        0.0
    } else {
        1.0 - ((1.0 - below) / layer).min(1.0)
    }
}

fn soft_light(below: f32, layer: f32) -> f32 {
    if layer <= 0.5 {
        return below - (1.0 - 2.0 * layer) * below * (1.0 - below);
    }
    let lit = if below <= 0.25 { ((16.0 * below - 12.0) * below + 4.0) * below } else { below.sqrt() };
    below + (2.0 * layer - 1.0) * (lit - below)
}
