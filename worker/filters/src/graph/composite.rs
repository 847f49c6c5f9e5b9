//! Functions made of several operations.

use fidget_core::context::Node;

use super::Graph;

/// The share of red, green and blue in luma, after ITU-R BT.709.
pub(crate) const LUMA: [f64; 3] = [0.2126, 0.7152, 0.0722];

/// Whole exponents up to this one are multiplied out.
const MULTIPLIED_OUT: u32 = 8;

impl Graph {
    /// `offset` and the sum of each node times its factor.
    pub fn affine(&mut self, terms: &[(Node, f64)], offset: f64) -> Node {
        let mut sum = self.constant(offset as f32);
        for &(node, factor) in terms {
            let factor = self.constant(factor as f32);
            let term = self.mul(node, factor);
            sum = self.add(sum, term);
        }
        sum
    }

    /// Red, green and blue times a matrix; alpha is handed through.
    pub fn matrix(&mut self, channels: [Node; 4], rows: [[f64; 3]; 3]) -> [Node; 4] {
        let [r, g, b, a] = channels;
        let [red, green, blue] = rows.map(|row| self.affine(&[(r, row[0]), (g, row[1]), (b, row[2])], 0.0));
        [red, green, blue, a]
    }

    /// The same function of red, green and blue; alpha is handed through.
    pub fn each(&mut self, channels: [Node; 4], mut apply: impl FnMut(&mut Self, Node) -> Node) -> [Node; 4] {
        let [r, g, b, a] = channels;
        [apply(self, r), apply(self, g), apply(self, b), a]
    }

    /// Luma of red, green and blue.
    pub fn luma(&mut self, channels: [Node; 4]) -> Node {
        let [r, g, b, _] = channels;
        self.affine(&[(r, LUMA[0]), (g, LUMA[1]), (b, LUMA[2])], 0.0)
    }

    /// `a` where `share` is 0, `b` where it is 1, a straight line between and beyond.
    pub fn mix(&mut self, a: Node, b: Node, share: Node) -> Node {
        let difference = self.sub(b, a);
        let part = self.mul(difference, share);
        self.add(a, part)
    }

    /// 0 below `edge`, 1 from there on.
    pub fn step(&mut self, edge: Node, value: Node) -> Node {
        self.less_or_equal(edge, value)
    }

    /// 0 below `low`, 1 above `high`, between them 3t² − 2t³.
    pub fn smoothstep(&mut self, low: Node, high: Node, value: Node) -> Node {
        let width = self.sub(high, low);
        let above = self.sub(value, low);
        let share = self.div(above, width);
        let share = self.unit(share);
        let square = self.square(share);
        let double = self.affine(&[(share, -2.0)], 3.0);
        self.mul(square, double)
    }

    /// Tangent of an angle in radians.
    pub fn tan(&mut self, a: Node) -> Node {
        let (sin, cos) = (self.sin(a), self.cos(a));
        self.div(sin, cos)
    }

    /// Arc sine, in radians; NaN outside of −1 to 1.
    pub fn asin(&mut self, a: Node) -> Node {
        let square = self.square(a);
        let rest = self.affine(&[(square, -1.0)], 1.0);
        let side = self.sqrt(rest);
        self.atan2(a, side)
    }

    /// Arc cosine, in radians; NaN outside of −1 to 1.
    pub fn acos(&mut self, a: Node) -> Node {
        let sine = self.asin(a);
        self.affine(&[(sine, -1.0)], std::f64::consts::FRAC_PI_2)
    }

    /// The angle of the point (x, y), in radians: from −π to π, and 0 for the origin.
    pub fn atan2(&mut self, y: Node, x: Node) -> Node {
        let ratio = self.div(y, x);
        let angle = self.atan(ratio);
        let zero = self.constant(0.0);
        let (left, below) = (self.less(x, zero), self.less(y, zero));
        let (up, down) = (self.constant(std::f32::consts::PI), self.constant(-std::f32::consts::PI));
        let turn = self.select(below, down, up);
        let turned = self.add(angle, turn);
        let angle = self.select(left, turned, angle);
        // 0 / 0 has no angle.
        let (flat, upright) = (self.equal(y, zero), self.equal(x, zero));
        let origin = self.both(flat, upright);
        self.select(origin, zero, angle)
    }

    /// The remainder of `a / b`, never negative; NaN for a `b` of 0.
    pub fn modulo(&mut self, a: Node, b: Node) -> Node {
        let size = self.abs(b);
        let ratio = self.div(a, size);
        let whole = self.floor(ratio);
        let multiple = self.mul(whole, size);
        self.sub(a, multiple)
    }

    /// The part after the point: `a − ⌊a⌋`.
    pub fn fract(&mut self, a: Node) -> Node {
        let whole = self.floor(a);
        self.sub(a, whole)
    }

    /// The whole part, towards 0.
    pub fn trunc(&mut self, a: Node) -> Node {
        let zero = self.constant(0.0);
        let below = self.less(a, zero);
        let (up, down) = (self.ceil(a), self.floor(a));
        self.select(below, up, down)
    }

    /// −1, 0 or 1.
    pub fn sign(&mut self, a: Node) -> Node {
        let zero = self.constant(0.0);
        let above = self.less(zero, a);
        let below = self.less(a, zero);
        self.sub(above, below)
    }

    /// `base` to the power of `exponent`, as in floating point: NaN for a fraction of a negative base.
    pub fn pow(&mut self, base: Node, exponent: Node) -> Node {
        if let Some(power) = self.value(exponent) {
            return self.fixed_power(base, power);
        }
        let size = self.abs(base);
        let size = self.positive_power(size, exponent);
        let zero = self.constant(0.0);
        let one = self.constant(1.0);
        let none = self.equal(exponent, zero);
        let size = self.select(none, one, size);
        if self.range(base).low >= 0.0 {
            return size;
        }
        // A negative base: whole exponents only, odd ones keep the sign.
        let whole = self.floor(exponent);
        let whole = self.equal(whole, exponent);
        let two = self.constant(2.0);
        let odd = self.modulo(exponent, two);
        let sign = self.affine(&[(odd, -2.0)], 1.0);
        let signed = self.mul(size, sign);
        let nothing = self.constant(f32::NAN);
        let signed = self.select(whole, signed, nothing);
        let negative = self.less(base, zero);
        self.select(negative, signed, size)
    }

    fn fixed_power(&mut self, base: Node, power: f32) -> Node {
        if power == 0.5 {
            return self.sqrt(base);
        }
        if power.fract() == 0.0 && power.abs() <= MULTIPLIED_OUT as f32 {
            let product = self.whole_power(base, power.abs() as u32);
            let one = self.constant(1.0);
            return if power < 0.0 { self.div(one, product) } else { product };
        }
        let exponent = self.constant(power);
        if power.fract() != 0.0 {
            return self.positive_power(base, exponent);
        }
        let size = self.abs(base);
        let size = self.positive_power(size, exponent);
        if power % 2.0 == 0.0 || self.range(base).low >= 0.0 {
            return size;
        }
        let sign = self.sign(base);
        self.mul(size, sign)
    }

    fn whole_power(&mut self, base: Node, power: u32) -> Node {
        match power {
            0 => self.constant(1.0),
            1 => base,
            _ => {
                let half = self.whole_power(base, power / 2);
                let square = self.square(half);
                if power % 2 == 1 { self.mul(square, base) } else { square }
            }
        }
    }

    /// `exp(exponent · ln base)`: right for a base of 0 too, where the logarithm is −∞.
    fn positive_power(&mut self, base: Node, exponent: Node) -> Node {
        let logarithm = self.ln(base);
        let scaled = self.mul(logarithm, exponent);
        let result = self.exp(scaled);
        let (base, exponent) = (self.range(base), self.range(exponent));
        if base.within(0.0, 1.0) && exponent.low > 0.0 {
            return self.tighten(result, 0.0, 1.0);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn value(build: impl Fn(&mut Graph, Node, Node) -> Node, r: f32, g: f32) -> f32 {
        let mut graph = Graph::new();
        let (first, a) = graph.variable(crate::graph::Range::ANY);
        let (second, b) = graph.variable(crate::graph::Range::ANY);
        let node = build(&mut graph, first, second);
        graph.context().eval(node, &HashMap::from([(a, r), (b, g)])).unwrap()
    }

    #[test]
    fn powers_are_those_of_floating_point() {
        for base in [-2.0f32, -1.0, -0.5, 0.0, 0.25, 1.0, 3.0] {
            for power in [-3.0f32, -1.0, -0.5, 0.0, 0.45, 0.5, 1.0, 2.0, 3.0, 7.0, 9.0, 10.0] {
                let right = base.powf(power);
                let moving = value(|graph, a, b| graph.pow(a, b), base, power);
                let fixed = value(
                    |graph, a, _| {
                        let power = graph.constant(power);
                        graph.pow(a, power)
                    },
                    base,
                    0.0,
                );
                for found in [moving, fixed] {
                    let same = found == right
                        || (found.is_nan() && right.is_nan())
                        || (found - right).abs() <= right.abs() * 1e-5;
                    assert!(same, "{base}^{power}: {found}, not {right}");
                }
            }
        }
    }

    #[test]
    fn steps_and_parts() {
        assert_eq!(value(|graph, a, b| graph.step(a, b), 0.5, 0.5), 1.0);
        assert_eq!(value(|graph, a, b| graph.step(a, b), 0.5, 0.4), 0.0);
        assert_eq!(value(|graph, a, _| graph.trunc(a), -1.5, 0.0), -1.0);
        assert_eq!(value(|graph, a, _| graph.fract(a), -1.25, 0.0), 0.75);
        assert_eq!(value(|graph, a, _| graph.sign(a), -7.0, 0.0), -1.0);
        let smooth = |graph: &mut Graph, a, _| {
            let (zero, two) = (graph.constant(0.0), graph.constant(2.0));
            graph.smoothstep(zero, two, a)
        };
        assert_eq!(value(smooth, 1.0, 0.0), 0.5);
        assert_eq!(value(smooth, 5.0, 0.0), 1.0);
    }

    #[test]
    fn nothing_compares_with_nan() {
        let nan = f32::NAN;
        for (a, b) in [(nan, 1.0), (1.0, nan), (nan, nan)] {
            assert_eq!(value(|graph, a, b| graph.less(a, b), a, b), 0.0);
            assert_eq!(value(|graph, a, b| graph.less_or_equal(a, b), a, b), 0.0);
            assert_eq!(value(|graph, a, b| graph.equal(a, b), a, b), 0.0);
        }
    }
}
