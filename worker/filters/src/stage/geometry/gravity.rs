//! Where a smaller rectangle lies in a larger one.

use crate::filter::Parameter;

/// A place by the points of the compass, north being the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::stage) struct Gravity {
    /// 0 at the left, 1 at the right.
    across: f64,
    /// 0 at the top, 1 at the bottom.
    down: f64,
}

impl Gravity {
    /// The middle.
    pub const CENTER: Self = Self { across: 0.5, down: 0.5 };

    /// The words for it.
    pub const WORDS: &'static [&'static str] =
        &["center", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"];

    /// The parameter, with the middle as its default.
    pub const fn parameter(name: &'static str) -> Parameter {
        Parameter::choice(name, Self::WORDS)
    }

    /// The place of a word; the middle for any other.
    pub fn of(word: &str) -> Self {
        let side = |low: &str, high: &str| match (word.contains(low), word.contains(high)) {
            (true, _) => 0.0,
            (_, true) => 1.0,
            _ => 0.5,
        };
        Self { across: side("west", "east"), down: side("north", "south") }
    }

    /// Where a rectangle begins for which so much room is left across and down.
    pub fn place(self, room: (f64, f64)) -> (f64, f64) {
        (room.0 * self.across, room.1 * self.down)
    }

    /// The same in whole pixels.
    pub fn place_whole(self, room: (u32, u32)) -> (u32, u32) {
        let (x, y) = self.place((f64::from(room.0), f64::from(room.1)));
        (x as u32, y as u32)
    }
}

/// What a cut keeps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::stage) enum Focus {
    /// What lies at a place.
    Place(Gravity),
    /// What draws attention.
    Smart,
}

impl Focus {
    /// The words for it.
    const WORDS: &'static [&'static str] = &[
        "center",
        "north",
        "northeast",
        "east",
        "southeast",
        "south",
        "southwest",
        "west",
        "northwest",
        "smart",
    ];

    /// The parameter, with the middle as its default.
    pub const fn parameter(name: &'static str) -> Parameter {
        Parameter::choice(name, Self::WORDS)
    }

    /// The focus of a word.
    pub fn of(word: &str) -> Self {
        if word == "smart" { Self::Smart } else { Self::Place(Gravity::of(word)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_to_corners() {
        let place = |word| Gravity::of(word).place_whole((10, 21));
        assert_eq!(place("center"), (5, 10));
        assert_eq!(place("north"), (5, 0));
        assert_eq!(place("southeast"), (10, 21));
        assert_eq!(place("west"), (0, 10));
        assert_eq!(Focus::of("smart"), Focus::Smart);
        assert_eq!(Focus::WORDS[..9], *Gravity::WORDS);
    }
}
