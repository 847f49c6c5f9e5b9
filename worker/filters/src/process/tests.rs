use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::*;
use crate::frame::{Frame, Samples};
use crate::refusal::RefusalCode;

/// A picture of `width` × `height` with gradients in all channels.
fn picture(width: u32, height: u32) -> Frame {
    let samples = (0..height)
        .flat_map(|y| (0..width).flat_map(move |x| [(x * 255 / width) as u8, (y * 255 / height) as u8, 90]))
        .collect();
    Frame { width, height, alpha: false, samples: Samples::U8(samples) }
}

fn file(format: Format, frames: &[Frame]) -> Vec<u8> {
    let context = Context::unlimited(1);
    let settings = Encoding { quality: Some(90), ..format.into() }.settings(format, None);
    let mut encoder = codec::create(&settings, frames.len() as u32, Plays::Forever);
    for frame in frames {
        encoder.push(TimedFrame { frame: frame.clone(), delay_ms: 70 }, &context).unwrap();
    }
    encoder.finish().unwrap()
}

fn job<'a>(input: &'a [u8], chains: &'a [String]) -> Job<'a> {
    Job {
        input,
        chains,
        encoding: Encoding::default(),
        limits: Limits::default(),
        deadline: None,
        threads: 1,
        cancel: None,
    }
}

fn chains(chains: &[&str]) -> Vec<String> {
    chains.iter().map(|chain| (*chain).to_owned()).collect()
}

/// The frames of a file.
fn frames(bytes: &[u8]) -> Vec<TimedFrame> {
    let context = Context::unlimited(1);
    let (_, mut decoder) = codec::open(bytes, &Limits::default()).unwrap();
    std::iter::from_fn(|| decoder.next(&context).unwrap()).collect()
}

fn bytes_of(frame: &Frame) -> &[u8] {
    frame.bytes().unwrap()
}

#[test]
fn one_input_gives_one_result_for_each_chain() {
    let input = file(Format::Png, &[picture(120, 80)]);
    let chains = chains(&["invert", "nonsense", "", "grayscale|invert"]);
    let results = process(&job(&input, &chains)).unwrap();
    assert_eq!(results.len(), 4);
    let inverted = &frames(&results[0].as_ref().unwrap().bytes)[0].frame;
    let original = picture(120, 80);
    assert!(bytes_of(inverted).iter().zip(bytes_of(&original)).all(|(a, b)| *a == 255 - *b));
    assert_eq!(results[1].as_ref().unwrap_err().code, RefusalCode::ImpossibleChain);
    let same = results[2].as_ref().unwrap();
    assert_eq!((same.width, same.height, same.frames, same.format), (120, 80, 1, Format::Png));
    assert_eq!(frames(&same.bytes)[0].frame, original);
}

#[test]
fn every_frame_of_an_animation_is_filtered() {
    let pictures = [picture(40, 30), picture(40, 30), picture(40, 30)].map(|mut picture| {
        let Samples::U8(samples) = &mut picture.samples else { unreachable!() };
        samples.rotate_left(30);
        picture
    });
    let input = file(Format::Gif, &pictures);
    let before = frames(&input);
    let chains = chains(&["grayscale"]);
    let output = process(&job(&input, &chains)).unwrap().remove(0).unwrap();
    let after = frames(&output.bytes);
    assert_eq!(output.frames as usize, after.len());
    assert_eq!(after.len(), before.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.delay_ms, after.delay_ms);
        let channels = after.frame.channels();
        assert!(
            bytes_of(&after.frame).chunks(channels).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2])
        );
    }
    let still = Job { encoding: Format::Jpeg.into(), ..job(&input, &chains) };
    let refusal = process(&still).unwrap().remove(0).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::AnimationNotSupported);
}

#[test]
fn the_result_does_not_depend_on_the_threads() {
    let input = file(Format::Png, &[picture(900, 700)]);
    let chains = chains(&["saturation(30)|gamma(1.3)|hue(20)", "equation(r = r*g*x, b = sin(y + b))"]);
    let one = process(&job(&input, &chains)).unwrap();
    let four = process(&Job { threads: 4, ..job(&input, &chains) }).unwrap();
    for (one, four) in one.iter().zip(&four) {
        assert_eq!(one.as_ref().unwrap().bytes, four.as_ref().unwrap().bytes);
    }
}

#[test]
fn a_late_or_cancelled_job_ends() {
    let input = file(Format::Png, &[picture(900, 700)]);
    let chains = chains(&["sepia"]);
    let late = Job { deadline: Some(Instant::now()), ..job(&input, &chains) };
    assert_eq!(process(&late).unwrap_err().code, RefusalCode::DeadlineExceeded);
    let cancel = AtomicBool::new(true);
    let cancelled = Job { cancel: Some(&cancel), ..job(&input, &chains) };
    assert_eq!(process(&cancelled).unwrap_err().code, RefusalCode::DeadlineExceeded);
    let in_time = Job { deadline: Some(Instant::now() + Duration::from_secs(600)), ..job(&input, &chains) };
    assert!(process(&in_time).unwrap()[0].is_ok());
}

#[test]
fn a_deadline_that_passes_meanwhile_is_noticed() {
    let input = file(Format::Png, &[picture(2000, 2000)]);
    // Sixty passes that cannot be fused take far longer than the deadline.
    let chains = vec![vec!["blur(2)"; 60].join("|")];
    let start = Instant::now();
    let soon = Job { deadline: Some(start + Duration::from_millis(400)), ..job(&input, &chains) };
    let refusal = match process(&soon) {
        Err(refusal) => refusal,
        Ok(results) => results.into_iter().next().unwrap().unwrap_err(),
    };
    assert_eq!(refusal.code, RefusalCode::DeadlineExceeded);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn limits_hold_for_the_input() {
    let input = file(Format::Png, &[picture(50, 40)]);
    let chains = chains(&["sepia"]);
    let small = |limits| Job { limits, ..job(&input, &chains) };
    let code = |limits| process(&small(limits)).unwrap_err().code;
    assert_eq!(code(Limits { max_dimension: 49, ..Limits::default() }), RefusalCode::DimensionTooLarge);
    assert_eq!(code(Limits { max_pixels: 1999, ..Limits::default() }), RefusalCode::TooManyPixels);
    let chains = vec!["resize(width=500)".to_owned()];
    let limited = Job { limits: Limits { max_dimension: 100, ..Limits::default() }, ..job(&input, &chains) };
    assert_eq!(process(&limited).unwrap()[0].as_ref().unwrap_err().code, RefusalCode::OutputTooLarge);
}

#[test]
fn a_panic_is_a_refusal() {
    let refusal = guarded::<()>(|| panic!("out of {}", "luck")).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Internal);
    assert!(refusal.detail.contains("out of luck"));
}

#[test]
fn what_is_no_image_is_refused_as_a_whole() {
    let chains = chains(&["sepia"]);
    assert_eq!(process(&job(b"no image at all", &chains)).unwrap_err().code, RefusalCode::NotAnImage);
    let mut cut = file(Format::Jpeg, &[picture(300, 300)]);
    cut.truncate(cut.len() / 2);
    assert_eq!(process(&job(&cut, &chains)).unwrap_err().code, RefusalCode::BrokenImage);
}

mod palettes;

#[test]
fn what_each_part_took_is_told() {
    let input = file(Format::Png, &[picture(400, 300)]);
    let chains = ["sepia|gamma(2)|blur(3)|invert", "blur(2)|blur(4)", "crop(9000, 1)"].map(str::to_owned);
    let (results, timings) = process_timed(&job(&input, &chains));
    assert_eq!(results.unwrap().iter().filter(|result| result.is_ok()).count(), 2);
    let names: Vec<&str> = timings.filters.iter().map(|timing| timing.filter.as_str()).collect();
    assert_eq!(names, ["fused", "blur", "invert", "blur"], "a name once for each chain");
    let in_filters = timings.filters.iter().map(|timing| timing.took).sum();
    assert!(timings.filter >= in_filters, "planning is part of it");
    assert!(!timings.decode.is_zero() && !timings.encode.is_zero() && !timings.filter.is_zero());
    assert_eq!(timings.pixels, 400 * 300, "it is decoded once");

    let (refused, timings) = process_timed(&job(&input[..input.len() / 2], &chains));
    assert!(refused.is_err() && !timings.decode.is_zero() && timings.filters.is_empty());
}

/// Gives one frame, and breaks off.
struct Broken(Option<Frame>);

impl Decode for Broken {
    fn next(&mut self, _: &Context<'_>) -> Result<Option<TimedFrame>, Refusal> {
        let frame = self.0.take().ok_or_else(|| Refusal::broken("cut off"))?;
        Ok(Some(TimedFrame { frame, delay_ms: 70 }))
    }
}

#[test]
fn what_was_done_before_an_image_broke_off_is_told() {
    let (input, chains) = (file(Format::Gif, &[picture(64, 48), picture(64, 48)]), chains(&["blur(3)"]));
    let (header, _) = codec::open(&input, &Limits::default()).unwrap();
    let settings = Encoding::default().settings(Format::Png, None);
    let job = job(&input, &chains);
    let mut results = vec![Running::start(&chains[0], &header.info(), &settings, Plays::Forever, &job)];
    let (mut context, mut timings) = (Context::unlimited(1), Timings::default());
    let mut decoder = Broken(Some(picture(64, 48)));
    let went = run_frames(&mut decoder, &mut results, &header.info(), &mut context, &mut timings);
    let outcome = finished(results, Format::Png, went, &mut timings);
    assert_eq!(outcome.unwrap_err().code, RefusalCode::BrokenImage);
    assert_eq!((timings.pixels, timings.filters.len()), (64 * 48, 1));
    assert!(!timings.filter.is_zero() && !timings.encode.is_zero());
}

#[test]
fn what_is_compiled_is_told_once() {
    let input = file(Format::Png, &[picture(400, 300)]);
    // No other test has this one.
    let chains = ["equation(r = sqrt(r*g + 0.0123))".to_owned()];
    let compiled = || process_timed(&job(&input, &chains)).1.compiled.len();
    assert_eq!(compiled(), usize::from(crate::kernel::Means::best(400 * 300).jit));
    assert_eq!(compiled(), 0, "it was kept");
}
