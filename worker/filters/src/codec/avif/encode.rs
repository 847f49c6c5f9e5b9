//! From a picture to an AVIF file: one AV1 frame for the colours, one for alpha.

use avif_serialize::Aviffy;
use avif_serialize::constants::{ColorPrimaries, MatrixCoefficients, TransferCharacteristics};
use imgfilter_aom::{COARSEST, Chroma, Options, Picture};

use super::planes::planes;
use crate::codec::grey::greys;
use crate::codec::{Encode, TimedFrame, check_side, no_frame};
use crate::context::Context;
use crate::encoding::Settings;
use crate::format::Format;
use crate::frame::Frame;
use crate::refusal::Refusal;

/// The encoder's speed for each effort. On photographs 9 takes half the time of 8, for up to a fifth more bytes; 6 takes
/// six times that of 8, for a tenth less.
const SPEEDS: [u8; 7] = [9, 9, 8, 7, 6, 5, 4];
/// From this quality on every pixel has a colour of its own, and below it four share one.
const FULL_COLOUR: u8 = 90;
/// The least quality of alpha, whose edges are seen against any ground.
const ALPHA_QUALITY: u8 = 90;

/// Writes one picture of 8 bits, as grey where there is no colour.
pub(in crate::codec) struct Encoder {
    quality: u8,
    speed: u8,
    bytes: Option<Vec<u8>>,
}

impl Encoder {
    /// An encoder that makes use of quality and effort.
    pub fn new(settings: &Settings) -> Self {
        Self { quality: settings.quality, speed: settings.effort.choose(SPEEDS), bytes: None }
    }
}

impl Encode for Encoder {
    fn push(&mut self, frame: TimedFrame, context: &Context<'_>) -> Result<(), Refusal> {
        context.check()?;
        let frame = frame.frame.narrowed();
        check_side(Format::Avif, &frame, imgfilter_aom::LONGEST_SIDE)?;
        let mut file = Aviffy::new();
        file.set_color_primaries(ColorPrimaries::Bt709)
            .set_transfer_characteristics(TransferCharacteristics::Srgb)
            .set_matrix_coefficients(MatrixCoefficients::Bt601)
            .set_full_color_range(true);
        let colours = self.colours(&frame, &mut file, context)?;
        context.check()?;
        let alpha = self.alphas(&frame, context)?;
        self.bytes = Some(file.to_vec(&colours, alpha.as_deref(), frame.width, frame.height, 8));
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Refusal> {
        self.bytes.ok_or_else(no_frame)
    }
}

impl Encoder {
    /// The colours as AV1; `file` is told what kind it is of.
    fn colours(&self, frame: &Frame, file: &mut Aviffy, context: &Context<'_>) -> Result<Vec<u8>, Refusal> {
        let samples = frame.bytes()?;
        if let Some(greys) = (!frame.alpha).then(|| greys(samples)).flatten() {
            file.set_monochrome(true).set_chroma_subsampling((true, true));
            return self.encoded((frame, &greys, None), self.quality, context);
        }
        let halved = self.quality < FULL_COLOUR;
        file.set_chroma_subsampling((halved, halved)).set_seq_profile(u8::from(!halved));
        let planes = planes(samples, (frame.width as usize, frame.channels()), halved, context)?;
        let chroma = Chroma { blue: &planes.blue, red: &planes.red, halved };
        self.encoded((frame, &planes.luma, Some(chroma)), self.quality, context)
    }

    /// Alpha as AV1; `None` if all is opaque.
    fn alphas(&self, frame: &Frame, context: &Context<'_>) -> Result<Option<Vec<u8>>, Refusal> {
        if !frame.alpha {
            return Ok(None);
        }
        let alphas: Vec<u8> = frame.bytes()?.as_chunks::<4>().0.iter().map(|pixel| pixel[3]).collect();
        if alphas.iter().all(|&alpha| alpha == u8::MAX) {
            return Ok(None);
        }
        self.encoded((frame, &alphas, None), self.quality.max(ALPHA_QUALITY), context).map(Some)
    }

    /// Planes of the size of a frame as AV1.
    fn encoded(
        &self,
        (frame, luma, chroma): (&Frame, &[u8], Option<Chroma<'_>>),
        quality: u8,
        context: &Context<'_>,
    ) -> Result<Vec<u8>, Refusal> {
        let picture = Picture { width: frame.width, height: frame.height, luma, chroma };
        let threads = u32::try_from(context.threads).unwrap_or(1);
        let options = Options { quantiser: quantiser(quality), speed: self.speed, threads };
        imgfilter_aom::encode(&picture, &options).map_err(|error| Refusal::internal(error.to_string()))
    }
}

/// The quantiser of a quality, as libavif takes it.
fn quantiser(quality: u8) -> u8 {
    let coarse = u32::from(100 - quality.min(100)) * u32::from(COARSEST);
    ((coarse + 50) / 100) as u8
}
