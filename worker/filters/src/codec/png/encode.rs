//! Writing PNG: what the samples are stored as, and how they are made small.

use std::borrow::Cow;

use png::{BitDepth, ColorType, DeflateCompression as Deflate, Filter, Info};

use crate::codec::grey::greys;
use crate::codec::palette::ExactPalette;
use crate::codec::{Encode, TimedFrame, no_frame};
use crate::context::Context;
use crate::encoding::{Effort, Settings};
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// Writes one picture, in 16 bits if it has them: as grey where there is no colour, and with a palette where 256
/// colours are enough, since that is exact, quicker and smaller.
pub(in crate::codec) struct Encoder {
    settings: Settings,
    bytes: Option<Vec<u8>>,
}

impl Encoder {
    /// An encoder that makes use of effort and profile.
    pub fn new(settings: Settings) -> Self {
        Self { settings, bytes: None }
    }
}

impl Encode for Encoder {
    fn push(&mut self, frame: TimedFrame, context: &Context<'_>) -> Result<(), Refusal> {
        let profile = self.settings.profile.as_deref();
        let stored = Stored { profile, ..Stored::of(&frame.frame, profile.is_none()) };
        self.bytes = Some(stored.write(self.settings.effort, context)?);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Refusal> {
        self.bytes.ok_or_else(no_frame)
    }
}

/// A picture as it is stored.
pub(super) struct Stored<'a> {
    pub size: (u32, u32),
    pub colour: ColorType,
    pub depth: BitDepth,
    /// Red, green and blue of each colour of a palette.
    pub palette: Option<Cow<'a, [u8]>>,
    /// Alpha of the first colours of a palette.
    pub alphas: Option<&'a [u8]>,
    /// Rows of samples, big-endian, each row from a byte on.
    pub samples: Cow<'a, [u8]>,
    pub profile: Option<&'a [u8]>,
}

impl<'a> Stored<'a> {
    /// A frame in as few samples as can be; a profile of red, green and blue allows no grey (`as_grey`).
    fn of(frame: &'a Frame, as_grey: bool) -> Self {
        match &frame.samples {
            Samples::U8(samples) => Self::of_bytes(frame, samples, as_grey),
            Samples::U16(samples) => Self::of_words(frame, samples, as_grey),
        }
    }

    fn plain(frame: &Frame, colour: ColorType, depth: BitDepth, samples: impl Into<Cow<'a, [u8]>>) -> Self {
        let samples = samples.into();
        Self { size: frame.size(), colour, depth, palette: None, alphas: None, samples, profile: None }
    }

    fn of_bytes(frame: &Frame, samples: &'a [u8], as_grey: bool) -> Self {
        let depth = BitDepth::Eight;
        if frame.alpha {
            return Self::plain(frame, ColorType::Rgba, depth, samples);
        }
        if let Some(greys) = as_grey.then(|| greys(samples)).flatten() {
            return Self::plain(frame, ColorType::Grayscale, depth, greys);
        }
        let Some(palette) = ExactPalette::of(samples) else {
            return Self::plain(frame, ColorType::Rgb, depth, samples);
        };
        let colours = Some(Cow::Owned(palette.colours));
        Self { palette: colours, ..Self::plain(frame, ColorType::Indexed, depth, palette.indices) }
    }

    fn of_words(frame: &Frame, samples: &[u16], as_grey: bool) -> Self {
        let bytes =
            |samples: &[u16]| samples.iter().flat_map(|sample| sample.to_be_bytes()).collect::<Vec<u8>>();
        let greys = if as_grey && !frame.alpha { greys(samples) } else { None };
        let (colour, bytes) = match greys {
            Some(greys) => (ColorType::Grayscale, bytes(&greys)),
            None if frame.alpha => (ColorType::Rgba, bytes(samples)),
            None => (ColorType::Rgb, bytes(samples)),
        };
        Self::plain(frame, colour, BitDepth::Sixteen, bytes)
    }

    /// The bytes of the file, the smallest of what the effort allows to be tried.
    pub fn write(&self, effort: Effort, context: &Context<'_>) -> Result<Vec<u8>, Refusal> {
        let attempts = if self.palette.is_some() { FOR_NUMBERS } else { FOR_SAMPLES };
        let mut smallest: Option<Vec<u8>> = None;
        for attempt in effort.choose(attempts) {
            context.check()?;
            let bytes = self.attempt(*attempt).map_err(|error| Refusal::internal(format!("png: {error}")))?;
            if smallest.as_ref().is_none_or(|smallest| bytes.len() < smallest.len()) {
                smallest = Some(bytes);
            }
        }
        smallest.ok_or_else(no_frame)
    }

    fn attempt(&self, (filter, deflate): Attempt) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut info = Info::with_size(self.size.0, self.size.1);
        info.color_type = self.colour;
        info.bit_depth = self.depth;
        info.palette = self.palette.as_deref().map(Cow::Borrowed);
        info.trns = self.alphas.map(Cow::Borrowed);
        info.icc_profile = self.profile.map(Cow::Borrowed);
        let mut encoder = png::Encoder::with_info(&mut bytes, info)?;
        encoder.set_filter(filter);
        encoder.set_deflate_compression(deflate);
        encoder.write_header()?.write_image_data(&self.samples)?;
        Ok(bytes)
    }
}

/// How rows are filtered, and what is left deflated.
type Attempt = (Filter, Deflate);

const fn sparse(level: u8) -> Attempt {
    (Filter::MinEntropy, Deflate::Level(level))
}

const fn unfiltered(level: u8) -> Attempt {
    (Filter::NoFilter, Deflate::Level(level))
}

/// What each effort tries on samples. On photographs the fast compression, made for filtered samples, leaves no more
/// than the best level of zlib's does, in a twentieth of its time; on drawings a fifteenth more.
const FOR_SAMPLES: [&[Attempt]; 7] = {
    const FAST: Attempt = (Filter::Adaptive, Deflate::FdeflateUltraFast);
    const SPARSE: Attempt = (Filter::MinEntropy, Deflate::FdeflateUltraFast);
    [
        &[(Filter::Up, Deflate::FdeflateUltraFast)],
        &[FAST],
        &[FAST],
        &[SPARSE, sparse(4)],
        &[SPARSE, sparse(6)],
        &[SPARSE, sparse(9)],
        &[SPARSE, sparse(9), (Filter::Up, Deflate::Level(9)), unfiltered(9)],
    ]
};

/// What each effort tries on numbers of a palette: neighbours among them mean nothing, so they are not filtered, and
/// the fast compression, made for what was filtered, leaves two to ten times as much of them.
const FOR_NUMBERS: [&[Attempt]; 7] = [
    &[unfiltered(1)],
    &[unfiltered(2)],
    &[unfiltered(2)],
    &[unfiltered(4)],
    &[unfiltered(6)],
    &[unfiltered(9)],
    &[unfiltered(9), (Filter::Adaptive, Deflate::Level(9))],
];
