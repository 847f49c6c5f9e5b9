//! Writing one page.

use std::io::Cursor;

use tiff::TiffError;
use tiff::encoder::colortype::{ColorType, Gray8, Gray16, RGB8, RGB16, RGBA8, RGBA16};
use tiff::encoder::compression::DeflateLevel;
use tiff::encoder::{Compression, TiffEncoder, TiffValue};
use tiff::tags::{ExtraSamples, Predictor, Tag};

use crate::codec::grey::greys;
use crate::codec::{Encode, TimedFrame, no_frame};
use crate::context::Context;
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// Writes one picture without loss, in 16 bits if it has them, and as grey if it has no colour.
#[derive(Default)]
pub(in crate::codec) struct Encoder {
    bytes: Option<Vec<u8>>,
}

impl Encode for Encoder {
    fn push(&mut self, frame: TimedFrame, context: &Context<'_>) -> Result<(), Refusal> {
        context.check()?;
        let bytes = write(&frame.frame).map_err(|error| Refusal::internal(format!("tiff: {error}")))?;
        self.bytes = Some(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Refusal> {
        self.bytes.ok_or_else(no_frame)
    }
}

fn write(frame: &Frame) -> Result<Vec<u8>, TiffError> {
    let size = frame.size();
    match (&frame.samples, frame.alpha) {
        (Samples::U8(samples), true) => page::<RGBA8>(size, samples, true),
        (Samples::U16(samples), true) => page::<RGBA16>(size, samples, true),
        (Samples::U8(samples), false) => match greys(samples) {
            Some(greys) => page::<Gray8>(size, &greys, false),
            None => page::<RGB8>(size, samples, false),
        },
        (Samples::U16(samples), false) => match greys(samples) {
            Some(greys) => page::<Gray16>(size, &greys, false),
            None => page::<RGB16>(size, samples, false),
        },
    }
}

fn page<C: ColorType>(
    (width, height): (u32, u32),
    samples: &[C::Inner],
    alpha: bool,
) -> Result<Vec<u8>, TiffError>
where
    [C::Inner]: TiffValue,
{
    let mut file = Cursor::new(Vec::new());
    // Differences of neighbours deflate to far less than the samples themselves.
    let mut encoder = TiffEncoder::new(&mut file)?
        .with_compression(Compression::Deflate(DeflateLevel::Fast))
        .with_predictor(Predictor::Horizontal);
    let mut image = encoder.new_image::<C>(width, height)?;
    if alpha {
        let straight = [ExtraSamples::UnassociatedAlpha.to_u16()];
        image.encoder().write_tag(Tag::ExtraSamples, &straight[..])?;
    }
    image.write_data(samples)?;
    Ok(file.into_inner())
}
