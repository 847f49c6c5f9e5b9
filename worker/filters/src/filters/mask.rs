//! `mask(shape, colour)`: the picture inside of a shape.

use std::f64::consts::{PI, TAU};

use fidget_core::context::Node;

use super::clip::{clip, from_the_middle};
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};
use crate::graph::{Graph, Pixel};

/// The picture inside of a shape that is as large as fits into the middle.
pub(crate) const FILTER: Filter = Filter {
    name: "mask",
    summary: "Keeps a shape in the middle, as large as fits; the ellipse takes the whole width and height",
    example: "mask(heart)",
    cost: CostClass::Low,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[
        Parameter::choice(
            "shape",
            &["circle", "ellipse", "triangle", "diamond", "pentagon", "hexagon", "octagon", "star", "heart"],
        ),
        Parameter::colour("colour").or_word("transparent"),
    ],
    build: |arguments| {
        let (shape, ground) = (arguments.text("shape").to_owned(), arguments.colour_unit("colour"));
        Ok(Step::point(move |graph, pixel| {
            let distance = match shape.as_str() {
                "ellipse" => ellipse(graph, pixel),
                "triangle" => polygon(graph, pixel, 3),
                "diamond" => polygon(graph, pixel, 4),
                "pentagon" => polygon(graph, pixel, 5),
                "hexagon" => polygon(graph, pixel, 6),
                "octagon" => polygon(graph, pixel, 8),
                "star" => star(graph, pixel),
                "heart" => heart(graph, pixel),
                _ => circle(graph, pixel),
            };
            clip(graph, pixel, distance, ground)
        }))
    },
};

/// Half of the shorter side.
fn radius(graph: &mut Graph, pixel: &Pixel) -> Node {
    let shorter = graph.min(pixel.width, pixel.height);
    graph.affine(&[(shorter, 0.5)], 0.0)
}

fn length(graph: &mut Graph, x: Node, y: Node) -> Node {
    let (x, y) = (graph.square(x), graph.square(y));
    let sum = graph.add(x, y);
    graph.sqrt(sum)
}

fn circle(graph: &mut Graph, pixel: &Pixel) -> Node {
    let (x, y) = from_the_middle(graph, pixel);
    let (from, radius) = (length(graph, x, y), radius(graph, pixel));
    graph.sub(from, radius)
}

/// With k = |p/r|, the first-order distance k·(k − 1) / |p/r²|, which is exact on the edge.
fn ellipse(graph: &mut Graph, pixel: &Pixel) -> Node {
    let (x, y) = from_the_middle(graph, pixel);
    let across = graph.affine(&[(pixel.width, 0.5)], 0.0);
    let down = graph.affine(&[(pixel.height, 0.5)], 0.0);
    let (x, y) = (graph.div(x, across), graph.div(y, down));
    let from = length(graph, x, y);
    let (x, y) = (graph.div(x, across), graph.div(y, down));
    let slope = length(graph, x, y);
    let beyond = graph.affine(&[(from, 1.0)], -1.0);
    // The small constants make the very middle an inside.
    let (from, slope) = (graph.affine(&[(from, 1.0)], 1e-6), graph.affine(&[(slope, 1.0)], 1e-9));
    let product = graph.mul(from, beyond);
    graph.div(product, slope)
}

/// The distances beyond lines around the middle, at a share of the radius, whose normals point up and `corners` times
/// around from there, turned by a share of a step.
fn lines(graph: &mut Graph, pixel: &Pixel, corners: u32, share: f64, turn: f64) -> Vec<Node> {
    let (x, y) = from_the_middle(graph, pixel);
    let radius = radius(graph, pixel);
    let angles = (0..corners).map(|corner| (f64::from(corner) + turn) * TAU / f64::from(corners));
    angles.map(|angle| graph.affine(&[(x, angle.sin()), (y, -angle.cos()), (radius, -share)], 0.0)).collect()
}

/// A regular polygon with a corner at the top: inside of all of its sides.
fn polygon(graph: &mut Graph, pixel: &Pixel, corners: u32) -> Node {
    let sides = lines(graph, pixel, corners, (PI / f64::from(corners)).cos(), 0.5);
    let first = graph.constant(f32::MIN);
    sides.into_iter().fold(first, |most, side| graph.max(most, side))
}

/// A star of five corners, drawn by five lines: outside of one of them at most.
fn star(graph: &mut Graph, pixel: &Pixel) -> Node {
    let sides = lines(graph, pixel, 5, (TAU / 5.0).cos(), 0.0);
    let least = graph.constant(f32::MIN);
    let (_, second) = sides.into_iter().fold((least, least), |(first, second), side| {
        let lower = graph.min(first, side);
        (graph.max(first, side), graph.max(second, lower))
    });
    second
}

/// A square on its corner, and circles about the middles of its two upper sides.
fn heart(graph: &mut Graph, pixel: &Pixel) -> Node {
    // Of a square with sides of 1 the heart is so wide, so high, and its middle so far above that of the square.
    let (half_diagonal, quarter) = (0.5_f64.sqrt(), 0.125_f64.sqrt());
    let (wide, high) = (2.0 * quarter + 1.0, quarter + 0.5 + half_diagonal);
    let shift = (quarter + 0.5 - half_diagonal) / 2.0;
    let across = graph.affine(&[(pixel.width, 1.0 / wide)], 0.0);
    let down = graph.affine(&[(pixel.height, 1.0 / high)], 0.0);
    let side = graph.min(across, down);
    let (x, y) = from_the_middle(graph, pixel);
    let x = graph.abs(x);
    let y = graph.affine(&[(y, 1.0), (side, -shift)], 0.0);
    let size = graph.abs(y);
    let square = graph.affine(&[(x, half_diagonal), (size, half_diagonal), (side, -0.5)], 0.0);
    let right = graph.affine(&[(x, 1.0), (side, -quarter)], 0.0);
    let below = graph.affine(&[(y, 1.0), (side, quarter)], 0.0);
    let from = length(graph, right, below);
    let circle = graph.affine(&[(from, 1.0), (side, -0.5)], 0.0);
    graph.min(square, circle)
}

#[cfg(test)]
mod tests {
    use crate::frame::Frame;
    use crate::stage::tests::run;

    /// The share of a picture that a shape keeps, and whether its middle is kept.
    fn kept(shape: &str, width: u32, height: u32) -> (f64, bool) {
        let samples = [90, 60, 30].repeat(width as usize * height as usize);
        let found = run(&format!("mask({shape})"), Frame::from_u8(width, height, false, samples).unwrap());
        let alphas: Vec<u8> = found.bytes().unwrap().chunks(4).map(|pixel| pixel[3]).collect();
        let area: f64 = alphas.iter().map(|alpha| f64::from(*alpha) / 255.0).sum();
        let middle = alphas[height as usize / 2 * width as usize + width as usize / 2] == 255;
        (area / f64::from(width) / f64::from(height), middle)
    }

    #[test]
    fn shapes_have_their_areas() {
        use std::f64::consts::{FRAC_PI_4, TAU};
        let polygon = |corners: f64| corners / 8.0 * (TAU / corners).sin();
        // A pentagram has 1.1226 times the square of its radius.
        let cases = [
            ("circle", FRAC_PI_4),
            ("ellipse", FRAC_PI_4),
            ("triangle", polygon(3.0)),
            ("diamond", 0.5),
            ("pentagon", polygon(5.0)),
            ("hexagon", polygon(6.0)),
            ("octagon", polygon(8.0)),
            ("star", 1.1226 / 4.0),
            ("heart", (1.0 + FRAC_PI_4) / (0.5_f64.sqrt() + 1.0).powi(2)),
        ];
        for (shape, wanted) in cases {
            let (area, middle) = kept(shape, 101, 101);
            assert!((area - wanted).abs() < 0.005 && middle, "{shape}: {area}, not {wanted}");
        }
        assert!((kept("ellipse", 80, 40).0 - FRAC_PI_4).abs() < 0.01);
        assert!((kept("circle", 80, 40).0 - FRAC_PI_4 / 2.0).abs() < 0.01);
    }
}
