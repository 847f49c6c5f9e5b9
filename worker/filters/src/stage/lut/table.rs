//! A colour table in memory, and the colours between its entries.

use crate::stage::sample::Sample;

/// Red, green and blue of an entry, and nothing: four numbers are read at once.
pub(super) type Node = [f32; 4];

/// What a colour becomes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    pub shape: Shape,
    /// Entries on each axis; at least 2.
    pub size: usize,
    /// The colours that the first and the last entries stand for.
    pub domain: [[f32; 3]; 2],
    /// `size` or `size³` colours, red changing fastest; 0 to 1 where they can be shown.
    pub nodes: Vec<Node>,
}

/// How many axes a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Each channel by itself.
    Curves,
    /// All channels together.
    Cube,
}

impl Shape {
    /// Entries of a table with `size` of them on each axis.
    pub fn entries(self, size: usize) -> usize {
        match self {
            Self::Curves => size,
            Self::Cube => size * size * size,
        }
    }
}

/// Where a channel's value lies between two entries of its axis.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The entry below.
    base: usize,
    /// How far it is on the way to the next, as the bits of a number from 0 to 1, above the 32 bits of how many entries
    /// away that one is. The bits of such numbers are in the order of the numbers, so the greater key has come farther.
    key: u64,
}

impl Place {
    fn fraction(key: u64) -> f32 {
        f32::from_bits((key >> 32) as u32)
    }

    fn stride(key: u64) -> usize {
        (key & u64::from(u32::MAX)) as usize
    }
}

/// One axis of a table, for samples of one depth.
#[derive(Debug, Clone, Copy)]
struct Axis {
    /// A sample is at `sample × scale + offset` entries.
    scale: f32,
    offset: f32,
    /// The last entry.
    last: usize,
    /// Entries from one to the next.
    stride: usize,
}

impl Axis {
    fn place(&self, sample: f32) -> Place {
        let position = (sample * self.scale + self.offset).clamp(0.0, self.last as f32);
        let below = (position as usize).min(self.last - 1);
        // A negative zero would be above all other bits.
        let fraction = (position - below as f32).abs();
        let key = u64::from(fraction.to_bits()) << 32 | self.stride as u64;
        Place { base: below * self.stride, key }
    }
}

/// A table, ready for samples of one depth.
#[derive(Debug)]
pub(super) struct Lookup<'a> {
    table: &'a Table,
    axes: [Axis; 3],
    /// The place of every 8-bit sample on each axis; empty for 16 bits.
    places: Vec<[Place; 3]>,
    white: f32,
}

impl<'a> Lookup<'a> {
    /// What it takes beside the table.
    pub const SCRATCH_BYTES: u64 = 256 * size_of::<[Place; 3]>() as u64;

    /// Gets ready for samples of a depth.
    pub fn new<T: Sample>(table: &'a Table) -> Self {
        let (white, last) = (T::WHITE.value(), table.size - 1);
        let strides = match table.shape {
            Shape::Curves => [1; 3],
            Shape::Cube => [1, table.size, table.size * table.size],
        };
        let axes = [0, 1, 2].map(|channel| {
            let [first, end] = table.domain.map(|colour| colour[channel]);
            let entries = last as f32 / (end - first);
            Axis { scale: entries / white, offset: -first * entries, last, stride: strides[channel] }
        });
        let levels: u16 = if T::WHITE.level() == 255 { 256 } else { 0 };
        let places = (0..levels).map(|level| axes.map(|axis| axis.place(f32::from(level)))).collect();
        Self { table, axes, places, white }
    }

    /// The colour for a colour, both in samples; what comes out may be out of range.
    #[inline(always)]
    pub fn colour<T: Sample>(&self, colour: [T; 3]) -> [f32; 3] {
        let place = |channel: usize| {
            if T::WHITE.level() == 255 {
                self.places[colour[channel].level() as usize][channel]
            } else {
                self.axes[channel].place(colour[channel].value())
            }
        };
        let places = [place(0), place(1), place(2)];
        let [red, green, blue, _] = match self.table.shape {
            Shape::Curves => self.on_curves(places),
            Shape::Cube => self.in_cube(places),
        };
        [red * self.white, green * self.white, blue * self.white]
    }

    /// On the straight lines between the entries.
    #[inline(always)]
    fn on_curves(&self, places: [Place; 3]) -> Node {
        let nodes = &self.table.nodes;
        let mut found = [0.0; 4];
        for (channel, Place { base, key }) in places.into_iter().enumerate() {
            let (below, above) = (nodes[base][channel], nodes[base + 1][channel]);
            found[channel] = below + (above - below) * Place::fraction(key);
        }
        found
    }

    /// Tetrahedral interpolation: from the cell's lowest corner to its highest, along the axis on which the colour is
    /// farthest first; the four corners on that way weigh `1 − high`, `high − mid`, `mid − low` and `low`, where these
    /// are the fractions on the axes.
    ///
    /// After J. Kasson et al., Performing Color Space Conversions with Three-Dimensional Linear Interpolation, 1995:
    /// unlike trilinear interpolation it keeps greys on the line between two corners.
    #[inline(always)]
    fn in_cube(&self, [red, green, blue]: [Place; 3]) -> Node {
        let (most, least) = (red.key.max(green.key), red.key.min(green.key));
        let (high, rest) = (most.max(blue.key), most.min(blue.key));
        let (mid, low) = (rest.max(least), rest.min(least));
        let first = red.base + green.base + blue.base;
        let second = first + Place::stride(high);
        let third = second + Place::stride(mid);
        let fourth = third + Place::stride(low);
        let [high, mid, low] = [high, mid, low].map(Place::fraction);
        let weights = [1.0 - high, high - mid, mid - low, low];
        let corners = [first, second, third, fourth].map(|index| &self.table.nodes[index]);
        let mut found = [0.0; 4];
        for (weight, corner) in weights.into_iter().zip(corners) {
            for (found, value) in found.iter_mut().zip(corner) {
                *found += weight * value;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cube of what `colour` makes of the colours from 0 to 1.
    fn cube(size: usize, colour: impl Fn([f32; 3]) -> [f32; 3]) -> Table {
        let at = |index: usize| index as f32 / (size - 1) as f32;
        let node = |index: usize| {
            let [red, green, blue] =
                colour([at(index % size), at(index / size % size), at(index / size / size)]);
            [red, green, blue, 0.0]
        };
        let nodes = (0..size * size * size).map(node).collect();
        Table { shape: Shape::Cube, size, domain: [[0.0; 3], [1.0; 3]], nodes }
    }

    /// Mixes colours of three channels, smoothly.
    fn smooth([red, green, blue]: [f32; 3]) -> [f32; 3] {
        let wave = |a: f32, b: f32, c: f32| 0.5 + 0.4 * (2.0 * a + b).sin() * (1.5 * c).cos();
        [wave(red, green, blue), wave(green, blue, red), red * green * blue]
    }

    /// The mean of the eight corners of a cell, each by the volume of the opposite box.
    fn trilinear(table: &Table, colour: [f64; 3]) -> [f64; 3] {
        let last = (table.size - 1) as f64;
        let mut sum = [0.0; 3];
        for corner in 0..8usize {
            let (mut index, mut stride, mut weight) = (0, 1, 1.0);
            for (axis, value) in colour.into_iter().enumerate() {
                let below = (value * last).floor().min(last - 1.0);
                let fraction = value * last - below;
                let above = corner >> axis & 1;
                weight *= if above == 1 { fraction } else { 1.0 - fraction };
                index += (below as usize + above) * stride;
                stride *= table.size;
            }
            for (sum, value) in sum.iter_mut().zip(table.nodes[index]) {
                *sum += weight * f64::from(value);
            }
        }
        sum
    }

    /// The largest difference to trilinear interpolation over 16-bit samples, from 0 to 1.
    fn apart(table: &Table, samples: impl Iterator<Item = [u16; 3]>) -> f64 {
        let lookup = Lookup::new::<u16>(table);
        samples.fold(0.0, |most: f64, colour| {
            let wanted = trilinear(table, colour.map(|sample| f64::from(sample) / 65_535.0));
            let found = lookup.colour(colour).map(|value| f64::from(value) / 65_535.0);
            found.into_iter().zip(wanted).fold(most, |most, (a, b)| most.max((a - b).abs()))
        })
    }

    /// Colours of which each channel takes `steps` steps from black to white.
    fn colours(steps: u32) -> impl Iterator<Item = [u16; 3]> {
        let level = move |index: u32| (index % (steps + 1) * 65_535 / steps) as u16;
        let across = steps + 1;
        (0..across.pow(3))
            .map(move |index| [level(index), level(index / across), level(index / across / across)])
    }

    #[test]
    fn entries_are_met_exactly() {
        // 65,535 is a multiple of 15.
        for size in [2, 4, 6, 16] {
            let most = apart(&cube(size, smooth), colours(size as u32 - 1));
            assert!(most < 1e-6, "{size}: {most}");
        }
    }

    #[test]
    fn between_the_entries_of_a_smooth_table_it_is_nearly_trilinear() {
        // The two differ by the curvature, at most 3 here, times a quarter of the square of the entries' distance, 1/16.
        let most = apart(&cube(17, smooth), colours(41));
        assert!(most > 1e-5 && most < 3.0 / 4.0 / 256.0, "{most}");
        // A table without curvature leaves nothing to differ in.
        let straight = cube(5, |[red, green, blue]| [green * 0.5 + 0.2, blue - red, 1.0 - blue]);
        assert!(apart(&straight, colours(23)) < 1e-6);
    }

    #[test]
    fn the_far_corner_weighs_as_the_least_channel() {
        // Trilinear interpolation would make it the product.
        let table = cube(2, |colour| [f32::from(u8::from(colour == [1.0; 3])), 0.0, 0.0]);
        let lookup = Lookup::new::<u8>(&table);
        for colour in
            [[10u8, 20, 30], [30, 10, 20], [20, 30, 10], [200, 200, 9], [255, 255, 255], [0, 255, 9]]
        {
            let least = f32::from(colour.into_iter().min().unwrap());
            assert!((lookup.colour(colour)[0] - least).abs() < 1e-3, "{colour:?}");
        }
    }

    #[test]
    fn outside_of_the_domain_the_outermost_entries_hold() {
        let table = Table { domain: [[0.2, 0.0, -1.0], [0.6, 1.0, 3.0]], ..cube(3, |colour| colour) };
        let lookup = Lookup::new::<u8>(&table);
        for (colour, wanted) in
            [([0, 0, 0], [0.0, 0.0, 0.25]), ([255; 3], [1.0, 1.0, 0.5]), ([102, 51, 51], [0.5, 0.2, 0.3])]
        {
            let found = lookup.colour::<u8>(colour).map(|value| value / 255.0);
            assert!(
                found.into_iter().zip(wanted).all(|(a, b): (f32, f32)| (a - b).abs() < 1e-5),
                "{found:?}"
            );
        }
    }

    #[test]
    fn curves_change_each_channel_by_itself() {
        let nodes = vec![[0.0, 1.0, 0.5, 0.0], [0.8, 0.5, 0.5, 0.0], [1.0, 0.0, 0.5, 0.0]];
        let table = Table { shape: Shape::Curves, size: 3, domain: [[0.0; 3], [1.0; 3]], nodes };
        let lookup = Lookup::new::<u8>(&table);
        let found = lookup.colour([51u8, 51, 51]).map(f32::round);
        assert_eq!(found, [82.0, 204.0, 128.0]);
        assert_eq!(lookup.colour([255u8, 255, 0]), [255.0, 0.0, 127.5]);
    }
}
