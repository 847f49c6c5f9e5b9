//! `noise(amount, seed, mono)`: what a sensor adds in the dark.

use super::Stage;
use super::random::Field;
use super::sample::{InPlace, Sample, in_place};
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "noise",
    summary: "Adds random noise with a standard deviation of amount, for each colour by itself or the same for all \
              (mono); the same seed gives the same noise, anew in every frame",
    example: "noise(12, mono=yes)",
    cost: CostClass::Medium,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("amount", 0.0, 100.0).unit("%").or(10.0),
        Parameter::integer("seed", 0, u32::MAX as i64).or(0.0),
        Parameter::choice("mono", &["no", "yes"]),
    ],
    build: |arguments| {
        let amount = arguments.number("amount") / 100.0;
        let seed = arguments.number("seed") as u32;
        Ok(Step::stage(Noise { amount: amount as f32, seed, mono: arguments.text("mono") == "yes" }))
    },
};

/// Noise that is added.
#[derive(Debug, Clone, Copy)]
struct Noise {
    /// Standard deviation, of a full scale of 1.
    amount: f32,
    seed: u32,
    /// One number for all colours of a pixel.
    mono: bool,
}

impl Stage for Noise {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        let each = if self.mono { 6e-6 } else { 14e-6 };
        f64::from(width) * f64::from(height) * each
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        in_place(frame, &Adding { noise: *self, context })
    }
}

struct Adding<'a> {
    noise: Noise,
    context: &'a Context<'a>,
}

impl InPlace for Adding<'_> {
    fn on<T: Sample>(&self, samples: &mut [T], width: usize, channels: usize) -> Result<(), Refusal> {
        let Noise { amount, seed, mono } = self.noise;
        let field = Field::new(seed, self.context.frame_index);
        let strength = amount * T::WHITE.value();
        self.context.for_each_band(samples, width * channels, |first, band| {
            for (y, line) in band.chunks_exact_mut(width * channels).enumerate() {
                for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
                    let mut noise = field.normal(x, first + y, 0);
                    for (channel, sample) in pixel.iter_mut().take(3).enumerate() {
                        if !mono && channel > 0 {
                            noise = field.normal(x, first + y, channel);
                        }
                        *sample = T::rounded(noise.mul_add(strength, sample.value()));
                    }
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(alpha: bool) -> Frame {
        let pixel: &[u8] = if alpha { &[128, 128, 128, 77] } else { &[128, 128, 128] };
        Frame::from_u8(100, 80, alpha, pixel.repeat(8000)).unwrap()
    }

    fn noisy(frame: Frame, noise: Noise, threads: usize, index: u32) -> Frame {
        noise.apply(frame, &Context { frame_index: index, ..Context::unlimited(threads) }).unwrap()
    }

    const NOISE: Noise = Noise { amount: 0.05, seed: 3, mono: false };

    #[test]
    fn the_deviation_is_the_amount_and_alpha_stays() {
        let got = noisy(plain(true), NOISE, 1, 0);
        let colours = got.bytes().unwrap().chunks(4).flat_map(|pixel| &pixel[..3]);
        let apart: Vec<f64> = colours.map(|byte| f64::from(*byte) - 128.0).collect();
        let mean = apart.iter().sum::<f64>() / apart.len() as f64;
        let deviation = (apart.iter().map(|value| value * value).sum::<f64>() / apart.len() as f64).sqrt();
        assert!(mean.abs() < 0.3 && (deviation - 0.05 * 255.0).abs() < 0.4, "{mean} {deviation}");
        assert!(got.bytes().unwrap().chunks(4).all(|pixel| pixel[3] == 77));
    }

    #[test]
    fn mono_noise_has_no_colour() {
        let got = noisy(plain(false), Noise { mono: true, ..NOISE }, 1, 0);
        assert!(got.bytes().unwrap().chunks(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]));
        let got = noisy(plain(false), NOISE, 1, 0);
        assert!(got.bytes().unwrap().chunks(3).any(|pixel| pixel[0] != pixel[1]));
    }

    #[test]
    fn it_depends_on_seed_and_frame_and_not_on_threads_or_depth() {
        let got = noisy(plain(false), NOISE, 1, 0);
        assert_eq!(noisy(plain(false), NOISE, 2, 0), got);
        assert_ne!(noisy(plain(false), Noise { seed: 4, ..NOISE }, 1, 0), got);
        assert_ne!(noisy(plain(false), NOISE, 1, 1), got);
        assert_eq!(noisy(plain(false), Noise { amount: 0.0, ..NOISE }, 1, 0), plain(false));
        let wide = noisy(plain(false).widened(), NOISE, 1, 0).narrowed();
        let pairs = got.bytes().unwrap().iter().zip(wide.bytes().unwrap());
        assert!(pairs.clone().all(|(a, b)| a.abs_diff(*b) <= 1));
    }
}
