//! One still picture as AV1, by libaom: the only place that speaks with it.
//!
//! It sees nothing but samples of our own, in planes whose sizes are checked here.

use std::ffi::{CStr, c_int, c_uint};
use std::mem::MaybeUninit;
use std::ptr;

#[allow(warnings, clippy::all, clippy::undocumented_unsafe_blocks, reason = "written by bindgen")]
mod sys {
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
}

/// The coarsest quantiser; 0 is the finest.
pub const COARSEST: u8 = 63;
/// Longest side, in pixels.
pub const LONGEST_SIDE: u32 = 65_536;
/// The chroma of grey.
const NO_COLOUR: u8 = 128;
/// The sRGB standard's primaries, transfer and matrix (that of BT.601) by the numbers of ITU-T H.273.
pub const SRGB: [u8; 3] = [1, 13, 6];

/// A picture in planes of 8-bit samples of the full range, rows one behind the other.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// A sample for each pixel.
    pub luma: &'a [u8],
    /// Colour; without it the picture is grey.
    pub chroma: Option<Chroma<'a>>,
}

/// Blue and red differences.
#[derive(Debug, Clone, Copy)]
pub struct Chroma<'a> {
    /// The plane of blue.
    pub blue: &'a [u8],
    /// The plane of red.
    pub red: &'a [u8],
    /// Whether four pixels, two by two, share a sample; an odd side is rounded up.
    pub halved: bool,
}

/// How a picture is encoded.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// From 0 (finest) to [`COARSEST`].
    pub quantiser: u8,
    /// From 0 (slowest, smallest) to 9.
    pub speed: u8,
    /// Threads, at least 1; the result does not depend on them.
    pub threads: u32,
}

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A plane is not of the picture's size.
    #[error("a plane is not of the picture's size")]
    Planes,
    /// What libaom says.
    #[error("libaom: {0}")]
    Aom(String),
}

/// Encodes a picture: a sequence header and a frame, as a file of any container holds them.
///
/// # Errors
/// [`Error::Planes`], or what libaom says.
pub fn encode(picture: &Picture<'_>, options: &Options) -> Result<Vec<u8>, Error> {
    picture.check()?;
    let mut encoder = Encoder::new(picture, options)?;
    let (chroma_width, chroma_height) = picture.chroma_size();
    let grey = vec![NO_COLOUR; if picture.chroma.is_none() { chroma_width * chroma_height } else { 0 }];
    let (blue, red) = picture.chroma.map_or((&grey[..], &grey[..]), |chroma| (chroma.blue, chroma.red));
    let image = picture.image([picture.luma, blue, red], chroma_width)?;
    encoder.put(Some(&image))?;
    let mut bytes = encoder.packets();
    encoder.put(None)?;
    bytes.extend(encoder.packets());
    // The mark before each moment of a film has no place in a picture.
    Ok(bytes.strip_prefix(&[0x12, 0]).map(<[u8]>::to_vec).unwrap_or(bytes))
}

impl Picture<'_> {
    /// Samples in a row of chroma, and its rows; those of halved chroma if there is none.
    fn chroma_size(&self) -> (usize, usize) {
        let (width, height) = (self.width as usize, self.height as usize);
        if self.is_full() { (width, height) } else { (width.div_ceil(2), height.div_ceil(2)) }
    }

    /// Whether every pixel has chroma of its own.
    fn is_full(&self) -> bool {
        self.chroma.is_some_and(|chroma| !chroma.halved)
    }

    fn check(&self) -> Result<(), Error> {
        let (width, height) = self.chroma_size();
        let fits = self.luma.len() == self.width as usize * self.height as usize
            && self.chroma.is_none_or(|c| c.blue.len() == width * height && c.red.len() == c.blue.len());
        let sides = 1..=LONGEST_SIDE;
        if fits && sides.contains(&self.width) && sides.contains(&self.height) {
            Ok(())
        } else {
            Err(Error::Planes)
        }
    }

    /// A description of planes that must outlive it: luma and two of `chroma_width` samples a row.
    fn image(&self, planes: [&[u8]; 3], chroma_width: usize) -> Result<sys::aom_image_t, Error> {
        let format = if self.is_full() {
            sys::aom_img_fmt_AOM_IMG_FMT_I444
        } else {
            sys::aom_img_fmt_AOM_IMG_FMT_I420
        };
        let mut image = MaybeUninit::<sys::aom_image_t>::zeroed();
        // SAFETY: libaom fills in the structure, all of whose fields may be zero, and only remembers the pointer,
        // which is replaced below.
        let image = unsafe {
            let first = planes[0].as_ptr().cast_mut();
            if sys::aom_img_wrap(image.as_mut_ptr(), format, self.width, self.height, 1, first).is_null() {
                return Err(Error::Aom("no picture".to_owned()));
            }
            image.assume_init_mut()
        };
        image.monochrome = c_int::from(self.chroma.is_none());
        image.range = sys::aom_color_range_AOM_CR_FULL_RANGE;
        image.planes = planes.map(|plane| plane.as_ptr().cast_mut());
        image.stride = [self.width as c_int, chroma_width as c_int, chroma_width as c_int];
        Ok(*image)
    }
}

/// libaom's encoder, which is freed with this.
struct Encoder(sys::aom_codec_ctx_t);

impl Encoder {
    fn new(picture: &Picture<'_>, options: &Options) -> Result<Self, Error> {
        let mut settings = MaybeUninit::<sys::aom_codec_enc_cfg_t>::zeroed();
        let mut context = MaybeUninit::<sys::aom_codec_ctx_t>::zeroed();
        // SAFETY: both structures are plain data for which zeroes are valid; libaom fills them in.
        unsafe {
            let interface = sys::aom_codec_av1_cx();
            let settings = settings.as_mut_ptr();
            checked(sys::aom_codec_enc_config_default(interface, settings, sys::AOM_USAGE_ALL_INTRA))?;
            picture.settle(&mut *settings, options);
            let version = sys::AOM_ENCODER_ABI_VERSION as c_int;
            checked(sys::aom_codec_enc_init_ver(context.as_mut_ptr(), interface, settings, 0, version))?;
        }
        // SAFETY: it was set up by the call above.
        let mut encoder = Self(unsafe { context.assume_init() });
        let [primaries, transfer, matrix] = SRGB.map(c_int::from);
        for (control, value) in [
            (sys::aome_enc_control_id_AOME_SET_CPUUSED, c_int::from(options.speed.min(9))),
            (sys::aome_enc_control_id_AOME_SET_CQ_LEVEL, c_int::from(options.quantiser.min(COARSEST))),
            (sys::aome_enc_control_id_AV1E_SET_ROW_MT, 1),
            (sys::aome_enc_control_id_AV1E_SET_COLOR_RANGE, 1),
            (sys::aome_enc_control_id_AV1E_SET_COLOR_PRIMARIES, primaries),
            (sys::aome_enc_control_id_AV1E_SET_TRANSFER_CHARACTERISTICS, transfer),
            (sys::aome_enc_control_id_AV1E_SET_MATRIX_COEFFICIENTS, matrix),
        ] {
            // SAFETY: each of these controls takes one int.
            checked(unsafe { sys::aom_codec_control(&raw mut encoder.0, control as c_int, value) })?;
        }
        Ok(encoder)
    }

    /// Hands in a picture, or says that there are no more.
    fn put(&mut self, image: Option<&sys::aom_image_t>) -> Result<(), Error> {
        let image = image.map_or(ptr::null(), ptr::from_ref);
        // SAFETY: the encoder was set up; the image's planes are borrowed for as long as this call, which copies them.
        checked(unsafe { sys::aom_codec_encode(&raw mut self.0, image, 0, 1, 0) })
    }

    /// What was encoded since the last call.
    fn packets(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut seen: sys::aom_codec_iter_t = ptr::null();
        // SAFETY: libaom's packets stay where they are until the next picture is put in.
        while let Some(packet) =
            unsafe { sys::aom_codec_get_cx_data(&raw mut self.0, &raw mut seen).as_ref() }
        {
            if packet.kind == sys::aom_codec_cx_pkt_kind_AOM_CODEC_CX_FRAME_PKT {
                // SAFETY: a packet of this kind has these fields, and its buffer as many bytes as it says.
                bytes.extend(unsafe {
                    std::slice::from_raw_parts(packet.data.frame.buf.cast::<u8>(), packet.data.frame.sz)
                });
            }
        }
        bytes
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: it was set up, and is not used any more.
        unsafe { sys::aom_codec_destroy(&raw mut self.0) };
    }
}

impl Picture<'_> {
    /// Settings of one picture, all of it at one quality.
    fn settle(&self, settings: &mut sys::aom_codec_enc_cfg_t, options: &Options) {
        settings.g_profile = c_uint::from(self.is_full());
        settings.g_w = self.width;
        settings.g_h = self.height;
        settings.g_threads = options.threads.max(1);
        settings.g_limit = 1;
        settings.g_lag_in_frames = 0;
        settings.monochrome = c_uint::from(self.chroma.is_none());
        settings.rc_end_usage = sys::aom_rc_mode_AOM_Q;
        settings.kf_mode = sys::aom_kf_mode_AOM_KF_DISABLED;
        settings.kf_max_dist = 0;
    }
}

fn checked(code: sys::aom_codec_err_t) -> Result<(), Error> {
    if code == sys::aom_codec_err_t_AOM_CODEC_OK {
        return Ok(());
    }
    // SAFETY: libaom has a constant text for every code.
    let text = unsafe { CStr::from_ptr(sys::aom_codec_err_to_string(code)) };
    Err(Error::Aom(text.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(width: u32, height: u32, halved: bool, quantiser: u8, threads: u32) -> Vec<u8> {
        let pixels = (width * height) as usize;
        let chroma = if halved { (width.div_ceil(2) * height.div_ceil(2)) as usize } else { pixels };
        let noise = |seed: usize, length: usize| -> Vec<u8> {
            (0..length).map(|index| (index.wrapping_mul(2_654_435_761 + seed) >> 7) as u8 / 3).collect()
        };
        let (luma, blue, red) = (noise(1, pixels), noise(2, chroma), noise(3, chroma));
        let chroma = Some(Chroma { blue: &blue, red: &red, halved });
        let picture = Picture { width, height, luma: &luma, chroma };
        encode(&picture, &Options { quantiser, speed: 9, threads }).unwrap()
    }

    #[test]
    fn every_size_is_encoded_and_coarser_is_smaller() {
        for (width, height) in [(1, 1), (1, 9), (17, 3), (64, 64), (130, 75)] {
            for halved in [false, true] {
                // A sequence header is first.
                assert_eq!(encoded(width, height, halved, 20, 1)[0] >> 3, 1, "{width} × {height}");
            }
        }
        assert!(encoded(200, 200, true, 50, 1).len() * 2 < encoded(200, 200, true, 10, 1).len());
    }

    #[test]
    fn the_result_does_not_depend_on_the_threads() {
        assert_eq!(encoded(700, 500, true, 30, 1), encoded(700, 500, true, 30, 3));
    }

    #[test]
    fn planes_of_another_size_are_refused() {
        let options = Options { quantiser: 20, speed: 9, threads: 1 };
        let picture = Picture { width: 4, height: 4, luma: &[0; 15], chroma: None };
        assert_eq!(encode(&picture, &options), Err(Error::Planes));
        let chroma = Some(Chroma { blue: &[0; 4], red: &[0; 3], halved: true });
        assert_eq!(encode(&Picture { luma: &[0; 16], chroma, ..picture }, &options), Err(Error::Planes));
        assert_eq!(
            encode(&Picture { width: 0, height: 4, luma: &[], chroma: None }, &options),
            Err(Error::Planes)
        );
    }
}
