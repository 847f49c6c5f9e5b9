//! Interval arithmetic: between which bounds the values of an expression lie, and whether they can be NaN.

/// Bounds of an expression's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    /// Least value.
    pub low: f32,
    /// Greatest value.
    pub high: f32,
    /// Whether a value can be NaN.
    pub nan: bool,
}

impl Range {
    /// From 0 to 1, as samples and positions are.
    pub const UNIT: Self = Self { low: 0.0, high: 1.0, nan: false };
    /// Nothing is known.
    pub const ANY: Self = Self { low: f32::NEG_INFINITY, high: f32::INFINITY, nan: true };

    /// A single value.
    pub fn exactly(value: f32) -> Self {
        if value.is_nan() { Self::ANY } else { Self { low: value, high: value, nan: false } }
    }

    /// From `low` to `high`, never NaN.
    pub fn between(low: f32, high: f32) -> Self {
        Self { low, high, nan: false }
    }

    /// Whether every value is at least `low` and at most `high`, and none is NaN.
    pub fn within(self, low: f32, high: f32) -> bool {
        !self.nan && self.low >= low && self.high <= high
    }

    /// Whether both bounds are finite.
    pub fn is_finite(self) -> bool {
        self.low.is_finite() && self.high.is_finite() && !self.nan
    }

    /// The smallest range that holds all of `values`, which come of operands that may be NaN.
    fn hull(values: &[f32], nan: bool) -> Self {
        if values.iter().any(|value| value.is_nan()) {
            return Self::ANY;
        }
        let low = values.iter().copied().fold(f32::INFINITY, f32::min);
        let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Self { low, high, nan }
    }

    /// `self + other`.
    pub fn add(self, other: Self) -> Self {
        Self::hull(&[self.low + other.low, self.high + other.high], self.nan || other.nan)
    }

    /// `self - other`.
    pub fn sub(self, other: Self) -> Self {
        Self::hull(&[self.low - other.high, self.high - other.low], self.nan || other.nan)
    }

    /// `self * other`.
    pub fn mul(self, other: Self) -> Self {
        let corners =
            [self.low * other.low, self.low * other.high, self.high * other.low, self.high * other.high];
        Self::hull(&corners, self.nan || other.nan)
    }

    /// `self / other`; anything where `other` can be 0.
    pub fn div(self, other: Self) -> Self {
        if other.nan || (other.low <= 0.0 && other.high >= 0.0) || !self.is_finite() {
            return Self::ANY;
        }
        self.mul(Self::between(1.0 / other.high, 1.0 / other.low))
    }

    /// `min(self, other)`.
    pub fn min(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.min(other.high), nan: self.nan || other.nan }
    }

    /// `max(self, other)`.
    pub fn max(self, other: Self) -> Self {
        Self { low: self.low.max(other.low), high: self.high.max(other.high), nan: self.nan || other.nan }
    }

    /// Either of the two.
    pub fn either(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high), nan: self.nan || other.nan }
    }

    /// `|self|`.
    pub fn abs(self) -> Self {
        let high = self.low.abs().max(self.high.abs());
        let low = if self.low <= 0.0 && self.high >= 0.0 { 0.0 } else { self.low.abs().min(self.high.abs()) };
        Self { low, high, nan: self.nan }
    }

    /// `self * self`.
    pub fn square(self) -> Self {
        let size = self.abs();
        Self { low: size.low * size.low, high: size.high * size.high, nan: self.nan }
    }

    /// A function that never falls, evaluated at both ends, on the part of the range from `from` on; below that
    /// it is NaN.
    pub fn rising(self, from: f32, function: impl Fn(f32) -> f32) -> Self {
        if self.high < from {
            return Self::ANY;
        }
        let nan = self.nan || self.low < from;
        Self::hull(&[function(self.low.max(from)), function(self.high)], nan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_for_sampled_operands() {
        let ranges =
            [Range::UNIT, Range::between(-2.0, 0.5), Range::between(0.25, 3.0), Range::exactly(-1.5)];
        let samples =
            |range: Range| (0..=8).map(move |i| range.low + (range.high - range.low) * i as f32 / 8.0);
        for a in ranges {
            for b in ranges {
                for x in samples(a) {
                    assert!((a.square().low..=a.square().high).contains(&(x * x)));
                    assert!((a.abs().low..=a.abs().high).contains(&x.abs()));
                    for y in samples(b) {
                        for (range, value) in [
                            (a.add(b), x + y),
                            (a.sub(b), x - y),
                            (a.mul(b), x * y),
                            (a.div(b), x / y),
                            (a.min(b), x.min(y)),
                            (a.max(b), x.max(y)),
                            (a.either(b), x),
                        ] {
                            let inside = (range.low..=range.high).contains(&value);
                            assert!(inside || (value.is_nan() && range.nan), "{a:?} {b:?} {x} {y} {range:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_can_be_nan_is_known() {
        assert!(Range::UNIT.div(Range::UNIT).nan);
        assert!(Range::between(-1.0, 1.0).rising(0.0, f32::sqrt).nan);
        assert!(!Range::UNIT.rising(0.0, f32::sqrt).nan);
        assert!(Range::ANY.sub(Range::ANY).nan);
    }
}
