use super::*;
use crate::chain::check;
use crate::stage::tests::run;

fn plain(size: (u32, u32)) -> Frame {
    Frame::from_u8(size.0, size.1, false, [40, 40, 40].repeat(size.0 as usize * size.1 as usize)).unwrap()
}

/// The rectangle of what a chain brightens: left, top, right and bottom.
fn written(chain: &str, size: (u32, u32)) -> (usize, usize, usize, usize) {
    let found = run(chain, plain(size));
    assert!(!found.alpha && found.size() == size);
    let row = size.0 as usize;
    let bright = |(at, pixel): (usize, &[u8])| (pixel[1] > 128).then_some((at % row, at / row));
    let places: Vec<_> = found.bytes().unwrap().chunks(3).enumerate().filter_map(bright).collect();
    let (across, down) = (|| places.iter().map(|place| place.0), || places.iter().map(|place| place.1));
    (across().min().unwrap(), down().min().unwrap(), across().max().unwrap(), down().max().unwrap())
}

#[test]
fn words_lie_where_they_were_asked_for() {
    let (left, top, right, bottom) = written("text(Hi, northwest, size=40)", (300, 200));
    assert!(left < 12 && top < 20 && right < 60 && bottom < 50, "{left} {top} {right} {bottom}");
    let (left, top, right, bottom) = written("text(Hi, southeast, x=20, y=30, size=40)", (300, 200));
    assert!(left > 220 && right < 280 && top > 110 && bottom < 170, "{left} {top} {right} {bottom}");
    let (left, _, right, _) = written("text(Hi, center, size=40)", (300, 200));
    assert!((left + right).abs_diff(300) <= 6, "{left} {right}");
    let (left, top, right, bottom) = written("text(Hi, tile=yes, x=5, size=20)", (300, 200));
    assert!(left < 10 && top < 10 && right > 280 && bottom > 180, "{left} {top} {right} {bottom}");
}

#[test]
fn letters_grow_with_the_picture_or_as_asked() {
    let height = |chain: &str, size| {
        let (_, top, _, bottom) = written(chain, size);
        bottom - top + 1
    };
    // DejaVu Sans has capitals of 0.73.
    assert!((14..=16).contains(&height("text(H)", (600, 400))));
    assert!((28..=31).contains(&height("text(H)", (1200, 800))));
    assert!((72..=74).contains(&height("text(H, size=100)", (600, 400))));
}

#[test]
fn long_lines_are_broken_and_given_ones_kept() {
    let (_, top, right, bottom) =
        written("text(\"one two three four five six\", northwest, size=30)", (150, 300));
    assert!(right < 150 && bottom - top > 60);
    let (left, _, right, _) = written("text(\"one two three four\", north, x=100, size=30)", (300, 300));
    assert!(left >= 200 && right < 300, "{left} {right}");
    let (_, top, _, bottom) = written("text(\"a\\nb\", size=30)", (150, 300));
    assert!((40..80).contains(&(bottom - top)), "{top} {bottom}");
}

#[test]
fn what_does_not_fit_is_cut_and_nothing_fails() {
    for size in [(1, 1), (1, 90), (90, 1), (30, 30)] {
        for chain in
            ["text(Wide words)", "text(Wide words, size=900)", "text(W, x=-500)", "text(W, x=9000, tile=yes)"]
        {
            assert_eq!(run(chain, plain(size)).size(), size, "{chain}");
        }
    }
}

#[test]
fn a_background_lies_under_the_words() {
    let found = run("text(Hi, center, size=40, colour=black, background=#ff000080)", plain((200, 100)));
    let pixel = |x: usize, y: usize| &found.bytes().unwrap()[(y * 200 + x) * 3..][..3];
    assert_eq!(pixel(0, 0), [40, 40, 40]);
    assert!((146..=149).contains(&pixel(100, 31)[0]), "{:?}", pixel(100, 31));
}

#[test]
fn what_cannot_be_written_is_said() {
    let message = |chain: &str| check(chain).unwrap_err().message;
    let mistake = check("grayscale|text(\"a 漢\")").unwrap_err();
    assert!(mistake.message.contains("`漢`") && mistake.offset == 15, "{mistake:?}");
    assert!(message("text(\" \")").contains("no words"));
    assert!(message("text(a, font=nowhere)").contains("no font `nowhere`"));
    // Right to left, combining and joined letters have glyphs; pictures have not.
    for text in ["שלום", "مرحبا", "e\u{301}ffi"] {
        assert!(check(&format!("text(\"{text}\")")).is_ok(), "{text}");
    }
    assert!(message("text(\"👍🏽\")").contains("no glyph"));
}
