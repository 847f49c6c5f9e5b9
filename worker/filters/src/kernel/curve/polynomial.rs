//! Polynomials by Chebyshev interpolation (L. N. Trefethen, "Approximation Theory and Approximation Practice",
//! chapters 2 to 4), of the value or of a root of it: a power that is steep near 0 is tame as a function of a root.

use fidget_core::context::{Context, Node};
use multiversion::multiversion;

use super::super::tape::sample;
use super::{even, is_near};

/// Numbers of coefficients that are tried.
const SIZES: [usize; 4] = [4, 6, 9, 12];
/// How often the square root is taken beforehand.
const ROOTS: [u32; 3] = [0, 1, 2];
/// Places at which a polynomial is compared with its function.
const CHECKS: usize = 601;

/// A polynomial of `(root(value) − middle) · scale`.
#[derive(Debug, Clone)]
pub(in super::super) struct Polynomial {
    /// From the constant on.
    coefficients: Vec<f32>,
    roots: u32,
    middle: f32,
    scale: f32,
}

impl Polynomial {
    /// A polynomial that is near the function of `low` to `high` everywhere, the cheapest that is found.
    pub fn of(context: &Context, node: Node, low: f32, high: f32) -> Option<Self> {
        let mut candidates: Vec<(usize, u32)> =
            ROOTS.iter().flat_map(|roots| SIZES.map(|size| (size, *roots))).collect();
        // A square root takes about as long as three terms.
        candidates.sort_by_key(|(size, roots)| size + 3 * *roots as usize);
        let samples = ROOTS.map(|roots| {
            (roots == 0 || low >= 0.0).then(|| Samples::new(context, node, [low, high], roots)).flatten()
        });
        candidates.into_iter().find_map(|(size, roots)| {
            let samples = samples[roots as usize].as_ref()?;
            samples.fit(context, node, size)
        })
    }

    /// Evaluates it for every value.
    pub fn evaluate(&self, values: &[f32], out: &mut [f32]) {
        match self.coefficients.len() {
            4 => self.with_coefficients::<4>(values, out),
            6 => self.with_coefficients::<6>(values, out),
            9 => self.with_coefficients::<9>(values, out),
            _ => self.with_coefficients::<12>(values, out),
        }
    }

    fn with_coefficients<const N: usize>(&self, values: &[f32], out: &mut [f32]) {
        let Ok(coefficients) = <[f32; N]>::try_from(self.coefficients.as_slice()) else { return };
        match self.roots {
            0 => horner::<N, 0>(coefficients, self.middle, self.scale, values, out),
            1 => horner::<N, 1>(coefficients, self.middle, self.scale, values, out),
            _ => horner::<N, 2>(coefficients, self.middle, self.scale, values, out),
        }
    }
}

/// A function at the places at which its polynomials are checked.
struct Samples {
    range: [f32; 2],
    roots: u32,
    /// Middle and half of the width of the roots' range.
    middle: f32,
    half: f32,
    places: Vec<f32>,
    right: Vec<f32>,
}

impl Samples {
    fn new(context: &Context, node: Node, range: [f32; 2], roots: u32) -> Option<Self> {
        let [low, high] = range.map(|end| rooted(end, roots));
        let (middle, half) = ((low + high) / 2.0, (high - low) / 2.0);
        if half <= 0.0 || !half.is_finite() {
            return None;
        }
        let mut samples = Self { range, roots, middle, half, places: Vec::new(), right: Vec::new() };
        samples.places =
            even(-1.0, 1.0, CHECKS).into_iter().map(|place| samples.value(place.into())).collect();
        samples.right = sample(context, node, &samples.places)?;
        samples.right.iter().all(|value| value.is_finite()).then_some(samples)
    }

    /// The argument at a place from −1 to 1 in the range of the roots.
    fn value(&self, place: f64) -> f32 {
        let root = f64::from(self.middle) + f64::from(self.half) * place;
        (root.powi(1 << self.roots) as f32).clamp(self.range[0], self.range[1])
    }

    /// The polynomial of `size` coefficients, if it is near enough.
    fn fit(&self, context: &Context, node: Node, size: usize) -> Option<Polynomial> {
        let angle = |index: usize| std::f64::consts::PI * (index as f64 + 0.5) / size as f64;
        let at: Vec<f32> = (0..size).map(|index| self.value(angle(index).cos())).collect();
        let nodes = sample(context, node, &at)?;
        let chebyshev: Vec<f64> = (0..size)
            .map(|order| {
                let sum: f64 = nodes
                    .iter()
                    .enumerate()
                    .map(|(index, value)| f64::from(*value) * (angle(index) * order as f64).cos())
                    .sum();
                sum * if order == 0 { 1.0 } else { 2.0 } / size as f64
            })
            .collect();
        let coefficients = monomials(&chebyshev).into_iter().map(|value| value as f32).collect();
        let Self { roots, middle, half, .. } = *self;
        let polynomial = Polynomial { coefficients, roots, middle, scale: 1.0 / half };
        is_near(|values, out| polynomial.evaluate(values, out), &self.places, &self.right)
            .then_some(polynomial)
    }
}

#[inline(always)]
fn rooted(value: f32, roots: u32) -> f32 {
    (0..roots).fold(value, |value, _| if value > 0.0 { value.sqrt() } else { 0.0 })
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn horner<const N: usize, const ROOTS: u32>(
    coefficients: [f32; N],
    middle: f32,
    scale: f32,
    values: &[f32],
    out: &mut [f32],
) {
    for (out, &value) in out.iter_mut().zip(values) {
        let mut root = value;
        if ROOTS > 0 {
            root = if root > 0.0 { root } else { 0.0 };
            root = root.sqrt();
        }
        if ROOTS > 1 {
            root = root.sqrt();
        }
        let place = (root - middle) * scale;
        let mut sum = coefficients[N - 1];
        for term in (0..N - 1).rev() {
            sum = sum * place + coefficients[term];
        }
        *out = sum;
    }
}

/// From coefficients of Chebyshev polynomials to those of powers, by T₍ₙ₊₁₎ = 2x·Tₙ − T₍ₙ₋₁₎.
fn monomials(chebyshev: &[f64]) -> Vec<f64> {
    let size = chebyshev.len();
    let mut sum = vec![0.0; size];
    let (mut before, mut this) = (vec![0.0; size], vec![0.0; size]);
    this[0] = 1.0;
    for (order, factor) in chebyshev.iter().enumerate() {
        sum.iter_mut().zip(&this).for_each(|(sum, power)| *sum += factor * power);
        let doubling = if order == 0 { 1.0 } else { 2.0 };
        let mut next = vec![0.0; size];
        for power in 0..size - 1 {
            next[power + 1] = doubling * this[power];
        }
        if order > 0 {
            next.iter_mut().zip(&before).for_each(|(next, before)| *next -= before);
        }
        before = std::mem::replace(&mut this, next);
    }
    sum
}
