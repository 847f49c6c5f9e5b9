//! What changed between two frames: an animation is written as its changes.

use crate::frame::Frame;

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

impl Part {
    /// All of a frame.
    pub fn whole(frame: &Frame) -> Self {
        Self { left: 0, top: 0, width: frame.width, height: frame.height }
    }

    /// The smallest rectangle outside of which two frames of one size are the same; one pixel if they are the same
    /// everywhere, since a frame without pixels cannot be written.
    pub fn changed(before: &Frame, after: &Frame) -> Self {
        let pixel = |frame: &Frame, x: u32, y: u32| rgba(frame, x, y);
        let differs = |x: u32, y: u32| pixel(before, x, y) != pixel(after, x, y);
        let row_differs = |y: &u32| (0..after.width).any(|x| differs(x, *y));
        let Some(top) = (0..after.height).find(row_differs) else {
            return Self { left: 0, top: 0, width: 1, height: 1 };
        };
        let bottom = (top..after.height).rev().find(row_differs).unwrap_or(top);
        let (mut left, mut right) = (after.width - 1, 0);
        for y in top..=bottom {
            left = (0..left).find(|&x| differs(x, y)).unwrap_or(left);
            right = (right + 1..after.width).rev().find(|&x| differs(x, y)).unwrap_or(right);
        }
        let right = right.max(left);
        Self { left, top, width: right - left + 1, height: bottom - top + 1 }
    }

    /// The same rectangle with its left and top side moved to even numbers.
    pub fn evened(self) -> Self {
        let (left, top) = (self.left & !1, self.top & !1);
        Self { left, top, width: self.width + self.left - left, height: self.height + self.top - top }
    }

    /// The RGBA pixels within the rectangle, row by row.
    pub fn pixels(self, frame: &Frame) -> impl Iterator<Item = [u8; 4]> {
        (self.top..self.top + self.height)
            .flat_map(move |y| (self.left..self.left + self.width).map(move |x| rgba(frame, x, y)))
    }
}

/// A pixel of an 8-bit frame; opaque where it has no alpha.
fn rgba(frame: &Frame, x: u32, y: u32) -> [u8; 4] {
    let samples = frame.bytes().unwrap_or_default();
    let at = (y as usize * frame.width as usize + x as usize) * frame.channels();
    match samples[at..at + frame.channels()] {
        [red, green, blue, alpha] => [red, green, blue, alpha],
        [red, green, blue] => [red, green, blue, 255],
        _ => [0; 4],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(changed: &[(u32, u32)]) -> Frame {
        let mut samples = vec![9; 10 * 8 * 3];
        for (x, y) in changed {
            samples[(*y as usize * 10 + *x as usize) * 3 + 1] = 1;
        }
        Frame::from_u8(10, 8, false, samples).unwrap()
    }

    #[test]
    fn the_rectangle_is_as_small_as_can_be() {
        let part = |points: &[(u32, u32)]| {
            let Part { left, top, width, height } = Part::changed(&frame(&[]), &frame(points));
            (left, top, width, height)
        };
        assert_eq!(part(&[]), (0, 0, 1, 1));
        assert_eq!(part(&[(9, 7)]), (9, 7, 1, 1));
        assert_eq!(part(&[(0, 0)]), (0, 0, 1, 1));
        assert_eq!(part(&[(0, 7), (9, 0)]), (0, 0, 10, 8));
        assert_eq!(part(&[(3, 2), (5, 2), (4, 6)]), (3, 2, 3, 5));
        assert_eq!(part(&[(4, 6), (3, 2), (5, 7)]), (3, 2, 3, 6));
        let odd = Part { left: 3, top: 5, width: 2, height: 1 }.evened();
        assert_eq!(odd, Part { left: 2, top: 4, width: 3, height: 2 });
    }
}
