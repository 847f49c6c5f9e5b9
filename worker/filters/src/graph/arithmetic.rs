//! The operations of a graph, each with the range of its result.

use fidget_core::context::Node;

use super::{Graph, Range};

impl Graph {
    /// A constant.
    pub fn constant(&mut self, value: f32) -> Node {
        self.context.constant(value)
    }

    /// `a + b`.
    pub fn add(&mut self, a: Node, b: Node) -> Node {
        let range = self.range(a).add(self.range(b));
        let node = self.raw(|context| context.add(a, b));
        self.note(node, range)
    }

    /// `a - b`.
    pub fn sub(&mut self, a: Node, b: Node) -> Node {
        if a == b && self.range(a).is_finite() {
            return self.constant(0.0);
        }
        let range = self.range(a).sub(self.range(b));
        let node = self.raw(|context| context.sub(a, b));
        self.note(node, range)
    }

    /// `a * b`.
    pub fn mul(&mut self, a: Node, b: Node) -> Node {
        if a == b {
            return self.square(a);
        }
        let range = self.range(a).mul(self.range(b));
        let node = self.raw(|context| context.mul(a, b));
        self.note(node, range)
    }

    /// `a * a`.
    pub fn square(&mut self, a: Node) -> Node {
        let range = self.range(a).square();
        let node = self.raw(|context| context.square(a));
        self.note(node, range)
    }

    /// `a / b`.
    pub fn div(&mut self, a: Node, b: Node) -> Node {
        if let Some(divisor) = self.value(b)
            && divisor != 0.0
            && (1.0 / divisor).is_finite()
        {
            let factor = self.constant(1.0 / divisor);
            return self.mul(a, factor);
        }
        let range = self.range(a).div(self.range(b));
        let node = self.raw(|context| context.div(a, b));
        self.note(node, range)
    }

    /// `-a`.
    pub fn neg(&mut self, a: Node) -> Node {
        let range = Range::exactly(0.0).sub(self.range(a));
        let node = self.raw(|context| context.neg(a));
        self.note(node, range)
    }

    /// The smaller one; NaN if one is.
    pub fn min(&mut self, a: Node, b: Node) -> Node {
        let (left, right) = (self.range(a), self.range(b));
        if !left.nan && !right.nan && left.high <= right.low {
            return a;
        }
        if !left.nan && !right.nan && right.high <= left.low {
            return b;
        }
        let node = self.raw(|context| context.min(a, b));
        self.note(node, left.min(right))
    }

    /// The greater one; NaN if one is.
    pub fn max(&mut self, a: Node, b: Node) -> Node {
        let (left, right) = (self.range(a), self.range(b));
        if !left.nan && !right.nan && left.low >= right.high {
            return a;
        }
        if !left.nan && !right.nan && right.low >= left.high {
            return b;
        }
        let node = self.raw(|context| context.max(a, b));
        self.note(node, left.max(right))
    }

    /// `|a|`.
    pub fn abs(&mut self, a: Node) -> Node {
        let range = self.range(a);
        if range.low >= 0.0 && !range.nan {
            return a;
        }
        let node = self.raw(|context| context.abs(a));
        self.note(node, range.abs())
    }

    /// The next whole number below.
    pub fn floor(&mut self, a: Node) -> Node {
        let range = self.range(a).rising(f32::NEG_INFINITY, f32::floor);
        let node = self.raw(|context| context.floor(a));
        self.note(node, range)
    }

    /// The next whole number above.
    pub fn ceil(&mut self, a: Node) -> Node {
        let range = self.range(a).rising(f32::NEG_INFINITY, f32::ceil);
        let node = self.raw(|context| context.ceil(a));
        self.note(node, range)
    }

    /// The nearest whole number, halves away from 0.
    pub fn round(&mut self, a: Node) -> Node {
        let range = self.range(a).rising(f32::NEG_INFINITY, f32::round);
        let node = self.raw(|context| context.round(a));
        self.note(node, range)
    }

    /// `√a`.
    pub fn sqrt(&mut self, a: Node) -> Node {
        let range = self.range(a).rising(0.0, f32::sqrt);
        let node = self.raw(|context| context.sqrt(a));
        self.note(node, range)
    }

    /// `eᵃ`.
    pub fn exp(&mut self, a: Node) -> Node {
        let range = self.range(a).rising(f32::NEG_INFINITY, f32::exp);
        let node = self.raw(|context| context.exp(a));
        self.note(node, range)
    }

    /// The natural logarithm.
    pub fn ln(&mut self, a: Node) -> Node {
        let range = self.range(a).rising(0.0, f32::ln);
        let node = self.raw(|context| context.ln(a));
        self.note(node, range)
    }

    /// Sine of an angle in radians.
    pub fn sin(&mut self, a: Node) -> Node {
        let nan = !self.range(a).is_finite();
        let node = self.raw(|context| context.sin(a));
        self.note(node, Range { nan, ..Range::between(-1.0, 1.0) })
    }

    /// Cosine of an angle in radians.
    pub fn cos(&mut self, a: Node) -> Node {
        let nan = !self.range(a).is_finite();
        let node = self.raw(|context| context.cos(a));
        self.note(node, Range { nan, ..Range::between(-1.0, 1.0) })
    }

    /// Arc tangent, in radians.
    pub fn atan(&mut self, a: Node) -> Node {
        let nan = self.range(a).nan;
        let node = self.raw(|context| context.atan(a));
        self.note(node, Range { nan, ..Range::between(-1.571, 1.571) })
    }

    /// 1 where `a < b`, else 0; 0 if one is NaN.
    pub fn less(&mut self, a: Node, b: Node) -> Node {
        let order = self.order(a, b);
        // compare(…) is −1, 0 or 1: only −1 gives 1 here.
        let zero = self.constant(0.0);
        let below = self.min(order, zero);
        self.neg(below)
    }

    /// 1 where `a <= b`, else 0; 0 if one is NaN.
    pub fn less_or_equal(&mut self, a: Node, b: Node) -> Node {
        let above = self.less(b, a);
        let not_above = self.not(above);
        if self.range(a).nan || self.range(b).nan {
            let known = self.ordered(a, b);
            return self.both(known, not_above);
        }
        not_above
    }

    /// 1 where `a = b`, else 0; 0 if one is NaN.
    pub fn equal(&mut self, a: Node, b: Node) -> Node {
        let order = self.raw(|context| context.compare(a, b));
        let nan = self.range(a).nan || self.range(b).nan;
        self.note(order, Range { nan, ..Range::between(-1.0, 1.0) });
        // not(NaN) is 0, so that nothing equals NaN.
        self.not(order)
    }

    /// −1, 0 or 1 as `a` is less than, equal to or greater than `b`; 0 if one is NaN.
    fn order(&mut self, a: Node, b: Node) -> Node {
        let order = self.raw(|context| context.compare(a, b));
        let nan = self.range(a).nan || self.range(b).nan;
        self.note(order, Range { nan, ..Range::between(-1.0, 1.0) });
        self.without_nan(order)
    }

    /// 1 where neither is NaN, else 0.
    fn ordered(&mut self, a: Node, b: Node) -> Node {
        let order = self.raw(|context| context.compare(a, b));
        let same = self.raw(|context| context.compare(order, order));
        self.not(same)
    }

    /// 1 where `a` is 0, else 0.
    pub fn not(&mut self, a: Node) -> Node {
        let node = self.raw(|context| context.not(a));
        self.note(node, Range::UNIT)
    }

    /// 1 where neither is 0, else 0.
    pub fn both(&mut self, a: Node, b: Node) -> Node {
        let (a, b) = (self.truth(a), self.truth(b));
        self.mul(a, b)
    }

    /// 1 where one is not 0, else 0.
    pub fn one_of(&mut self, a: Node, b: Node) -> Node {
        let (a, b) = (self.truth(a), self.truth(b));
        self.max(a, b)
    }

    /// 1 where `a` is not 0; a NaN counts as false.
    fn truth(&mut self, a: Node) -> Node {
        let number = self.without_nan(a);
        let none = self.not(number);
        self.not(none)
    }

    /// `yes` where `condition` is not 0, else `no`. A NaN counts as false.
    pub fn select(&mut self, condition: Node, yes: Node, no: Node) -> Node {
        let condition = self.without_nan(condition);
        if let Some(value) = self.value(condition) {
            return if value != 0.0 { yes } else { no };
        }
        if yes == no {
            return yes;
        }
        let range = self.range(yes).either(self.range(no));
        let node = self.raw(|context| context.if_nonzero_else(condition, yes, no));
        self.note(node, range)
    }
}
