//! Writing one page.

use std::borrow::Cow;
use std::io::Cursor;

use tiff::TiffError;
use tiff::encoder::colortype::{ColorType, Gray8, Gray16, RGB8, RGB16, RGBA8, RGBA16};
use tiff::encoder::compression::DeflateLevel;
use tiff::encoder::{Compression, TiffEncoder, TiffValue};
use tiff::tags::{ExtraSamples, Predictor, Tag, Type};

use crate::codec::grey::greys;
use crate::codec::{Encode, TimedFrame, no_frame};
use crate::context::Context;
use crate::encoding::Settings;
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// Writes one picture without loss, in 16 bits if it has them, and as grey if it has no colour.
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
        context.check()?;
        let bytes = write(&frame.frame, &self.settings)
            .map_err(|error| Refusal::internal(format!("tiff: {error}")))?;
        self.bytes = Some(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Refusal> {
        self.bytes.ok_or_else(no_frame)
    }
}

fn write(frame: &Frame, settings: &Settings) -> Result<Vec<u8>, TiffError> {
    let page = Page { size: frame.size(), alpha: frame.alpha, settings };
    // A profile of red, green and blue is for no other samples.
    let coloured = settings.profile.is_some();
    match (&frame.samples, frame.alpha) {
        (Samples::U8(samples), true) => page.write::<RGBA8>(samples),
        (Samples::U16(samples), true) => page.write::<RGBA16>(samples),
        (Samples::U8(samples), false) if coloured => page.write::<RGB8>(samples),
        (Samples::U16(samples), false) if coloured => page.write::<RGB16>(samples),
        (Samples::U8(samples), false) => match greys(samples) {
            Some(greys) => page.write::<Gray8>(&greys),
            None => page.write::<RGB8>(samples),
        },
        (Samples::U16(samples), false) => match greys(samples) {
            Some(greys) => page.write::<Gray16>(&greys),
            None => page.write::<RGB16>(samples),
        },
    }
}

/// A page and how it is written.
struct Page<'a> {
    size: (u32, u32),
    alpha: bool,
    settings: &'a Settings,
}

impl Page<'_> {
    fn write<C: ColorType>(&self, samples: &[C::Inner]) -> Result<Vec<u8>, TiffError>
    where
        [C::Inner]: TiffValue,
    {
        use DeflateLevel::{Balanced, Best, Fast};
        let level = self.settings.effort.choose([Fast, Fast, Fast, Balanced, Balanced, Best, Best]);
        let mut file = Cursor::new(Vec::new());
        // Differences of neighbours deflate to far less than the samples themselves.
        let mut encoder = TiffEncoder::new(&mut file)?
            .with_compression(Compression::Deflate(level))
            .with_predictor(Predictor::Horizontal);
        let mut image = encoder.new_image::<C>(self.size.0, self.size.1)?;
        if self.alpha {
            let straight = [ExtraSamples::UnassociatedAlpha.to_u16()];
            image.encoder().write_tag(Tag::ExtraSamples, &straight[..])?;
        }
        if let Some(profile) = &self.settings.profile {
            image.encoder().write_tag(Tag::IccProfile, Undefined(profile))?;
        }
        image.write_data(samples)?;
        Ok(file.into_inner())
    }
}

/// Bytes whose meaning is no business of TIFF's.
struct Undefined<'a>(&'a [u8]);

impl TiffValue for Undefined<'_> {
    const BYTE_LEN: u8 = 1;
    const FIELD_TYPE: Type = Type::UNDEFINED;

    fn count(&self) -> usize {
        self.0.len()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.0)
    }
}
