//! `round(radius, unit, corners, colour)`: rounded corners.

use super::clip::{clip, from_the_middle};
use crate::filter::{Alpha, Animation, CostClass, Filter, Parameter, Step};

/// The picture inside of a rectangle with rounded corners.
pub(crate) const FILTER: Filter = Filter {
    name: "round",
    summary: "Rounds the corners, by pixels or by a share of the shorter side; 50 % is a circle or a capsule",
    example: "round(24)",
    cost: CostClass::Low,
    alpha: Alpha::Computed,
    animation: Animation::Frames,
    parameters: &[
        Parameter::number("radius", 0.0, 16_384.0).or(20.0),
        Parameter::choice("unit", &["px", "percent"]),
        Parameter::choice("corners", &["all", "top", "bottom", "left", "right"]),
        Parameter::colour("colour").or_word("transparent"),
    ],
    build: |arguments| {
        let (radius, percent) = (arguments.number("radius"), arguments.text("unit") == "percent");
        let (corners, ground) = (arguments.text("corners").to_owned(), arguments.colour_unit("colour"));
        Ok(Step::point(move |graph, pixel| {
            let (x, y) = from_the_middle(graph, pixel);
            let shorter = graph.min(pixel.width, pixel.height);
            let most = graph.affine(&[(shorter, 0.5)], 0.0);
            let radius = if percent {
                graph.affine(&[(shorter, radius / 100.0)], 0.0)
            } else {
                graph.constant(radius as f32)
            };
            let radius = graph.min(radius, most);
            let zero = graph.constant(0.0);
            let (left, top) = (graph.less(x, zero), graph.less(y, zero));
            let radius = match corners.as_str() {
                "top" => graph.select(top, radius, zero),
                "bottom" => graph.select(top, zero, radius),
                "left" => graph.select(left, radius, zero),
                "right" => graph.select(left, zero, radius),
                _ => radius,
            };
            // The distance to a rectangle shrunk by the radius, less the radius.
            let mut beyond = |at, length| {
                let at = graph.abs(at);
                let inner = graph.affine(&[(at, 1.0), (length, -0.5)], 0.0);
                graph.add(inner, radius)
            };
            let (across, down) = (beyond(x, pixel.width), beyond(y, pixel.height));
            let (right, below) = (graph.max(across, zero), graph.max(down, zero));
            let (right, below) = (graph.square(right), graph.square(below));
            let outside = graph.add(right, below);
            let outside = graph.sqrt(outside);
            let inside = graph.max(across, down);
            let inside = graph.min(inside, zero);
            let distance = graph.affine(&[(outside, 1.0), (inside, 1.0), (radius, -1.0)], 0.0);
            clip(graph, pixel, distance, ground)
        }))
    },
};

#[cfg(test)]
mod tests {
    use crate::frame::Frame;
    use crate::stage::tests::run;

    fn alphas(chain: &str, size: (u32, u32)) -> Vec<u8> {
        let samples = [90, 60, 30].repeat(size.0 as usize * size.1 as usize);
        let found = run(chain, Frame::from_u8(size.0, size.1, false, samples).unwrap());
        assert!(found.alpha);
        found.bytes().unwrap().chunks(4).map(|pixel| pixel[3]).collect()
    }

    #[test]
    fn corners_go_and_the_area_is_right() {
        let found = alphas("round(10)", (40, 30));
        assert_eq!([found[0], found[39], found[40 * 29], found[40 * 30 - 1]], [0; 4]);
        assert_eq!([found[20], found[40 * 15]], [255; 2]);
        let area: f64 = found.iter().map(|alpha| f64::from(*alpha) / 255.0).sum();
        let wanted = 1200.0 - (4.0 - std::f64::consts::PI) * 100.0;
        assert!((area - wanted).abs() < 2.0, "{area}");
        let circle: f64 = alphas("round(50, percent)", (40, 40)).iter().map(|a| f64::from(*a) / 255.0).sum();
        assert!((circle - 400.0 * std::f64::consts::PI).abs() < 4.0, "{circle}");
    }

    #[test]
    fn only_the_corners_that_were_asked_for_go() {
        let found = alphas("round(10, corners=top)", (40, 30));
        assert_eq!([found[0], found[39], found[40 * 29], found[40 * 30 - 1]], [0, 0, 255, 255]);
    }

    #[test]
    fn a_ground_shows_in_the_corners() {
        let frame = Frame::from_u8(30, 30, false, [90, 60, 30].repeat(900)).unwrap();
        let found = run("round(12, colour=#ffffff)", frame);
        assert_eq!(found.bytes().unwrap()[..3], [255; 3]);
        assert_eq!(found.bytes().unwrap()[(15 * 30 + 15) * found.channels()..][..3], [90, 60, 30]);
    }
}
