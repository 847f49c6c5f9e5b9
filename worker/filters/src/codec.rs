//! Files to frames and frames to files.
//!
//! What strangers send is read by memory-safe decoders only. What is written are our own pixels, so the fastest
//! encoder may do it. Both go frame by frame: of an animation no more than two frames are in memory at once.
//!
//! PNG and TIFF of 16 bits become 16-bit frames, everything else 8-bit ones. Orientation and colour profile are
//! applied; every other kind of metadata ends here, because an encoder is given nothing but pixels and times.

use crate::context::Context;
use crate::encoding::Settings;
use crate::format::Format;
use crate::frame::Frame;
use crate::limits::Limits;
use crate::probe::{Header, read_header};
use crate::refusal::Refusal;

mod avif;
mod bmp;
mod changes;
mod gif;
mod grey;
mod icc;
mod inks;
mod jpeg;
mod palette;
mod png;
mod recolour;
mod tiff;
mod webp;

pub(crate) use recolour::{Paint, recolour};

/// A frame and how long it is shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TimedFrame {
    /// The whole canvas as it is seen.
    pub frame: Frame,
    /// Milliseconds; 0 for a still.
    pub delay_ms: u32,
}

/// How often an animation is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plays {
    /// Without end.
    Forever,
    /// This often, at least once.
    Times(u32),
}

/// A file that is being decoded.
pub(crate) trait Decode: Send {
    /// The next frame, upright and in sRGB; `None` after the last.
    ///
    /// # Errors
    /// `BrokenImage`; `DeadlineExceeded`.
    fn next(&mut self, context: &Context<'_>) -> Result<Option<TimedFrame>, Refusal>;

    /// How often the animation is played.
    fn plays(&self) -> Plays {
        Plays::Times(1)
    }
}

/// A file that is being written.
pub(crate) trait Encode: Send {
    /// Adds a frame; all frames are of one size. A 16-bit frame is rounded where the format has no more than 8.
    ///
    /// # Errors
    /// `OutputTooLarge` where the format cannot hold the size; `DeadlineExceeded`; `Internal`.
    fn push(&mut self, frame: TimedFrame, context: &Context<'_>) -> Result<(), Refusal>;

    /// The bytes of the file.
    ///
    /// # Errors
    /// `Internal`, also when there was no frame.
    fn finish(self: Box<Self>) -> Result<Vec<u8>, Refusal>;
}

/// Looks at the headers of `input` and gets ready to decode it.
///
/// # Errors
/// As [`crate::probe`].
pub(crate) fn open<'a>(input: &'a [u8], limits: &Limits) -> Result<(Header, Box<dyn Decode + 'a>), Refusal> {
    let header = read_header(input, limits)?;
    let decode: Box<dyn Decode + 'a> = match header.format {
        Format::Jpeg => Box::new(Still { input, header, read: jpeg::decode, done: false }),
        Format::Png => Box::new(Still { input, header, read: png::decode, done: false }),
        Format::Gif => Box::new(gif::Decoder::new(input, header)?),
        Format::WebP => Box::new(webp::Decoder::new(input, header)?),
        Format::Tiff => Box::new(Still { input, header, read: tiff::decode, done: false }),
        Format::Bmp => Box::new(Still { input, header, read: bmp::decode, done: false }),
        Format::Avif => return Err(Refusal::internal("AVIF is not read")),
    };
    Ok((header, decode))
}

/// The colour profile of a file whose samples may stay in it: one for red, green and blue, as the samples are.
pub(crate) fn profile(input: &[u8], header: Header) -> Option<Vec<u8>> {
    let profile = match header.format {
        Format::Jpeg => jpeg::profile(input, &header),
        Format::Png => png::profile(input),
        Format::WebP => webp::profile(input),
        Format::Tiff => tiff::profile(input, &header),
        Format::Gif | Format::Bmp | Format::Avif => None,
    };
    profile.filter(|profile| icc::can_stay(profile))
}

/// Gets ready to write a file: `frames` is how many are to come, and `plays` how often they are shown.
pub(crate) fn create(settings: &Settings, frames: u32, plays: Plays) -> Box<dyn Encode> {
    let settings = settings.clone();
    match settings.format {
        Format::Jpeg => Box::new(jpeg::Encoder::new(settings)),
        Format::Png => Box::new(png::Encoder::new(settings)),
        Format::Gif => Box::new(gif::Encoder::new(frames, plays)),
        Format::WebP => Box::new(webp::Encoder::new(settings, frames, plays)),
        Format::Tiff => Box::new(tiff::Encoder::new(settings)),
        Format::Bmp => Box::new(bmp::Encoder::default()),
        Format::Avif => Box::new(avif::Encoder::new(&settings)),
    }
}

/// A file with one frame.
struct Still<'a> {
    input: &'a [u8],
    header: Header,
    read: fn(&[u8], &Header, &Context<'_>) -> Result<Frame, Refusal>,
    done: bool,
}

impl Decode for Still<'_> {
    fn next(&mut self, context: &Context<'_>) -> Result<Option<TimedFrame>, Refusal> {
        if std::mem::replace(&mut self.done, true) {
            return Ok(None);
        }
        context.check()?;
        let frame = (self.read)(self.input, &self.header, context)?;
        let frame = self.header.orientation.apply(frame, context)?;
        Ok(Some(TimedFrame { frame, delay_ms: 0 }))
    }
}

/// Refuses a picture that a format's own fields cannot hold.
fn check_side(format: Format, frame: &Frame, most: u32) -> Result<(), Refusal> {
    if frame.width.max(frame.height) <= most {
        return Ok(());
    }
    let detail = format!(
        "{} × {}: a {} image has at most {most} pixels a side",
        frame.width,
        frame.height,
        format.name()
    );
    Err(Refusal::limited(crate::refusal::RefusalCode::OutputTooLarge, detail, u64::from(most)))
}

/// The error of an encoder that never got a frame.
fn no_frame() -> Refusal {
    Refusal::internal("a file was to be written without a frame")
}
