//! Rows of a picture as numbers from 0 to 1, and back.

use crate::graph::LUMA;
use crate::stage::sample::{Plane, Sample};

/// The samples of row `y`; above and below the picture its first and last row go on.
pub(in crate::stage) fn line<'a, T: Sample>(input: Plane<'a, T>, y: isize) -> &'a [T] {
    let y = y.clamp(0, input.size.1 as isize - 1) as usize;
    &input.samples[y * input.row()..][..input.row()]
}

/// Writes row `y` into `row`, colours multiplied by their alpha, with `margin` pixels at each end that repeat the
/// first and the last one.
pub(in crate::stage) fn load<T: Sample>(input: Plane<'_, T>, y: isize, margin: usize, row: &mut Vec<f32>) {
    let (line, channels) = (line(input, y), input.channels());
    let start = margin * channels;
    row.resize(line.len() + 2 * start, 0.0);
    let scale = 1.0 / T::WHITE.value();
    let middle = &mut row[start..][..line.len()];
    if input.alpha {
        for (out, pixel) in middle.as_chunks_mut::<4>().0.iter_mut().zip(line.as_chunks::<4>().0) {
            let alpha = pixel[3].value() * scale;
            let weight = alpha * scale;
            *out = [pixel[0].value() * weight, pixel[1].value() * weight, pixel[2].value() * weight, alpha];
        }
    } else {
        for (out, sample) in middle.iter_mut().zip(line) {
            *out = sample.value() * scale;
        }
    }
    let last = start + line.len() - channels;
    for pixel in 0..margin {
        row.copy_within(start..start + channels, pixel * channels);
        row.copy_within(last..last + channels, last + (pixel + 1) * channels);
    }
}

/// Writes red, green, blue and a weight for each pixel of row `y`. The colours are not multiplied by their alpha; the
/// weight is the alpha, or 1 where there is none.
pub(in crate::stage) fn load_weighted<T: Sample>(input: Plane<'_, T>, y: isize, row: &mut Vec<[f32; 4]>) {
    let scale = 1.0 / T::WHITE.value();
    row.clear();
    row.extend(line(input, y).chunks_exact(input.channels()).map(|pixel| {
        let alpha = pixel.get(3).map_or(1.0, |alpha| alpha.value() * scale);
        [pixel[0].value() * scale, pixel[1].value() * scale, pixel[2].value() * scale, alpha]
    }));
}

/// Writes numbers as [`load`] makes them into samples.
pub(in crate::stage) fn store<T: Sample>(row: &[f32], alpha: bool, output: &mut [T]) {
    let white = T::WHITE.value();
    if !alpha {
        for (sample, value) in output.iter_mut().zip(row) {
            *sample = T::rounded(value * white);
        }
        return;
    }
    for (pixel, value) in output.as_chunks_mut::<4>().0.iter_mut().zip(row.as_chunks::<4>().0) {
        let factor = if value[3] > 0.0 { white / value[3] } else { 0.0 };
        let [red, green, blue] = [0, 1, 2].map(|channel: usize| T::rounded(value[channel] * factor));
        *pixel = [red, green, blue, T::rounded(value[3] * white)];
    }
}

/// The brightness of a colour, by BT.709.
#[inline]
pub(in crate::stage) fn luma(colour: &[f32]) -> f32 {
    match colour {
        [red, green, blue, ..] => red * LUMA[0] as f32 + green * LUMA[1] as f32 + blue * LUMA[2] as f32,
        _ => 0.0,
    }
}
