//! Every point filter written anew in double precision, by its definition.

/// What a filter does to one pixel (r, g, b, a, x, y).
pub(super) type Reference = fn([f64; 6]) -> [f64; 4];

fn luma(r: f64, g: f64, b: f64) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn saturate([r, g, b, a, ..]: [f64; 6], amount: f64) -> [f64; 4] {
    let grey = luma(r, g, b);
    let spread = |value: f64| grey + (value - grey) * (1.0 + amount / 100.0);
    [spread(r), spread(g), spread(b), a]
}

fn contrast([r, g, b, a, ..]: [f64; 6], amount: f64) -> [f64; 4] {
    let c = amount * 2.55;
    let slope = 259.0 * (c + 255.0) / (255.0 * (259.0 - c));
    let spread = |value: f64| (value - 0.5) * slope + 0.5;
    [spread(r), spread(g), spread(b), a]
}

fn sepia([r, g, b, a, ..]: [f64; 6]) -> [f64; 4] {
    [
        0.393 * r + 0.769 * g + 0.189 * b,
        0.349 * r + 0.686 * g + 0.168 * b,
        0.272 * r + 0.534 * g + 0.131 * b,
        a,
    ]
}

fn each([r, g, b, a, ..]: [f64; 6], apply: impl Fn(f64) -> f64) -> [f64; 4] {
    [apply(r), apply(g), apply(b), a]
}

fn unit(value: f64) -> f64 {
    value.clamp(0.0, 1.0)
}

fn decoded(value: f64) -> f64 {
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn encoded(light: f64) -> f64 {
    let light = unit(light);
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// A matrix on linear light.
fn in_light([r, g, b, a, ..]: [f64; 6], rows: [[f64; 3]; 3]) -> [f64; 4] {
    let [r, g, b] = [r, g, b].map(decoded);
    let [red, green, blue] = rows.map(|row| encoded(row[0] * r + row[1] * g + row[2] * b));
    [red, green, blue, a]
}

fn grey([.., a, _, _]: [f64; 6], value: f64) -> [f64; 4] {
    [value, value, value, a]
}

fn least([r, g, b, ..]: [f64; 6]) -> f64 {
    r.min(g).min(b)
}

fn greatest([r, g, b, ..]: [f64; 6]) -> f64 {
    r.max(g).max(b)
}

fn luma_of([r, g, b, ..]: [f64; 6]) -> f64 {
    luma(r, g, b)
}

/// The curve through (0, 0.1), (0.4, 0.7) and (1, 0.9) in Hermite's base: its slopes are 1.5 and ⅓, the mean of them
/// stands in the middle, and all are gentle enough to be monotone.
fn hermite(value: f64) -> f64 {
    let middle = (1.5 + 1.0 / 3.0) / 2.0;
    let (x, y, slopes) = if value < 0.4 {
        ([0.0, 0.4], [0.1, 0.7], [1.5, middle])
    } else {
        ([0.4, 1.0], [0.7, 0.9], [middle, 1.0 / 3.0])
    };
    let width = x[1] - x[0];
    let t = (value - x[0]) / width;
    let (square, cube) = (t * t, t * t * t);
    (2.0 * cube - 3.0 * square + 1.0) * y[0]
        + (cube - 2.0 * square + t) * width * slopes[0]
        + (3.0 * square - 2.0 * cube) * y[1]
        + (cube - square) * width * slopes[1]
}

fn vibrance(pixel: [f64; 6], amount: f64) -> [f64; 4] {
    let (grey, factor) = (luma_of(pixel), 1.0 + amount * (1.0 - (greatest(pixel) - least(pixel))));
    each(pixel, |value| grey + (value - grey) * factor)
}

/// The way from one colour to another.
fn between(from: [f64; 3], to: [f64; 3], share: f64) -> [f64; 3] {
    std::array::from_fn(|channel| from[channel] * (1.0 - share) + to[channel] * share)
}

fn hex(colour: u32) -> [f64; 3] {
    [16, 8, 0].map(|shift| f64::from(colour >> shift & 255) / 255.0)
}

fn tritone(pixel: [f64; 6]) -> [f64; 4] {
    let luma = luma_of(pixel);
    let (dark, middle, light) = (hex(0x0b132b), hex(0xc1440e), hex(0xffe8c2));
    let [r, g, b] =
        if luma < 0.5 { between(dark, middle, 2.0 * luma) } else { between(middle, light, 2.0 * luma - 1.0) };
    [r, g, b, pixel[3]]
}

/// `replace(#808080, #ff000080, 20, 40)`.
fn replace([r, g, b, a, ..]: [f64; 6]) -> [f64; 4] {
    let grey = 128.0 / 255.0;
    let distance = ([r, g, b].map(|value| (value - grey).powi(2)).iter().sum::<f64>() / 3.0).sqrt();
    // The tolerance has a hair added, so that equal colours are equal in floating point.
    let near = unit((0.6 + 1e-4 - distance) / 0.4);
    let (kept, cover) = (a * (1.0 - near), near * grey);
    let alpha = kept + cover;
    let [r, g, b] = [(r, 1.0), (g, 0.0), (b, 0.0)].map(|(value, to)| (value * kept + to * cover) / alpha);
    [r, g, b, alpha]
}

/// `vignette(80, radius=30, softness=50, colour=#402010)`.
fn vignette([r, g, b, a, x, y]: [f64; 6]) -> [f64; 4] {
    let distance = ((2.0 * x - 1.0).powi(2) + (2.0 * y - 1.0).powi(2)).sqrt() / 2f64.sqrt();
    let t = unit((distance - 0.3) / 0.5);
    let [r, g, b] = between([r, g, b], hex(0x402010), 0.8 * t * t * (3.0 - 2.0 * t));
    [r, g, b, a]
}

/// `gradient(#ff000080, #0000ff, angle=30, opacity=0.7)`, on frames of 97 × 61.
fn gradient([r, g, b, a, x, y]: [f64; 6]) -> [f64; 4] {
    let (sin, cos) = 30f64.to_radians().sin_cos();
    let length = 97.0 * sin.abs() + 61.0 * cos.abs();
    let t = unit(((x - 0.5) * 97.0 * sin - (y - 0.5) * 61.0 * cos) / length + 0.5);
    let half = 128.0 / 255.0;
    let cover = 0.7 * (half * (1.0 - t) + t);
    let above = [0.7 * half * (1.0 - t), 0.0, 0.7 * t];
    let alpha = cover + a * (1.0 - cover);
    let covered = |value: f64, above: f64| (above + value * a * (1.0 - cover)) / alpha;
    [covered(r, above[0]), covered(g, above[1]), covered(b, above[2]), alpha]
}

/// Filters and their references.
pub(super) const FILTERS: &[(&str, Reference)] = &[
    ("grayscale", |[r, g, b, a, ..]| [luma(r, g, b), luma(r, g, b), luma(r, g, b), a]),
    ("sepia", sepia),
    ("invert", |[r, g, b, a, ..]| [1.0 - r, 1.0 - g, 1.0 - b, a]),
    ("brightness(12)", |[r, g, b, a, ..]| [r + 0.12, g + 0.12, b + 0.12, a]),
    ("brightness(-30)", |[r, g, b, a, ..]| [r - 0.3, g - 0.3, b - 0.3, a]),
    ("contrast(25)", |pixel| contrast(pixel, 25.0)),
    ("contrast(-60)", |pixel| contrast(pixel, -60.0)),
    ("saturation(40)", |pixel| saturate(pixel, 40.0)),
    ("saturation(-80)", |pixel| saturate(pixel, -80.0)),
    ("gamma(1.4)", |[r, g, b, a, ..]| [r, g, b, a].map(|v| v.powf(1.0 / 1.4)).with_alpha(a)),
    ("gamma(0.45)", |[r, g, b, a, ..]| [r, g, b, a].map(|v| v.powf(1.0 / 0.45)).with_alpha(a)),
    ("equation(r = r*g, b = sqrt(b))", |[r, g, b, a, ..]| [r * g, g, b.sqrt(), a]),
    ("equation(g = g*smoothstep(0, 0.8, x), a = 1 - a/2)", |[r, g, b, a, x, _]| {
        let t = (x / 0.8).clamp(0.0, 1.0);
        [r, g * t * t * (3.0 - 2.0 * t), b, 1.0 - a / 2.0]
    }),
    ("equation(r = sin(9*x*y)/2 + r/2, g = 0/(g - g), b = exp(-3*hypot(r, b)))", |[r, _, b, a, x, y]| {
        [(9.0 * x * y).sin() / 2.0 + r / 2.0, f64::NAN, (-3.0 * r.hypot(b)).exp(), a]
    }),
    ("equation(r = r^(0.3 + luma), g = mix(g, b, x))", |[r, g, b, a, x, _]| {
        [r.powf(0.3 + luma(r, g, b)), g + (b - g) * x, b, a]
    }),
    ("exposure(1)", |pixel| each(pixel, |value| encoded(decoded(value) * 2.0))),
    ("exposure(-1.5)", |pixel| each(pixel, |value| encoded(decoded(value) / 8f64.sqrt()))),
    ("levels(10, 80, gamma=1.5, out_black=5, out_white=90)", |pixel| {
        each(pixel, |value| 0.05 + 0.85 * unit((value - 0.1) / 0.7).powf(1.0 / 1.5))
    }),
    ("curves(0:0.1 0.4:0.7 1:0.9)", |pixel| each(pixel, hermite)),
    ("curves(0:0.1 0.4:0.7 1:0.9, channel=g)", |[r, g, b, a, ..]| [r, hermite(g), b, a]),
    ("curves(0:0.1 0.4:0.7 1:0.9, channel=luma)", |pixel| {
        let shift = hermite(luma_of(pixel)) - luma_of(pixel);
        each(pixel, |value| value + shift)
    }),
    ("shadows(50)", |pixel| each(pixel, |value| value * (1.0 + (1.0 - luma_of(pixel)).powi(3)))),
    ("highlights(-50)", |pixel| each(pixel, |value| 1.0 - (1.0 - value) * (1.0 + luma_of(pixel).powi(3)))),
    ("vibrance(60)", |pixel| vibrance(pixel, 0.6)),
    ("vibrance(-40)", |pixel| vibrance(pixel, -0.4)),
    // The matrices of the temperatures were found by another program, at steps of a nanometre.
    ("temperature(4000)", |pixel| {
        let rows = [[1.12967, 0.20454, 0.02671], [-0.00987, 0.94362, 0.0079], [-0.01145, -0.03838, 0.56287]];
        in_light(pixel, rows)
    }),
    ("temperature(9000)", |pixel| {
        let rows = [[0.94876, -0.07011, -0.01406], [0.0033, 1.012, -0.00544], [0.00665, 0.02435, 1.26805]];
        in_light(pixel, rows)
    }),
    ("tint(40)", |pixel| {
        let others = (1.0 - 0.7152 * 0.9) / 0.2848;
        in_light(pixel, [[others, 0.0, 0.0], [0.0, 0.9, 0.0], [0.0, 0.0, others]])
    }),
    ("grayscale(rec601)", |pixel| grey(pixel, 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2])),
    ("grayscale(average)", |pixel| grey(pixel, (pixel[0] + pixel[1] + pixel[2]) / 3.0)),
    ("grayscale(luminance)", |pixel| in_light(pixel, [[0.2126, 0.7152, 0.0722]; 3])),
    ("grayscale(lightness)", |pixel| grey(pixel, (least(pixel) + greatest(pixel)) / 2.0)),
    ("grayscale(value)", |pixel| grey(pixel, greatest(pixel))),
    ("threshold(41)", |pixel| grey(pixel, f64::from(u8::from(luma_of(pixel) > 0.41)))),
    ("posterize(5)", |pixel| each(pixel, |value| (value * 4.0).round() / 4.0)),
    ("solarize(60.1)", |pixel| each(pixel, |value| if value > 0.601 { 1.0 - value } else { value })),
    ("duotone(#1d2671, #f9d976)", |pixel| {
        let [r, g, b] = between(hex(0x1d2671), hex(0xf9d976), luma_of(pixel));
        [r, g, b, pixel[3]]
    }),
    ("tritone(#0b132b, #c1440e, #ffe8c2)", tritone),
    ("colorize(#ff800080, 60)", |[r, g, b, a, ..]| {
        let [r, g, b] = between([r, g, b], hex(0xff8000), 0.6 * 128.0 / 255.0);
        [r, g, b, a]
    }),
    ("mixer(red=80:20:0:5, blue=0:-10:105)", |[r, g, b, a, ..]| {
        [0.8 * r + 0.2 * g + 0.05, g, 1.05 * b - 0.1 * g, a]
    }),
    ("gain(10, -15, 60)", |[r, g, b, a, ..]| [r * 1.1, g * 0.85, b * 1.6, a]),
    ("opacity(0.6)", |[r, g, b, a, ..]| [r, g, b, a * 0.6]),
    ("replace(#808080, #ff000080, 20, 40)", replace),
    ("replace(#808080, transparent, 20, 40)", |[r, g, b, a, ..]| {
        let grey = 128.0 / 255.0;
        let distance = ([r, g, b].map(|value| (value - grey).powi(2)).iter().sum::<f64>() / 3.0).sqrt();
        [r, g, b, a * (1.0 - unit((0.6 - distance) / 0.4))]
    }),
    ("colorblind(deuteranopia)", |pixel| {
        let rows =
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]];
        in_light(pixel, rows)
    }),
    ("colorblind(achromatanomaly, 50)", |pixel| {
        let row = |main: usize| {
            let mut row = [0.1063, 0.3576, 0.0361];
            row[main] += 0.5;
            row
        };
        in_light(pixel, [row(0), row(1), row(2)])
    }),
    ("matrix(0.9:0.1:0 0:1:-0.2 0.3:0.2:0.8)", |[r, g, b, a, ..]| {
        [0.9 * r + 0.1 * g, g - 0.2 * b, 0.3 * r + 0.2 * g + 0.8 * b, a]
    }),
    ("matrix(1:0:0:0:0.1 0:1:0:0:0 0:0:1:0:0 0.5:0:0:0.5:0)", |[r, g, b, a, ..]| {
        [r + 0.1, g, b, 0.5 * r + 0.5 * a]
    }),
    ("linear(1.2, -0.1:0:0.1)", |[r, g, b, a, ..]| [1.2 * r - 0.1, 1.2 * g, 1.2 * b + 0.1, a]),
    ("vignette(80, radius=30, softness=50, colour=#402010)", vignette),
    ("gradient(#ff000080, #0000ff, angle=30, opacity=0.7)", gradient),
];

trait WithAlpha {
    fn with_alpha(self, alpha: f64) -> Self;
}

impl WithAlpha for [f64; 4] {
    fn with_alpha(self, alpha: f64) -> Self {
        [self[0], self[1], self[2], alpha]
    }
}
