//! What the samples of a page are, and all of them in one piece.

use std::io::Cursor;

use tiff::decoder::ifd::Value;
use tiff::decoder::{ChunkType, Decoder};
use tiff::tags::{CompressionMethod, SampleFormat, Tag};
use tiff::{ColorType, TiffError};

use crate::context::Context;
use crate::limits::Limits;
use crate::probe::walk::Walk;
use crate::probe::{Header, jpeg};
use crate::refusal::{Refusal, RefusalCode};

/// The longest value of a tag that is read, in numbers: a colour profile, the places of the strips.
const LONGEST_VALUE: usize = 2 << 20;
/// Samples of a pixel, at most; more are measurements, not a picture.
const MOST_SAMPLES: u16 = 8;
/// Values of the tag `ExtraSamples`.
const ASSOCIATED: u16 = 1;
const UNASSOCIATED: u16 = 2;

/// What the colours of a pixel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Grey,
    Palette,
    Rgb,
    Inks,
    Ycc,
}

/// What stands behind the colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    /// Nothing, or nothing that is known here.
    None,
    /// Alpha, as in a frame.
    Straight,
    /// Alpha, and the colours are multiplied by it.
    Premultiplied,
}

/// A file whose first page can be read.
pub(super) struct Page<'a> {
    decoder: Decoder<Cursor<&'a [u8]>>,
    input: &'a [u8],
    width: usize,
    height: usize,
    layout: Layout,
    pub colour: Colour,
    pub alpha: Alpha,
    /// Bits of a sample: 1, 2, 4, 8 or 16.
    pub bits: u8,
}

/// How samples lie in the file.
#[derive(Clone, Copy)]
struct Layout {
    /// Samples of a pixel.
    stored: usize,
    /// Samples of a pixel that are wanted, the first ones.
    kept: usize,
    /// Each kind of sample by itself, instead of pixel by pixel.
    planar: bool,
}

impl<'a> Page<'a> {
    /// Reads the first directory, and holds what it says against the limits. `palette` says that numbers of colours
    /// are written where grey is claimed.
    pub fn open(input: &'a [u8], palette: bool, header: &Header, limits: &Limits) -> Result<Self, Refusal> {
        let mut allowed = tiff::decoder::Limits::unlimited();
        // It takes memory for as many values as a tag says that it has, under the name of this limit.
        allowed.decoding_buffer_size = LONGEST_VALUE * size_of::<Value>();
        let mut decoder = Decoder::new(Cursor::new(input)).map_err(refused)?.with_limits(allowed);
        if decoder.dimensions().map_err(refused)? != (header.width, header.height) {
            return Err(Refusal::broken("the TIFF file says two sizes"));
        }
        let (colour, stored, bits) = colours(&mut decoder, palette)?;
        let deep = bits == 16 && !matches!(colour, Colour::Palette | Colour::Ycc);
        let shallow = matches!(bits, 1 | 2 | 4) && matches!(colour, Colour::Grey | Colour::Palette);
        if !(bits == 8 || deep || shallow) {
            return Err(unsupported("TIFF of this depth"));
        }
        let extra: Vec<u16> = numbers(&mut decoder, Tag::ExtraSamples)?;
        let planar = numbers(&mut decoder, Tag::PlanarConfiguration)?.first() == Some(&2);
        let (alpha, kept) = kept(colour, stored, &extra);
        let layout = Layout { stored, kept, planar };
        let (width, height) = (header.width as usize, header.height as usize);
        let mut page = Self { decoder, input, width, height, layout, colour, alpha, bits };
        page.check_chunks(limits)?;
        Ok(page)
    }

    /// Tiles can be larger than the picture, and a JPEG picture in them can be of any size.
    fn check_chunks(&mut self, limits: &Limits) -> Result<(), Refusal> {
        let (width, height) = self.decoder.chunk_dimensions();
        let tags = match self.decoder.get_chunk_type() {
            ChunkType::Tile => {
                limits.check_input(width, height, 1)?;
                [Tag::TileOffsets, Tag::TileByteCounts]
            }
            ChunkType::Strip => [Tag::StripOffsets, Tag::StripByteCounts],
        };
        let compression = numbers(&mut self.decoder, Tag::Compression)?;
        if compression.first() != Some(&CompressionMethod::ModernJPEG.to_u16()) {
            return Ok(());
        }
        let [starts, lengths] = tags.map(|tag| self.decoder.get_tag_u64_vec(tag).map_err(refused));
        for (start, length) in starts?.into_iter().zip(lengths?) {
            let piece = usize::try_from(start).ok().and_then(|start| self.input.get(start..));
            let piece = piece.and_then(|rest| rest.get(..usize::try_from(length).ok()?));
            let piece = piece.ok_or_else(|| Refusal::broken("the TIFF file ends too early"))?;
            let claimed = jpeg::header(&mut Walk::new(Cursor::new(piece), length), limits)?;
            if claimed.width > width || claimed.height > height || !jpeg::is_complete(piece) {
                return Err(Refusal::broken("a JPEG picture in the TIFF file does not fit"));
            }
        }
        Ok(())
    }

    /// The samples of all pixels, as `sample` finds them in a row of the file by their number.
    pub fn gather<T: Copy + Default>(
        &mut self,
        sample: impl Fn(&[u8], usize) -> T,
        context: &Context<'_>,
    ) -> Result<Vec<T>, Refusal> {
        let Layout { stored, kept, planar } = self.layout;
        let (chunk_width, chunk_height) = self.decoder.chunk_dimensions();
        let (chunk_width, chunk_height) = (chunk_width as usize, chunk_height as usize);
        let (across, down) = (self.width.div_ceil(chunk_width), self.height.div_ceil(chunk_height));
        let mut samples = vec![T::default(); self.width * self.height * kept];
        let mut chunk = Vec::new();
        for index in 0..across * down * if planar { kept } else { 1 } {
            context.check()?;
            let (plane, place) = (index / (across * down), index % (across * down));
            let (left, top) = (place % across * chunk_width, place / across * chunk_height);
            let (width, rows) = self.decoder.chunk_data_dimensions(index as u32);
            let stride = self.read_chunk(index as u32, &mut chunk)?;
            for (y, row) in chunk.chunks_exact(stride).take(rows as usize).enumerate() {
                let start = ((top + y) * self.width + left) * kept;
                let pixels = samples[start..start + width as usize * kept].chunks_exact_mut(kept);
                for (x, pixel) in pixels.enumerate() {
                    if planar {
                        pixel[plane] = sample(row, x);
                        continue;
                    }
                    for (channel, value) in pixel.iter_mut().enumerate() {
                        *value = sample(row, x * stored + channel);
                    }
                }
            }
        }
        Ok(samples)
    }

    /// Fills `chunk` with a strip or tile, and gives the bytes of a row.
    fn read_chunk(&mut self, index: u32, chunk: &mut Vec<u8>) -> Result<usize, Refusal> {
        let layout = self.decoder.image_chunk_buffer_layout(index).map_err(refused)?;
        chunk.resize(layout.len, 0);
        self.decoder.read_chunk_bytes(index, chunk).map_err(refused)?;
        Ok(layout.row_stride.map_or(1, std::num::NonZeroUsize::get))
    }

    /// The colours of a palette, which are of 16 bits; some writers give them 8. (libtiff takes them so too.)
    pub fn palette(&mut self) -> Result<Vec<[u8; 3]>, Refusal> {
        let map = numbers(&mut self.decoder, Tag::ColorMap)?;
        let small = map.iter().all(|&value| value < 256);
        let sample = |value: u16| if small { value as u8 } else { crate::frame::narrow(value) };
        let count = 1 << self.bits;
        if map.len() != 3 * count {
            return Err(Refusal::broken("the palette of the TIFF file is not of its length"));
        }
        let (reds, rest) = map.split_at(count);
        let (greens, blues) = rest.split_at(count);
        let colours = reds.iter().zip(greens).zip(blues);
        Ok(colours.map(|((&red, &green), &blue)| [red, green, blue].map(sample)).collect())
    }

    /// The embedded colour profile.
    pub fn profile(&mut self) -> Option<Vec<u8>> {
        self.decoder.get_tag_u8_vec(Tag::IccProfile).ok()
    }
}

/// The numbers of a tag; none if there is no such tag.
fn numbers(decoder: &mut Decoder<Cursor<&[u8]>>, tag: Tag) -> Result<Vec<u16>, Refusal> {
    Ok(decoder.find_tag_unsigned_vec(tag).map_err(refused)?.unwrap_or_default())
}

/// What the colours are, how many samples a pixel has, and how many bits a sample.
fn colours(decoder: &mut Decoder<Cursor<&[u8]>>, palette: bool) -> Result<(Colour, usize, u8), Refusal> {
    let unsigned = SampleFormat::Uint.to_u16();
    let measured = numbers(decoder, Tag::SampleFormat)?.iter().any(|&format| format != unsigned);
    let samples = numbers(decoder, Tag::SamplesPerPixel)?.first().copied().unwrap_or(1);
    if measured || samples > MOST_SAMPLES {
        return Err(unsupported("TIFF of this many or this kind of samples"));
    }
    Ok(match decoder.colortype().map_err(refused)? {
        ColorType::Gray(bits) if palette => (Colour::Palette, 1, bits),
        ColorType::Gray(bits) => (Colour::Grey, 1, bits),
        ColorType::Multiband { bit_depth, num_samples } if !palette => {
            (Colour::Grey, usize::from(num_samples), bit_depth)
        }
        ColorType::RGB(bits) => (Colour::Rgb, 3, bits),
        ColorType::RGBA(bits) => (Colour::Rgb, 4, bits),
        ColorType::CMYK(bits) => (Colour::Inks, 4, bits),
        ColorType::CMYKA(bits) => (Colour::Inks, 5, bits),
        ColorType::YCbCr(bits) => (Colour::Ycc, 3, bits),
        _ => return Err(unsupported("TIFF of this kind of colours")),
    })
}

/// What the samples behind the colours mean, and how many are wanted. (TIFF 6.0, section 18.)
fn kept(colour: Colour, stored: usize, extra: &[u16]) -> (Alpha, usize) {
    let colours = match colour {
        Colour::Grey | Colour::Palette => 1,
        Colour::Rgb | Colour::Ycc => 3,
        Colour::Inks => 4,
    };
    let alpha = match (colour, extra) {
        _ if stored == colours => Alpha::None,
        (Colour::Grey | Colour::Rgb, [ASSOCIATED, ..]) => Alpha::Premultiplied,
        // Not a few writers forget to say what the fourth sample is.
        (Colour::Grey | Colour::Rgb, [UNASSOCIATED, ..]) | (Colour::Rgb, []) => Alpha::Straight,
        _ => Alpha::None,
    };
    (alpha, colours + usize::from(alpha != Alpha::None))
}

fn unsupported(what: &str) -> Refusal {
    Refusal::new(RefusalCode::UnsupportedFormat, format!("{what} is not read here"))
}

fn refused(error: TiffError) -> Refusal {
    let detail = format!("the TIFF file cannot be decoded: {error}");
    match error {
        TiffError::UnsupportedError(_) => Refusal::new(RefusalCode::UnsupportedFormat, detail),
        _ => Refusal::broken(detail),
    }
}
