//! How results are written.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::format::Format;

/// How results are to be written, as it is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encoding {
    /// The format; `None`: as the input.
    pub format: Option<Format>,
    /// Quality of lossy formats, 1–100; `None`: [`Format::default_quality`].
    pub quality: Option<u8>,
    /// How long to look for a smaller file, 1–7; `None`: 3.
    pub effort: Option<u8>,
    /// Whether samples and colour profile stay those of the input, where both formats know profiles, instead of being
    /// converted to sRGB.
    pub keep_profile: bool,
}

impl From<Format> for Encoding {
    fn from(format: Format) -> Self {
        Self { format: Some(format), ..Self::default() }
    }
}

impl Encoding {
    /// The format of the results of an input.
    pub fn format_of(&self, input: Format) -> Format {
        self.format.unwrap_or(input)
    }

    /// What the encoders of the results of an input are told; `profile` is what results shall hold.
    pub(crate) fn settings(&self, input: Format, profile: Option<Arc<[u8]>>) -> Settings {
        let format = self.format_of(input);
        let quality = self.quality.unwrap_or(format.default_quality()).clamp(1, 100);
        Settings { format, quality, effort: Effort::of(self.effort), profile }
    }
}

/// What an encoder is told, all defaults filled in.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub format: Format,
    /// 1 to 100, where the format is lossy.
    pub quality: u8,
    pub effort: Effort,
    /// The colour profile that samples are in; `None`: sRGB.
    pub profile: Option<Arc<[u8]>>,
}

/// How long an encoder looks for a smaller file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Effort(u8);

impl Effort {
    /// The most.
    const MOST: u8 = 7;
    /// What is right for a service: most of what can be gained, at a fraction of the time.
    const USUAL: Self = Self(3);

    /// The effort of a number; the usual one without.
    pub fn of(number: Option<u8>) -> Self {
        number.map_or(Self::USUAL, |number| Self(number.clamp(1, Self::MOST)))
    }

    /// Which of `levels` a library's encoder is set to: one for each effort, the least first.
    pub fn choose<T: Copy>(self, levels: [T; Self::MOST as usize]) -> T {
        levels[usize::from(self.0 - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_filled_in() {
        let settings = Encoding::default().settings(Format::Avif, None);
        assert_eq!((settings.format, settings.quality, settings.effort), (Format::Avif, 60, Effort::USUAL));
        let asked = Encoding { quality: Some(200), effort: Some(9), ..Format::WebP.into() };
        let settings = asked.settings(Format::Gif, None);
        assert_eq!((settings.format, settings.quality), (Format::WebP, 100));
        assert_eq!(settings.effort.choose([1, 2, 3, 4, 5, 6, 7]), 7);
    }
}
