//! Reading stills and animations.

use std::io::Cursor;

use image_webp::{DecodingError, LoopCount, WebPDecoder};

use crate::codec::icc::{Profile, Source};
use crate::codec::{Decode, Plays, TimedFrame};
use crate::context::Context;
use crate::frame::Frame;
use crate::probe::Header;
use crate::refusal::Refusal;

/// The longest colour profile that is read, in bytes.
const LONGEST_PROFILE: usize = 16 << 20;

/// Reads a picture, or an animation one frame at a time.
pub(in crate::codec) struct Decoder<'a> {
    decoder: WebPDecoder<Cursor<&'a [u8]>>,
    header: Header,
    profile: Option<Profile>,
    frames_left: u32,
}

impl<'a> Decoder<'a> {
    /// Reads the chunks around the pictures.
    pub fn new(input: &'a [u8], header: Header) -> Result<Self, Refusal> {
        let mut decoder = WebPDecoder::new(Cursor::new(input)).map_err(broken)?;
        if decoder.dimensions() != (header.width, header.height) {
            return Err(Refusal::broken("the WebP file says two sizes"));
        }
        decoder.set_memory_limit(LONGEST_PROFILE);
        let alpha = decoder.has_alpha();
        let icc = decoder.icc_profile().ok().flatten();
        let profile = icc.and_then(|icc| Profile::read(&icc, Source::Rgb, alpha, false));
        if decoder.is_animated() {
            // Without a colour the decoder leaves frames standing that ask to be cleared away.
            decoder.set_background_color([0; 4]).map_err(broken)?;
        }
        Ok(Self { decoder, header, profile, frames_left: header.frames })
    }
}

/// The embedded colour profile.
pub(in crate::codec) fn profile(input: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = WebPDecoder::new(Cursor::new(input)).ok()?;
    decoder.set_memory_limit(LONGEST_PROFILE);
    decoder.icc_profile().ok()?
}

impl Decode for Decoder<'_> {
    fn next(&mut self, context: &Context<'_>) -> Result<Option<TimedFrame>, Refusal> {
        context.check()?;
        if self.frames_left == 0 {
            return Ok(None);
        }
        self.frames_left -= 1;
        let Header { width, height, orientation, .. } = self.header;
        let alpha = self.decoder.has_alpha();
        let mut samples = vec![0; width as usize * height as usize * if alpha { 4 } else { 3 }];
        let delay_ms = if self.decoder.is_animated() {
            self.decoder.read_frame(&mut samples).map_err(broken)?
        } else {
            self.decoder.read_image(&mut samples).map_err(broken)?;
            0
        };
        let mut frame = Frame::from_u8(width, height, alpha, samples)?;
        if let Some(profile) = &self.profile {
            profile.convert(&mut frame, context)?;
        }
        let frame = orientation.apply(frame, context)?;
        Ok(Some(TimedFrame { frame, delay_ms }))
    }

    fn plays(&self) -> Plays {
        match self.decoder.loop_count() {
            LoopCount::Forever => Plays::Forever,
            LoopCount::Times(times) => Plays::Times(u32::from(times.get())),
        }
    }
}

fn broken(error: DecodingError) -> Refusal {
    Refusal::broken(format!("the WebP file cannot be decoded: {error}"))
}
