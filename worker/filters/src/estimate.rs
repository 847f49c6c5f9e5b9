//! What a chain will cost on an image, known before anything is decoded.

use serde::{Deserialize, Serialize};

use crate::chain::{Chain, Link};
use crate::encoding::{Effort, Encoding};
use crate::filter::{Animation, PointFilter, Step};
use crate::format::Format;
use crate::graph::Graph;
use crate::limits::Limits;
use crate::plan::fuse;
use crate::probe::ImageInfo;
use crate::refusal::{Refusal, RefusalCode};
use crate::segments::{Named, Segment, filters_palette, segments};

/// Cost of one chain on one image, decoding and encoding included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Milliseconds on one core.
    pub cost_ms: f64,
    /// Bytes of memory at the peak, beside the input.
    pub memory_bytes: u64,
    /// Width of the result in pixels.
    pub width: u32,
    /// Height of the result in pixels.
    pub height: u32,
}

/// What every job costs beside its pixels, in milliseconds.
const JOB_MS: f64 = 0.3;
/// What a pass over a megapixel costs by itself, in milliseconds: loading and storing.
const PASS_MS: f64 = 0.8;
/// What one more operation of a fused run costs on a megapixel, in milliseconds.
const OPERATION_MS: f64 = 0.04;
/// Bytes of a pixel in memory: four channels, and twice that between steps, where samples have 16 bits.
const PIXEL_BYTES: u64 = 4;
const WIDE_PIXEL_BYTES: u64 = 2 * PIXEL_BYTES;
/// Bytes of memory that every job takes: code, and the huge pages that the allocator begins.
const JOB_BYTES: u64 = 8 << 20;

/// Estimates a chain, and refuses what can be known to be impossible from the headers alone.
///
/// # Errors
/// `ImpossibleChain`, `OutputTooLarge`, `OutputDimensionTooLarge`, `AnimationNotSupported`, or what [`Limits::check_input`] says.
pub fn estimate(
    chain: &Chain,
    image: &ImageInfo,
    encoding: &Encoding,
    limits: &Limits,
) -> Result<Estimate, Refusal> {
    let output = encoding.format_of(image.format);
    limits.check_input(image.width, image.height, image.frames)?;
    refuse_animation(chain, image, output)?;
    if filters_palette(chain, image, output) {
        return Ok(of_palette(image));
    }
    let mut size = (image.width, image.height);
    let mut frame_ms = decode_ms(image.format) * megapixels(size);
    let mut peak = pixels(size) * PIXEL_BYTES;
    for segment in segments(chain.links()) {
        match segment {
            Segment::Points(points) => {
                frame_ms += points_ms(&points, size);
                peak = peak.max(pixels(size) * (PIXEL_BYTES + WIDE_PIXEL_BYTES));
            }
            Segment::Stage(Named { step: stage, .. }) => {
                frame_ms += stage.cost_ms(size);
                let result = stage.output_size(size, limits)?;
                limits.check_output(result.0, result.1, image.frames)?;
                let frames = (pixels(size) + pixels(result)) * WIDE_PIXEL_BYTES;
                peak = peak.max(frames + stage.scratch_bytes(size));
                size = result;
            }
        }
    }
    limits.check_result(size.0, size.1)?;
    frame_ms += encode_ms(output, Effort::of(encoding.effort)) * megapixels(size);
    peak = peak.max(pixels(size) * (PIXEL_BYTES + encoder_bytes(output)));
    // The decoder keeps the canvas of an animation, and the encoder the frames it has written in their small form.
    let canvas = if image.frames > 1 { 2 * pixels((image.width, image.height)) * PIXEL_BYTES } else { 0 };
    let written = u64::from(image.frames) * pixels(size);
    Ok(Estimate {
        cost_ms: JOB_MS + f64::from(image.frames) * frame_ms,
        memory_bytes: allocated(pixels((image.width, image.height)) * PIXEL_BYTES + peak + canvas + written),
        width: size.0,
        height: size.1,
    })
}

/// What it costs to read numbers of a palette and to write them again; the palette itself is next to nothing.
fn of_palette(image: &ImageInfo) -> Estimate {
    let size = (image.width, image.height);
    let frame_ms = palette_ms(image.format) * megapixels(size);
    let written = u64::from(image.frames) * pixels(size);
    Estimate {
        cost_ms: JOB_MS + f64::from(image.frames) * frame_ms,
        memory_bytes: allocated(pixels(size) * (PIXEL_BYTES + encoder_bytes(image.format)) + written),
        width: image.width,
        height: image.height,
    }
}

fn refuse_animation(chain: &Chain, image: &ImageInfo, output: Format) -> Result<(), Refusal> {
    if image.frames <= 1 {
        return Ok(());
    }
    let code = RefusalCode::AnimationNotSupported;
    if !output.animates() {
        let detail =
            format!("an animation of {} frames cannot be written as {}", image.frames, output.name());
        return Err(Refusal::new(code, detail));
    }
    match still_only(chain.links()) {
        Some(link) => Err(Refusal::new(code, format!("`{}` knows only still images", link.filter.name))),
        None => Ok(()),
    }
}

/// The first filter that refuses animations.
fn still_only(links: &[Link]) -> Option<&Link> {
    links.iter().find_map(|link| match &link.step {
        _ if link.filter.animation == Animation::Refused => Some(link),
        Step::Chain(links) => still_only(links),
        _ => None,
    })
}

/// The time of a run of point filters: the pass over the pixels, and the operations that are left when constants are
/// folded and what occurs twice is shared.
fn points_ms(points: &[Named<PointFilter>], size: (u32, u32)) -> f64 {
    let mut rest = points;
    let mut cost = 0.0;
    while !rest.is_empty() {
        let mut graph = Graph::new();
        let (_, taken) = fuse(&mut graph, rest, size, false);
        rest = &rest[taken..];
        cost += PASS_MS + OPERATION_MS * graph.len() as f64;
    }
    cost * megapixels(size)
}

fn pixels(size: (u32, u32)) -> u64 {
    u64::from(size.0) * u64::from(size.1)
}

fn megapixels(size: (u32, u32)) -> f64 {
    pixels(size) as f64 / 1e6
}

/// Memory that a job takes for the bytes that it uses: a quarter more is between them, or kept for the next ones.
fn allocated(used: u64) -> u64 {
    JOB_BYTES + used + used / 4
}

/// Bytes that an encoder takes beside the frame, for each pixel: what does not compress is written as it is, into a
/// file that is moved when it grows.
fn encoder_bytes(format: Format) -> u64 {
    match format {
        Format::Jpeg => 2,
        Format::Gif => 8,
        Format::Png | Format::WebP | Format::Tiff | Format::Bmp => 16,
        Format::Avif => 28,
    }
}

/// Milliseconds to decode a megapixel of a photograph, a first estimate on one core of a server of 2023.
fn decode_ms(format: Format) -> f64 {
    match format {
        Format::Jpeg => 6.0,
        Format::Png => 12.0,
        Format::Gif => 10.0,
        Format::WebP => 14.0,
        Format::Tiff => 11.0,
        Format::Bmp => 3.0,
        Format::Avif => 0.0,
    }
}

/// Milliseconds to read and write a megapixel of numbers of a palette, where the palette alone is filtered.
fn palette_ms(format: Format) -> f64 {
    if format == Format::Gif { 40.0 } else { 30.0 }
}

/// Milliseconds to encode a megapixel of a photograph, a first estimate on one core of a server of 2023.
fn encode_ms(format: Format, effort: Effort) -> f64 {
    match format {
        Format::Jpeg => effort.choose([3.0, 3.0, 3.0, 5.0, 5.0, 12.0, 12.0]),
        Format::Png => effort.choose([10.0, 20.0, 20.0, 210.0, 500.0, 1_150.0, 2_000.0]),
        Format::Gif => 60.0,
        Format::WebP => effort.choose([30.0, 30.0, 60.0, 105.0, 110.0, 130.0, 180.0]),
        Format::Tiff => effort.choose([40.0, 40.0, 40.0, 400.0, 400.0, 700.0, 700.0]),
        Format::Bmp => 3.0,
        Format::Avif => effort.choose([80.0, 80.0, 150.0, 250.0, 450.0, 2_050.0, 2_150.0]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    fn photo(frames: u32, format: Format) -> ImageInfo {
        ImageInfo { format, width: 1920, height: 1200, frames, palette: format == Format::Gif }
    }

    fn cost(chain: &str) -> f64 {
        let chain = check(chain).unwrap();
        estimate(&chain, &photo(1, Format::Jpeg), &Format::Jpeg.into(), &Limits::default()).unwrap().cost_ms
    }

    #[test]
    fn longer_chains_cost_more_and_more_pixels_too() {
        assert!(cost("") < cost("grayscale"));
        assert!(cost("grayscale") < cost("saturation(10)|hue(20)|contrast(30)|gamma(2)"));
        let chain = check("sepia").unwrap();
        let large = ImageInfo { width: 3840, ..photo(1, Format::Jpeg) };
        let small =
            estimate(&chain, &photo(1, Format::Jpeg), &Format::Jpeg.into(), &Limits::default()).unwrap();
        let large = estimate(&chain, &large, &Format::Jpeg.into(), &Limits::default()).unwrap();
        assert!(large.cost_ms > 1.9 * small.cost_ms);
        assert!(large.memory_bytes > small.memory_bytes);
        assert_eq!((small.width, small.height), (1920, 1200));
    }

    #[test]
    fn avif_costs_more_than_webp() {
        let cost = |output: Format| {
            estimate(&check("").unwrap(), &photo(1, Format::Jpeg), &output.into(), &Limits::default())
                .unwrap()
        };
        let (avif, webp) = (cost(Format::Avif), cost(Format::WebP));
        assert!(avif.cost_ms > webp.cost_ms && avif.memory_bytes > webp.memory_bytes);
    }

    #[test]
    fn more_effort_costs_no_less() {
        for format in Format::ALL {
            let cost = |effort| {
                let encoding = Encoding { effort, ..format.into() };
                let photo = photo(1, Format::Jpeg);
                estimate(&check("").unwrap(), &photo, &encoding, &Limits::default()).unwrap().cost_ms
            };
            assert!((2..=7).all(|effort| cost(Some(effort)) >= cost(Some(effort - 1))), "{}", format.name());
            assert_eq!(cost(None), cost(Some(3)));
        }
    }

    #[test]
    fn a_palette_costs_less_than_the_pixels() {
        let cost = |chain: &str, output: Format| {
            let chain = check(chain).unwrap();
            estimate(&chain, &photo(9, Format::Gif), &output.into(), &Limits::default()).unwrap()
        };
        let (palette, pixels) = (cost("sepia", Format::Gif), cost("sepia|blur(1)", Format::Gif));
        assert!(palette.cost_ms * 1.5 < pixels.cost_ms && palette.memory_bytes < pixels.memory_bytes);
        assert!(cost("sepia", Format::WebP).cost_ms > 1.5 * palette.cost_ms);
    }

    #[test]
    fn animations_need_a_format_for_them() {
        let chain = check("grayscale").unwrap();
        let limits = Limits::default();
        let refusal = estimate(&chain, &photo(5, Format::Gif), &Format::Jpeg.into(), &limits).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::AnimationNotSupported);
        assert!(estimate(&chain, &photo(5, Format::Gif), &Format::WebP.into(), &limits).is_ok());
    }
}
