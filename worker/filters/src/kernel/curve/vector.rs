//! The usual functions in arithmetic that the compiler turns into vector code: a call for each value would take ten
//! times as long. All are within a few millionths of the library's, which is far below a level of 255.

use fidget_core::context::{Op, UnaryOpcode};
use multiversion::multiversion;

/// A function that has vector code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) enum Function {
    Exp,
    Ln,
    Sin,
    Cos,
    Atan,
}

impl Function {
    /// The function that an operation is.
    pub fn of(op: Op) -> Option<Self> {
        match op {
            Op::Unary(UnaryOpcode::Exp, _) => Some(Self::Exp),
            Op::Unary(UnaryOpcode::Ln, _) => Some(Self::Ln),
            Op::Unary(UnaryOpcode::Sin, _) => Some(Self::Sin),
            Op::Unary(UnaryOpcode::Cos, _) => Some(Self::Cos),
            Op::Unary(UnaryOpcode::Atan, _) => Some(Self::Atan),
            _ => None,
        }
    }

    /// Evaluates it for every value.
    pub fn evaluate(self, values: &[f32], out: &mut [f32]) {
        match self {
            Self::Exp => exp_all(values, out),
            Self::Ln => ln_all(values, out),
            Self::Sin => sin_all(values, 0.0, out),
            Self::Cos => sin_all(values, std::f64::consts::FRAC_PI_2, out),
            Self::Atan => atan_all(values, out),
        }
    }
}

/// Adding and subtracting it rounds a number below 2²² to the nearest whole one.
const ROUNDER: f32 = 12_582_912.0;

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn exp_all(values: &[f32], out: &mut [f32]) {
    for (out, &value) in out.iter_mut().zip(values) {
        *out = exp(value);
    }
}

/// 2ⁿ · e^f with n whole: f is between −½ ln 2 and ½ ln 2, where Taylor's series needs seven terms.
#[inline(always)]
fn exp(value: f32) -> f32 {
    const LEAST: f32 = -87.0;
    const MOST: f32 = 88.0;
    let bounded = if value > LEAST { value } else { LEAST };
    let bounded = if bounded < MOST { bounded } else { MOST };
    let whole = bounded * std::f32::consts::LOG2_E + ROUNDER;
    let bits = whole.to_bits();
    let whole = whole - ROUNDER;
    // ln 2 in two parts, so that the product is exact.
    let rest = bounded - whole * 0.693_359_4;
    let rest = rest - whole * -2.121_944_4e-4;
    let series = 1.0 / 720.0;
    let series = series * rest + 1.0 / 120.0;
    let series = series * rest + 1.0 / 24.0;
    let series = series * rest + 1.0 / 6.0;
    let series = series * rest + 0.5;
    let series = series * rest + 1.0;
    let series = series * rest + 1.0;
    let result = f32::from_bits((series.to_bits()).wrapping_add(bits << 23));
    let result = if value < LEAST { 0.0 } else { result };
    let result = if value > MOST { f32::INFINITY } else { result };
    if value.is_nan() { value } else { result }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn ln_all(values: &[f32], out: &mut [f32]) {
    for (out, &value) in out.iter_mut().zip(values) {
        *out = ln(value);
    }
}

/// n · ln 2 + ln m with m between √½ and √2, where ln m = 2 artanh((m − 1) / (m + 1)) needs five terms.
#[inline(always)]
fn ln(value: f32) -> f32 {
    let normal = if value > f32::MIN_POSITIVE { value } else { f32::MIN_POSITIVE };
    let bits = normal.to_bits().wrapping_sub(std::f32::consts::FRAC_1_SQRT_2.to_bits());
    let power = (bits as i32) >> 23;
    let mantissa = f32::from_bits((bits & 0x7f_ffff).wrapping_add(std::f32::consts::FRAC_1_SQRT_2.to_bits()));
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let series = 2.0 / 9.0;
    let series = series * square + 2.0 / 7.0;
    let series = series * square + 2.0 / 5.0;
    let series = series * square + 2.0 / 3.0;
    let series = series * square + 2.0;
    let result = power as f32 * std::f32::consts::LN_2 + series * ratio;
    let result = if value == f32::INFINITY { f32::INFINITY } else { result };
    let result = if value > 0.0 { result } else { f32::NEG_INFINITY };
    if value >= 0.0 { result } else { f32::NAN }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn sin_all(values: &[f32], shift: f64, out: &mut [f32]) {
    for (out, &value) in out.iter_mut().zip(values) {
        *out = sin(value, shift);
    }
}

/// The sine of `value + shift`, reduced to −½π…½π in double precision, so that large angles are right too.
#[inline(always)]
fn sin(value: f32, shift: f64) -> f32 {
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    let angle = f64::from(value) + shift;
    let halves = angle * std::f64::consts::FRAC_1_PI + ROUNDER;
    let odd = halves.to_bits() as u32 & 1;
    let rest = (angle - (halves - ROUNDER) * std::f64::consts::PI) as f32;
    let square = rest * rest;
    let series = -1.0 / 39_916_800.0;
    let series = series * square + 1.0 / 362_880.0;
    let series = series * square - 1.0 / 5_040.0;
    let series = series * square + 1.0 / 120.0;
    let series = series * square - 1.0 / 6.0;
    let series = series * square + 1.0;
    f32::from_bits((series * rest).to_bits() ^ (odd << 31))
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn atan_all(values: &[f32], out: &mut [f32]) {
    for (out, &value) in out.iter_mut().zip(values) {
        *out = atan(value);
    }
}

/// Above 1 by the reciprocal; below, Abramowitz and Stegun's polynomial 4.4.49 (within 2·10⁻⁸).
#[inline(always)]
fn atan(value: f32) -> f32 {
    let size = value.abs();
    let small = if size > 1.0 { 1.0 / size } else { size };
    let square = small * small;
    let series = 0.002_866_225_7;
    let series = series * square - 0.016_165_737;
    let series = series * square + 0.042_909_614;
    let series = series * square - 0.075_289_64;
    let series = series * square + 0.106_562_64;
    let series = series * square - 0.142_089;
    let series = series * square + 0.199_935_51;
    let series = series * square - 0.333_331_45;
    let angle = small + small * square * series;
    let angle = if size > 1.0 { std::f32::consts::FRAC_PI_2 - angle } else { angle };
    angle.copysign(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(function: Function, right: fn(f64) -> f64, values: impl Iterator<Item = f32>) {
        let values: Vec<f32> = values.collect();
        let mut found = vec![0.0; values.len()];
        function.evaluate(&values, &mut found);
        for (value, found) in values.into_iter().zip(found) {
            let right = right(f64::from(value)) as f32;
            let near = (found - right).abs() <= 4e-6 * right.abs().max(1.0);
            assert!(
                near || found == right || (found.is_nan() && right.is_nan()),
                "{function:?}({value}): {found}, not {right}"
            );
        }
    }

    #[test]
    fn vector_code_agrees_with_the_library() {
        let around = |most: f32| (-20_000..=20_000).map(move |index| index as f32 * most / 20_000.0);
        compare(Function::Exp, f64::exp, around(86.0));
        compare(
            Function::Ln,
            f64::ln,
            around(1e6).chain((-120..120).map(|power| 1.37f32 * 2f32.powi(power))),
        );
        compare(Function::Sin, f64::sin, around(10.0).chain(around(3e6)));
        compare(Function::Cos, f64::cos, around(10.0).chain(around(3e6)));
        compare(Function::Atan, f64::atan, around(3.0).chain(around(1e9)));
    }

    #[test]
    fn extremes_are_those_of_the_library() {
        let extremes = || [0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30].into_iter();
        compare(Function::Exp, f64::exp, extremes());
        compare(Function::Ln, f64::ln, extremes());
        compare(Function::Atan, f64::atan, extremes());
        compare(Function::Sin, f64::sin, [0.0, f32::NAN, f32::INFINITY].into_iter());
    }
}
