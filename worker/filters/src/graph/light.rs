//! Linear light, extremes of a pixel, and one picture on top of another.

use fidget_core::context::Node;

use super::{Graph, LUMA};

/// Where the straight part of the sRGB curve ends, encoded and linear (IEC 61966-2-1).
const TOE: (f64, f64) = (0.040_45, 0.003_130_8);

impl Graph {
    /// The light of an encoded value, after IEC 61966-2-1: `v / 12.92` up to 0.04045, then
    /// `((v + 0.055) / 1.055)^2.4`.
    pub fn linear(&mut self, value: Node) -> Node {
        // There and back again: filters in linear light that follow each other need no curve between them.
        if let Some(light) = self.encodings.get(&value) {
            return *light;
        }
        let straight = self.affine(&[(value, 1.0 / 12.92)], 0.0);
        let shifted = self.affine(&[(value, 1.0 / 1.055)], 0.055 / 1.055);
        let power = self.constant(2.4);
        let bent = self.pow(shifted, power);
        let edge = self.constant(TOE.0 as f32);
        let dark = self.less_or_equal(value, edge);
        let light = self.select(dark, straight, bent);
        let unit = self.range(value).within(0.0, 1.0);
        let light = if unit { self.tighten(light, 0.0, 1.0) } else { light };
        self.continuous.insert(light, value);
        light
    }

    /// The encoded value of light, which is clamped to 0 to 1 before; [`Graph::linear`] the other way.
    pub fn encoded(&mut self, light: Node) -> Node {
        let light = self.unit(light);
        let straight = self.affine(&[(light, 12.92)], 0.0);
        let power = self.constant(1.0 / 2.4);
        let root = self.pow(light, power);
        let bent = self.affine(&[(root, 1.055)], -0.055);
        let edge = self.constant(TOE.1 as f32);
        let dark = self.less_or_equal(light, edge);
        let value = self.select(dark, straight, bent);
        let value = self.tighten(value, 0.0, 1.0);
        self.continuous.insert(value, light);
        self.encodings.insert(value, light);
        value
    }

    /// Red, green and blue times a matrix in linear light; alpha is handed through.
    pub fn matrix_in_light(&mut self, channels: [Node; 4], rows: [[f64; 3]; 3]) -> [Node; 4] {
        let light = self.each(channels, Self::linear);
        let mixed = self.matrix(light, rows);
        self.each(mixed, Self::encoded)
    }

    /// The encoded luminance of red, green and blue: their weighted sum in linear light.
    pub fn luminance(&mut self, channels: [Node; 4]) -> Node {
        let [r, g, b, _] = self.each(channels, Self::linear);
        let light = self.affine(&[(r, LUMA[0]), (g, LUMA[1]), (b, LUMA[2])], 0.0);
        self.encoded(light)
    }

    /// The least and the greatest of red, green and blue.
    pub fn extremes(&mut self, [r, g, b, _]: [Node; 4]) -> (Node, Node) {
        let least = self.min(r, g);
        let greatest = self.max(r, g);
        (self.min(least, b), self.max(greatest, b))
    }

    /// Colours, multiplied by their alpha, over a pixel (Porter and Duff's "over"); gives straight alpha.
    pub fn over(&mut self, above: [Node; 4], below: [Node; 4]) -> [Node; 4] {
        let cover = above[3];
        let shown = self.affine(&[(cover, -1.0)], 1.0);
        let shown = self.mul(shown, below[3]);
        let sum = |graph: &mut Self, channel: usize| {
            let rest = graph.mul(below[channel], shown);
            graph.add(above[channel], rest)
        };
        let colours = [sum(self, 0), sum(self, 1), sum(self, 2)];
        if self.value(below[3]) == Some(1.0) {
            let [r, g, b] = colours;
            return [r, g, b, below[3]];
        }
        let alpha = self.add(cover, shown);
        // Where nothing covers nothing the colours are 0 / 0, which is black.
        let [r, g, b] = colours.map(|colour| self.div(colour, alpha));
        [r, g, b, alpha]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn light_and_back_is_the_same_value() {
        let mut graph = Graph::new();
        let pixel = graph.pixel((1, 1), false);
        let light = graph.linear(pixel.channels[0]);
        let back = graph.encoded(light);
        for (value, right) in [(0.0, 0.0), (0.02, 0.001_548), (0.5, 0.214_041), (1.0, 1.0)] {
            let vars = HashMap::from([(graph.inputs().vars[0], value)]);
            assert!((graph.context().eval(light, &vars).unwrap() - right).abs() < 1e-5, "{value}");
            assert!((graph.context().eval(back, &vars).unwrap() - value).abs() < 1e-5, "{value}");
        }
    }
}
