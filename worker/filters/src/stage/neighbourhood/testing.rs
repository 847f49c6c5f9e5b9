//! What every filter over neighbours has to hold to.

use std::sync::Arc;

use crate::context::Context;
use crate::filter::Step;
use crate::frame::{Frame, Samples};
use crate::stage::Stage;

/// The stage of a chain of one filter.
pub(in crate::stage) fn stage(chain: &str) -> Arc<dyn Stage> {
    let chain = crate::check(chain).unwrap_or_else(|mistake| panic!("{chain}: {mistake}"));
    match &chain.links()[0].step {
        Step::Stage(stage) => Arc::clone(stage),
        Step::Point(_) | Step::Chain(_) => panic!("no stage"),
    }
}

/// What a chain of one filter makes of a frame.
pub(in crate::stage) fn filtered(chain: &str, frame: &Frame) -> Frame {
    stage(chain).apply(frame.clone(), &Context::unlimited(1)).unwrap()
}

/// A picture with slopes, edges and grain; with `alpha` some of it is transparent, and some of it partly.
pub(in crate::stage) fn rough(width: u32, height: u32, alpha: bool) -> Frame {
    let mut samples = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let grain = (x * 7919 + y * 104_729 + x * y * 31) % 41;
            let edge = if (x / 9 + y / 7) % 2 == 0 { 120 } else { 20 };
            samples
                .extend([edge + grain, 40 + x * 3 % 160 + grain / 2, y * 5 % 200 + grain].map(|v| v as u8));
            if alpha {
                samples.push([255, 0, 130, 255, 255, 7][((x / 4 + y / 3) % 6) as usize]);
            }
        }
    }
    Frame::from_u8(width, height, alpha, samples).unwrap()
}

/// A frame of one colour.
pub(in crate::stage) fn plain(width: u32, height: u32, colour: [u8; 3]) -> Frame {
    Frame::from_u8(width, height, false, colour.repeat((width * height) as usize)).unwrap()
}

/// Samples as bytes.
pub(in crate::stage) fn bytes(frame: &Frame) -> Vec<u8> {
    frame.clone().narrowed().bytes().unwrap().to_vec()
}

/// Demands of a filter: results at every size, the same by any number of threads, 8 bits and 16 bits within `levels`,
/// an opaque picture treated as one without alpha, and nothing of invisible colours in what is seen.
#[track_caller]
pub(in crate::stage) fn assert_sound(chain: &str, levels: u8) {
    let stage = stage(chain);
    for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2), (5, 3), (70, 41)] {
        for alpha in [false, true] {
            let frame = rough(width, height, alpha);
            let one = stage.apply(frame.clone(), &Context::unlimited(1)).unwrap();
            assert_eq!(Some(one.size()), stage.output_size(frame.size(), &crate::Limits::default()).ok());
            let three = stage.apply(frame.clone(), &Context::unlimited(3)).unwrap();
            assert!(one == three, "{chain}: threads change {width} × {height}");
            if stage.accepts_16_bit() {
                let wide = stage.apply(frame.widened(), &Context::unlimited(1)).unwrap();
                assert!(matches!(wide.samples, Samples::U16(_)), "{chain}: the depth changed");
                assert_near(&format!("{chain}: 16 bits of {width} × {height}"), &one, &wide, levels);
            }
        }
    }
    let opaque = rough(30, 20, false);
    let mut wanted = stage.apply(opaque.clone(), &Context::unlimited(1)).unwrap();
    if !wanted.alpha {
        wanted = wanted.with_alpha();
    }
    let got = stage.apply(opaque.with_alpha(), &Context::unlimited(1)).unwrap();
    assert_near(&format!("{chain}: an opaque picture with alpha"), &wanted, &got, 1);
    assert_blind(chain);
}

/// Demands that colours of invisible pixels make no difference.
fn assert_blind(chain: &str) {
    let one = rough(40, 30, true);
    let mut samples = bytes(&one);
    for pixel in samples.as_chunks_mut::<4>().0.iter_mut().filter(|pixel| pixel[3] == 0) {
        *pixel = [255, 7, 190, 0];
    }
    let other = Frame::from_u8(40, 30, true, samples).unwrap();
    let (one, other) = (bytes(&filtered(chain, &one)), bytes(&filtered(chain, &other)));
    for (index, (a, b)) in one.chunks(4).zip(other.chunks(4)).enumerate() {
        assert!(a[3] == b[3] && (a[3] == 0 || a == b), "{chain}: pixel {index} is {a:?} or {b:?}");
    }
}

/// Demands that no visible sample is further apart than this.
#[track_caller]
pub(in crate::stage) fn assert_near(what: &str, one: &Frame, other: &Frame, levels: u8) {
    assert_eq!((one.size(), one.alpha), (other.size(), other.alpha), "{what}");
    let channels = one.channels();
    for (index, (a, b)) in bytes(one).chunks(channels).zip(bytes(other).chunks(channels)).enumerate() {
        // The colours of what is hardly seen say little.
        let seen = if channels == 4 && a[3].max(b[3]) < 16 { 3..4 } else { 0..channels };
        let apart = seen.map(|channel| a[channel].abs_diff(b[channel])).max();
        assert!(apart <= Some(levels), "{what}: pixel {index} is {a:?} or {b:?}");
    }
}
