//! What comes of filtering a palette is what comes of filtering every pixel.

use std::borrow::Cow;

use gif::DisposalMethod::{Background, Keep, Previous};
use png::{BitDepth, ColorType};

use super::*;
use crate::chain::check;
use crate::plan::{Plan, Shape};

const GLOBAL: [u8; 12] = [250, 10, 20, 30, 240, 50, 60, 70, 230, 200, 200, 90];
const OWN: [u8; 6] = [0, 0, 0, 120, 130, 140];

/// A frame of a GIF file of this place and size; its pixels count through all numbers below `numbers`.
fn part([left, top, width, height]: [u16; 4], numbers: usize) -> gif::Frame<'static> {
    let pixels = usize::from(width) * usize::from(height);
    let buffer = (0..pixels).map(|index| (index * 7 / 3 % numbers) as u8).collect();
    gif::Frame { left, top, width, height, buffer: Cow::Owned(buffer), delay: left + 3, ..Default::default() }
}

fn gif(parts: &[gif::Frame<'_>]) -> Vec<u8> {
    let mut encoder = gif::Encoder::new(Vec::new(), 20, 16, &GLOBAL).unwrap();
    encoder.set_repeat(gif::Repeat::Finite(4)).unwrap();
    parts.iter().for_each(|part| encoder.write_frame(part).unwrap());
    encoder.into_inner().unwrap()
}

/// Frames that overlay, are cleared away and taken back, lie partly or wholly outside, have their own colours or
/// numbers without one.
fn animation() -> Vec<u8> {
    let own = || Some(OWN.to_vec());
    gif(&[
        part([2, 1, 15, 14], 4),
        gif::Frame { dispose: Previous, transparent: Some(1), ..part([0, 0, 20, 16], 3) },
        gif::Frame { dispose: Background, palette: own(), ..part([5, 5, 9, 8], 2) },
        gif::Frame { dispose: Keep, palette: own(), transparent: Some(0), ..part([12, 9, 30, 20], 2) },
        gif::Frame { palette: own(), ..part([1, 1, 8, 8], 9) },
        gif::Frame { transparent: Some(2), dispose: Background, ..part([4, 3, 8, 8], 7) },
        gif::Frame { dispose: Background, ..part([30, 20, 4, 4], 2) },
        gif::Frame { transparent: Some(200), ..part([0, 8, 9, 3], 5) },
        part([3, 3, 2, 2], 4),
    ])
}

/// A PNG of 21 × 9 whose pixels count through all numbers that `depth` has, with these colours.
fn png(depth: BitDepth, colours: usize, alphas: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 21, 9);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(depth);
    encoder.set_palette((0..colours * 3).map(|index| (index * 37) as u8).collect::<Vec<u8>>());
    if !alphas.is_empty() {
        encoder.set_trns(alphas.to_vec());
    }
    let row = (21 * depth as usize).div_ceil(8);
    let rows: Vec<u8> = (0..row * 9).map(|index| (index * 73) as u8).collect();
    encoder.write_header().unwrap().write_image_data(&rows).unwrap();
    file
}

/// The frames of a file with a chain run over all their pixels.
fn by_pixels(input: &[u8], chain: &str) -> Vec<TimedFrame> {
    let chain = check(chain).unwrap();
    let filter = |timed: TimedFrame| {
        let plan = Plan::new(chain.links(), Shape::of(&timed.frame), false, &Limits::default());
        let frame = plan.unwrap().run(timed.frame, &Context::unlimited(1)).unwrap();
        TimedFrame { frame, ..timed }
    };
    frames(input).into_iter().map(filter).collect()
}

/// What is seen: nothing of the colours where nothing shows.
fn seen(timed: &TimedFrame) -> (Vec<u8>, u32) {
    let Samples::U8(mut samples) = timed.frame.clone().with_alpha().samples else { unreachable!() };
    samples.chunks_mut(4).filter(|pixel| pixel[3] == 0).for_each(|pixel| pixel.fill(0));
    (samples, timed.delay_ms)
}

/// Filters, and demands that the palette was filtered in place of the pixels if and only if `palette`.
fn filtered(input: &[u8], chain: &str, palette: bool) -> Output {
    let info = crate::probe(input, &Limits::default()).unwrap();
    assert_eq!(filters_palette(&check(chain).unwrap(), &info, info.format), palette, "{chain}");
    process(&job(input, &chains(&[chain]))).unwrap().remove(0).unwrap()
}

const CHAINS: [&str; 4] =
    ["", "invert", "hue(40)|contrast(30)|equation(r = g*b)", "sepia|gamma(2.2)|posterize(5)"];

#[test]
fn an_animation_with_new_palettes_shows_the_filtered_pixels() {
    let input = animation();
    for chain in CHAINS {
        let output = filtered(&input, chain, true);
        assert_eq!((output.width, output.height, output.frames), (20, 16, 9));
        let (got, wanted) = (frames(&output.bytes), by_pixels(&input, chain));
        assert_eq!(got.len(), wanted.len());
        for (index, (got, wanted)) in got.iter().zip(&wanted).enumerate() {
            assert!(seen(got) == seen(wanted), "{chain}: frame {index}");
        }
        let (_, decoder) = codec::open(&output.bytes, &Limits::default()).unwrap();
        assert_eq!(decoder.plays(), Plays::Times(5));
        assert!(output.bytes.len() < input.len() + 20, "{} of {}", output.bytes.len(), input.len());
    }
}

#[test]
fn alpha_that_a_gif_cannot_hold_goes_the_ordinary_way() {
    let input = animation();
    for chain in ["opacity(0.6)", "opacity(0.2)", "equation(a = 1)"] {
        let output = filtered(&input, chain, false);
        let wanted = by_pixels(&input, chain);
        for (got, wanted) in frames(&output.bytes).iter().zip(&wanted) {
            let alphas = |timed: &TimedFrame| {
                seen(timed).0.chunks(4).map(|pixel| pixel[3] >= 128).collect::<Vec<bool>>()
            };
            assert_eq!(alphas(got), alphas(wanted), "{chain}");
        }
    }
}

#[test]
fn a_png_with_a_new_palette_shows_the_filtered_pixels() {
    let files = [
        png(BitDepth::Eight, 256, &[]),
        png(BitDepth::Eight, 200, &[0, 90, 255, 7]),
        png(BitDepth::Four, 16, &[255, 0]),
        png(BitDepth::Four, 5, &[]),
        png(BitDepth::Two, 4, &[10, 20, 30, 40]),
        png(BitDepth::One, 2, &[]),
        png(BitDepth::One, 1, &[0]),
    ];
    for (index, input) in files.iter().enumerate() {
        for chain in CHAINS.into_iter().chain(["opacity(0.35)", "equation(a = r, r = a)"]) {
            let output = filtered(input, chain, true);
            let (got, wanted) = (frames(&output.bytes), by_pixels(input, chain));
            assert!(seen(&got[0]) == seen(&wanted[0]), "{chain}: file {index}");
            assert_eq!(output.bytes[24..26], input[24..26], "depth and kind of pixels");
        }
    }
}

#[test]
fn chains_of_both_kinds_share_an_input() {
    let input = animation();
    let chains = chains(&["invert", "flip", "nonsense", "", "opacity(0.5)"]);
    let results = process(&job(&input, &chains)).unwrap();
    assert_eq!(results[0].as_ref().unwrap().bytes, filtered(&input, "invert", true).bytes);
    assert_eq!(results[1].as_ref().unwrap().bytes, filtered(&input, "flip", false).bytes);
    assert_eq!(results[2].as_ref().unwrap_err().code, RefusalCode::ImpossibleChain);
    assert_eq!(results[3].as_ref().unwrap().bytes, filtered(&input, "", true).bytes);
    assert_eq!(results[4].as_ref().unwrap().bytes, filtered(&input, "opacity(0.5)", false).bytes);
}

#[test]
fn broken_files_are_refused_as_before() {
    for input in [animation(), png(BitDepth::Eight, 200, &[0]), png(BitDepth::Two, 4, &[])] {
        for length in 0..input.len() {
            for flip in [0, 0x55] {
                let mut broken = input[..length + usize::from(flip > 0)].to_vec();
                if flip > 0 {
                    broken[length] ^= flip;
                    broken.extend(&input[length + 1..]);
                }
                let code = |chain: &str| match process(&job(&broken, &chains(&[chain]))) {
                    Ok(results) => results[0].as_ref().err().map(|refusal| refusal.code),
                    Err(refusal) => Some(refusal.code),
                };
                assert_eq!(code("invert"), code("invert|flip|flip"), "{length}, {flip}");
            }
        }
    }
    let input = animation();
    let limits = Limits { max_frames: 8, ..Limits::default() };
    let refusal = process(&Job { limits, ..job(&input, &chains(&["invert"])) }).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::TooManyFrames);
}
