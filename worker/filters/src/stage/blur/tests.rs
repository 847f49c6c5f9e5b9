use super::*;
use crate::frame::Samples;

/// The blur as its definition says, in double precision.
fn reference(frame: &Frame, sigma: f64) -> Vec<f64> {
    let Samples::U16(samples) = frame.clone().widened().samples else { unreachable!() };
    let channels = frame.channels();
    let (width, height) = (frame.width as i64, frame.height as i64);
    let reach = i64::from(reach(sigma));
    let weights: Vec<f64> =
        (-reach..=reach).map(|d| (-(d * d) as f64 / (2.0 * sigma * sigma)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let mut current: Vec<f64> = samples.iter().map(|&v| f64::from(v) / 257.0).collect();
    for (dx, dy) in [(1, 0), (0, 1)] {
        let mut next = vec![0.0; current.len()];
        for (index, value) in next.iter_mut().enumerate() {
            let (pixel, channel) = ((index / channels) as i64, index % channels);
            let (x, y) = (pixel % width, pixel / width);
            for (d, weight) in (-reach..=reach).zip(&weights) {
                let (u, v) = ((x + d * dx).clamp(0, width - 1), (y + d * dy).clamp(0, height - 1));
                *value += current[(v * width + u) as usize * channels + channel] * weight / sum;
            }
        }
        current = next;
    }
    current
}

/// Noise and edges, the worst for a blur.
fn rough(width: u32, height: u32, alpha: bool) -> Frame {
    let channels = if alpha { 4 } else { 3 };
    let mut state = 12_345u32;
    let samples = (0..width * height * channels).map(|index| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let x = index / channels % width;
        if alpha && index % channels == 3 {
            255
        } else if x < width / 3 {
            250
        } else {
            (state >> 24) as u8
        }
    });
    Frame::from_u8(width, height, alpha, samples.collect()).unwrap()
}

fn worst(frame: &Frame, sigma: f64) -> f64 {
    let context = Context::unlimited(1);
    let got = blurred(frame.clone(), sigma, &context).unwrap();
    assert_eq!(got.size(), frame.size());
    let per_level = if matches!(got.samples, Samples::U16(_)) { 257.0 } else { 1.0 };
    let got: Vec<f64> = match got.samples {
        Samples::U8(samples) => samples.into_iter().map(f64::from).collect(),
        Samples::U16(samples) => samples.into_iter().map(|v| f64::from(v) / per_level).collect(),
    };
    let wanted = reference(frame, sigma);
    got.iter().zip(&wanted).map(|(got, wanted)| (got - wanted).abs()).fold(0.0, f64::max)
}

/// How far the worst sample may be off, in levels of 8 bits. Half a level is lost in each rounding; scaling down and
/// up, which strong blurs do, costs the rest.
fn tolerance(frame: &Frame, sigma: f64) -> f64 {
    let strong = sigma >= 2.0 * WORKING_SIGMA;
    match (&frame.samples, strong) {
        (Samples::U8(_), false) => 1.5,
        (Samples::U8(_), true) => 2.25,
        (Samples::U16(_), false) => 0.01,
        (Samples::U16(_), true) => 1.5,
    }
}

#[test]
fn every_deviation_is_close_to_the_definition() {
    for sigma in [0.2, 0.5, 0.8, 1.0, 1.1, 2.5, 3.0, 7.9, 8.0, 12.5, 30.0] {
        for alpha in [false, true] {
            for frame in [rough(97, 61, alpha), rough(97, 61, alpha).widened()] {
                let error = worst(&frame, sigma);
                assert!(error <= tolerance(&frame, sigma), "sigma {sigma}: {error} levels");
            }
        }
    }
}

#[test]
fn the_smallest_pictures_are_blurred_too() {
    for (width, height) in [(1, 1), (1, 2), (2, 1), (1, 50), (50, 1), (3, 3), (7, 80)] {
        for sigma in [0.3, 3.0, 9.0, 100.0, 250.0] {
            let frame = rough(width, height, width % 2 == 0);
            let error = worst(&frame, sigma);
            assert!(error <= tolerance(&frame, sigma), "{width} × {height}, sigma {sigma}: {error} levels");
        }
    }
}

#[test]
fn invisible_colours_do_not_bleed() {
    let samples = (0..64 * 8).flat_map(|i| if i % 64 < 32 { [255, 0, 0, 255] } else { [0, 255, 0, 0] });
    let frame = Frame::from_u8(64, 8, true, samples.collect()).unwrap();
    for sigma in [2.0, 20.0] {
        let got = blurred(frame.clone(), sigma, &Context::unlimited(1)).unwrap();
        for pixel in got.bytes().unwrap().chunks_exact(4).filter(|pixel| pixel[3] > 1) {
            assert!(pixel[0] >= 254 && pixel[1] <= 1, "{pixel:?}");
        }
    }
}

#[test]
fn threads_do_not_change_the_result() {
    let unsharp = Finish::Unsharp { amount: 0.8, threshold: 0.01 };
    for alpha in [false, true] {
        for frame in [rough(301, 203, alpha), rough(301, 203, alpha).widened()] {
            for sigma in [0.7, 3.0, 33.0] {
                let with = |threads| blurred(frame.clone(), sigma, &Context::unlimited(threads)).unwrap();
                assert_eq!(with(3), with(1), "sigma {sigma}");
            }
            let with =
                |threads| in_one_pass(frame.clone(), 2.0, unsharp, &Context::unlimited(threads)).unwrap();
            assert_eq!(with(3), with(1));
        }
    }
}
