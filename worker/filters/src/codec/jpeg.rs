//! JPEG: read by zune-jpeg, written by libjpeg-turbo.

use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

use super::grey::is_grey;
use super::icc::{Profile, Source};
use super::inks;
use super::{Encode, TimedFrame, check_side, no_frame};
use crate::context::Context;
use crate::encoding::Settings;
use crate::format::Format;
use crate::frame::Frame;
use crate::probe::{Header, jpeg::is_complete};
use crate::refusal::Refusal;

/// The longest side that libjpeg writes.
const LONGEST_SIDE: u32 = 65_500;
/// Scans of a progressive file; each costs a pass over the whole picture, however few bytes it has.
const MOST_SCANS: usize = 64;

/// Decodes a picture as stored.
///
/// A file that was cut is refused, not shown with a grey rest. Grey, CMYK and YCCK pictures become RGB.
pub(super) fn decode(input: &[u8], header: &Header, context: &Context<'_>) -> Result<Frame, Refusal> {
    if !is_complete(input) {
        return Err(Refusal::broken("the JPEG file was cut: its picture does not end"));
    }
    let mut decoder = decoder(input, header)?;
    let (width, height) = (header.width, header.height);
    if decoder.dimensions() != Some((width as usize, height as usize)) {
        return Err(Refusal::broken("the JPEG file has two frame headers"));
    }
    let space = decoder.input_colorspace();
    if let Some(space @ (ColorSpace::CMYK | ColorSpace::YCCK)) = space {
        let inks = inks(&mut decoder, input, space, header)?;
        context.check()?;
        let rgb = inks::to_rgb(&inks, decoder.icc_profile().as_deref(), width, context)?;
        return Frame::from_u8(width, height, false, rgb);
    }
    let mut samples = vec![0; width as usize * height as usize * 3];
    decoder.decode_into(&mut samples).map_err(broken)?;
    context.check()?;
    let mut frame = Frame::from_u8(width, height, false, samples)?;
    let source = if space == Some(ColorSpace::Luma) { Source::Grey } else { Source::Rgb };
    Profile::apply(decoder.icc_profile().as_deref(), source, &mut frame, context)?;
    Ok(frame)
}

/// The inks of a picture of four components. Adobe's programs write paper instead of ink, and say who they are.
/// (Adobe Technical Note 5116, section 18.)
fn inks(
    decoder: &mut JpegDecoder<ZCursor<&[u8]>>,
    input: &[u8],
    space: ColorSpace,
    header: &Header,
) -> Result<Vec<u8>, Refusal> {
    const ADOBE: &[u8] = b"\xff\xee\0\x0eAdobe";
    let mut samples = vec![0; header.width as usize * header.height as usize * 4];
    decoder.set_options(options(header).jpeg_set_out_colorspace(space));
    decoder.decode_into(&mut samples).map_err(broken)?;
    if space == ColorSpace::YCCK {
        inks::from_ycck(&mut samples);
    } else if memchr::memmem::find(input, ADOBE).is_some() {
        inks::from_paper(&mut samples);
    }
    Ok(samples)
}

/// A decoder that has read the headers. It is strict, but passes over stray bytes between headers as browsers do.
fn decoder<'a>(input: &'a [u8], header: &Header) -> Result<JpegDecoder<ZCursor<&'a [u8]>>, Refusal> {
    let options = options(header);
    let mut strict = JpegDecoder::new_with_options(ZCursor::new(input), options);
    if strict.decode_headers().is_ok() {
        return Ok(strict);
    }
    let mut lenient = JpegDecoder::new_with_options(ZCursor::new(input), options.set_strict_mode(false));
    lenient.decode_headers().map_err(broken)?;
    Ok(lenient)
}

fn options(header: &Header) -> DecoderOptions {
    DecoderOptions::default()
        .set_max_width(header.width as usize)
        .set_max_height(header.height as usize)
        .jpeg_set_max_scans(MOST_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_strict_mode(true)
}

fn broken(error: DecodeErrors) -> Refusal {
    Refusal::broken(format!("the JPEG file cannot be decoded: {error:?}"))
}

/// The embedded colour profile, if samples are decoded to what it is for.
pub(super) fn profile(input: &[u8], header: &Header) -> Option<Vec<u8>> {
    let decoder = decoder(input, header).ok()?;
    let coloured = matches!(decoder.input_colorspace()?, ColorSpace::YCbCr | ColorSpace::RGB);
    coloured.then(|| decoder.icc_profile())?
}

/// Writes one picture.
pub(super) struct Encoder {
    settings: Settings,
    bytes: Option<Vec<u8>>,
}

impl Encoder {
    /// An encoder that makes use of quality, effort and profile: the coefficients' codes fit the picture from the
    /// fourth effort on, and from the sixth on it is written in scans.
    pub fn new(settings: Settings) -> Self {
        Self { settings, bytes: None }
    }
}

impl Encode for Encoder {
    fn push(&mut self, frame: TimedFrame, context: &Context<'_>) -> Result<(), Refusal> {
        context.check()?;
        check_side(Format::Jpeg, &frame.frame, LONGEST_SIDE)?;
        let frame = frame.frame.over_white();
        let samples = frame.bytes()?;
        // Without colour one component says it all: two thirds of the work are saved, and a tenth of the bytes.
        let grey = self.settings.profile.is_none() && is_grey(samples);
        let subsampling = if grey { Subsamp::Gray } else { Subsamp::Sub2x2 };
        let (width, height) = (frame.width as usize, frame.height as usize);
        let image = Image { pixels: samples, width, pitch: frame.row(), height, format: PixelFormat::RGB };
        let failed = |error: turbojpeg::Error| Refusal::internal(format!("libjpeg-turbo: {error}"));
        let mut compressor = Compressor::new().map_err(failed)?;
        let effort = self.settings.effort;
        compressor.set_quality(i32::from(self.settings.quality)).map_err(failed)?;
        compressor.set_subsamp(subsampling).map_err(failed)?;
        compressor
            .set_optimize(effort.choose([false, false, false, true, true, true, true]))
            .map_err(failed)?;
        compressor
            .set_progressive(effort.choose([false, false, false, false, false, true, true]))
            .map_err(failed)?;
        let bytes = compressor.compress_to_vec(image).map_err(failed)?;
        self.bytes = Some(match &self.settings.profile {
            Some(profile) => with_profile(&bytes, profile),
            None => bytes,
        });
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Refusal> {
        self.bytes.ok_or_else(no_frame)
    }
}

/// The file with a colour profile after its first header. (ICC.1:2022, annex B.4.)
fn with_profile(file: &[u8], profile: &[u8]) -> Vec<u8> {
    const NAME: &[u8] = b"ICC_PROFILE\0";
    /// What fits a segment beside its length, the name and the two numbers.
    const PIECE: usize = 65_535 - 2 - NAME.len() - 2;
    // Start of image and the JFIF header, which says its own length.
    let header = match file {
        [_, _, 0xff, 0xe0, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 2,
    };
    let (before, after) = file.split_at(header.min(file.len()));
    let mut bytes = Vec::with_capacity(file.len() + profile.len() + 1024);
    bytes.extend(before);
    let count = profile.chunks(PIECE).len() as u8;
    for (number, piece) in (1..=count).zip(profile.chunks(PIECE)) {
        bytes.extend([0xff, 0xe2]);
        bytes.extend(((piece.len() + 2 + NAME.len() + 2) as u16).to_be_bytes());
        bytes.extend(NAME);
        bytes.extend([number, count]);
        bytes.extend(piece);
    }
    bytes.extend(after);
    bytes
}
