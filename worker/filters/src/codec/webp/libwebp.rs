//! One picture through libwebp's encoder; the only place that speaks with C here.

use libwebp_sys as webp;

use crate::encoding::Settings;
use crate::frame::Frame;
use crate::refusal::Refusal;

/// The encoder's method for each effort. On photographs 2 takes half the time of the customary 4 for 3 to 4 % more bytes.
const METHODS: [i32; 7] = [0, 1, 2, 3, 4, 5, 6];

/// Encodes an 8-bit frame as a WebP file.
pub(super) fn encode(frame: &Frame, settings: &Settings) -> Result<Vec<u8>, Refusal> {
    let failed = |what: &str| Refusal::internal(format!("libwebp: {what}"));
    let mut config = webp::WebPConfig::new().map_err(|()| failed("no configuration"))?;
    config.quality = f32::from(settings.quality);
    config.method = settings.effort.choose(METHODS);
    config.thread_level = 0;
    let mut picture = Picture::new().ok_or_else(|| failed("no picture"))?;
    picture.import(frame)?;
    let mut writer = Writer::new();
    picture.0.writer = Some(webp::WebPMemoryWrite);
    picture.0.custom_ptr = (&raw mut writer.0).cast();
    // SAFETY: both structures were set up by libwebp; `writer` outlives the call and is what WebPMemoryWrite expects
    // behind `custom_ptr`.
    let done = unsafe { webp::WebPEncode(&raw const config, &raw mut picture.0) };
    if done == 0 {
        return Err(failed(&format!("{:?}", picture.0.error_code)));
    }
    Ok(writer.bytes().to_vec())
}

/// A picture that frees its planes.
struct Picture(webp::WebPPicture);

impl Picture {
    fn new() -> Option<Self> {
        webp::WebPPicture::new().ok().map(Self)
    }

    /// Copies the pixels in.
    fn import(&mut self, frame: &Frame) -> Result<(), Refusal> {
        let too_large = |_| Refusal::internal("libwebp: the picture is too large");
        self.0.width = i32::try_from(frame.width).map_err(too_large)?;
        self.0.height = i32::try_from(frame.height).map_err(too_large)?;
        let stride = i32::try_from(frame.row()).map_err(too_large)?;
        let samples = frame.bytes()?.as_ptr();
        // SAFETY: a frame has height × row() samples, which is what libwebp reads by the sizes set above, and it
        // copies them.
        let done = unsafe {
            if frame.alpha {
                webp::WebPPictureImportRGBA(&raw mut self.0, samples, stride)
            } else {
                webp::WebPPictureImportRGB(&raw mut self.0, samples, stride)
            }
        };
        if done == 0 { Err(Refusal::internal("libwebp: no memory for the picture")) } else { Ok(()) }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: the picture was set up by libwebp, and is freed once.
        unsafe { webp::WebPPictureFree(&raw mut self.0) }
    }
}

/// Memory that libwebp writes to, and owns.
struct Writer(webp::WebPMemoryWriter);

impl Writer {
    fn new() -> Self {
        let mut writer =
            webp::WebPMemoryWriter { mem: std::ptr::null_mut(), size: 0, max_size: 0, pad: [0; 1] };
        // SAFETY: the structure is plain data, which the call sets up.
        unsafe { webp::WebPMemoryWriterInit(&raw mut writer) };
        Self(writer)
    }

    fn bytes(&self) -> &[u8] {
        if self.0.mem.is_null() {
            return &[];
        }
        // SAFETY: libwebp has written `size` bytes at `mem`, which stays until drop.
        unsafe { std::slice::from_raw_parts(self.0.mem, self.0.size) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // SAFETY: the writer was set up by libwebp, and is cleared once.
        unsafe { webp::WebPMemoryWriterClear(&raw mut self.0) }
    }
}
