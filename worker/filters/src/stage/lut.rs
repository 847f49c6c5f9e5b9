//! `lut(name, amount)`: one of the operator's colour tables.

mod cube;
mod hald;
mod table;

use std::sync::Arc;

use self::table::{Lookup, Table};
use super::Stage;
use super::sample::{InPlace, Sample, in_place};
use crate::assets;
use crate::context::Context;
use crate::filter::{Alpha, Animation, CostClass, Filter, Kind, Parameter, Step};
use crate::frame::Frame;
use crate::refusal::Refusal;

/// The filter's definition.
pub(crate) const FILTER: Filter = Filter {
    name: "lut",
    summary: "Changes colours by one of the operator's colour tables: a .cube file or a Hald CLUT, mixed by amount with \
              what was there",
    example: "lut(faded, 80)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[
        Parameter::new("name", Kind::Text { most: assets::MAX_NAME }),
        Parameter::number("amount", 0.0, 100.0).unit("%").or(100.0),
    ],
    build: |arguments| {
        let table = assets::load(assets::Kind::Lut, "name", arguments.text("name"), read)?;
        Ok(Step::stage(Lut { table, amount: arguments.number("amount") as f32 / 100.0 }))
    },
};

/// What every PNG file begins with.
const PNG: &[u8] = b"\x89PNG";

/// Understands a file by what it holds, since its name may lie.
fn read(bytes: &[u8]) -> Result<Table, String> {
    if bytes.starts_with(PNG) { hald::read(bytes) } else { cube::read(bytes) }
}

/// Colours by a table.
#[derive(Debug)]
struct Lut {
    table: Arc<Table>,
    /// From 0, nothing, to 1, the table's colours alone.
    amount: f32,
}

impl Stage for Lut {
    fn cost_ms(&self, (width, height): (u32, u32)) -> f64 {
        f64::from(width) * f64::from(height) * 12e-6
    }

    fn scratch_bytes(&self, _: (u32, u32)) -> u64 {
        Lookup::SCRATCH_BYTES
    }

    fn apply(&self, frame: Frame, context: &Context<'_>) -> Result<Frame, Refusal> {
        if self.amount == 0.0 {
            return Ok(frame);
        }
        in_place(frame, &Looking { lut: self, context })
    }
}

struct Looking<'a> {
    lut: &'a Lut,
    context: &'a Context<'a>,
}

impl InPlace for Looking<'_> {
    fn on<T: Sample>(&self, samples: &mut [T], width: usize, channels: usize) -> Result<(), Refusal> {
        let (lookup, amount) = (Lookup::new::<T>(&self.lut.table), self.lut.amount);
        self.context.for_each_band(samples, width * channels, |_, band| {
            for pixel in band.chunks_exact_mut(channels) {
                let [red, green, blue, ..] = pixel else { continue };
                let found = lookup.colour([*red, *green, *blue]);
                for (sample, found) in [red, green, blue].into_iter().zip(found) {
                    let value = sample.value();
                    *sample = T::rounded(value + (found - value) * amount);
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::frame::Samples;
    use crate::stage::tests::run;

    /// Colours from all over the cube, transparent and opaque.
    fn frame(alpha: bool) -> Frame {
        let channels = if alpha { 4 } else { 3 };
        let samples = (0..61u32 * 47 * channels).map(|index| (index * index % 257) as u8).collect();
        Frame::from_u8(61, 47, alpha, samples).unwrap()
    }

    fn by(file: &str, amount: f32, frame: Frame) -> Frame {
        let table = Arc::new(read(file.as_bytes()).unwrap());
        let found = |threads| {
            let lut = Lut { table: Arc::clone(&table), amount };
            lut.apply(frame.clone(), &Context::unlimited(threads)).unwrap()
        };
        let one = found(1);
        assert!(one == found(2), "threads matter");
        one
    }

    const INVERSE: &str = "LUT_3D_SIZE 2\n1 1 1\n0 1 1\n1 0 1\n0 0 1\n1 1 0\n0 1 0\n1 0 0\n0 0 0\n";

    #[test]
    fn the_identity_changes_nothing() {
        for frame in [frame(false), frame(true)] {
            assert!(run("lut(identity)", frame.clone()) == frame);
        }
        let identity = include_str!("../../tests/assets/luts/identity.cube");
        let wide: Vec<u16> = (0..=u16::MAX).flat_map(|level| [level, level.swap_bytes(), !level]).collect();
        let wide = Frame::from_u16(256, 256, false, wide).unwrap();
        assert!(by(identity, 1.0, wide.clone()) == wide);
        for (width, height) in [(1, 1), (1, 70), (70, 1)] {
            let samples = [9, 200, 77].repeat(width as usize * height as usize);
            let frame = Frame::from_u8(width, height, false, samples).unwrap();
            assert!(run("lut(identity, 50)", frame.clone()) == frame);
        }
    }

    #[test]
    fn every_level_of_both_depths_is_inverted_and_alpha_kept() {
        let wide: Vec<u16> = (0..=u16::MAX).flat_map(|level| [level, !level, 77, level]).collect();
        let inverted =
            wide.as_chunks().0.iter().flat_map(|&[red, green, blue, alpha]| [!red, !green, !blue, alpha]);
        let wanted = Frame::from_u16(256, 256, true, inverted.collect()).unwrap();
        let frame = Frame::from_u16(256, 256, true, wide).unwrap();
        assert!(by(INVERSE, 1.0, frame.clone()) == wanted);
        assert!(by(INVERSE, 1.0, frame.narrowed()) == wanted.narrowed());
    }

    #[test]
    fn the_amount_mixes_linearly() {
        let frame = Frame::from_u8(2, 1, false, vec![0, 100, 200, 255, 255, 10]).unwrap();
        assert_eq!(by(INVERSE, 0.0, frame.clone()), frame);
        let quarter = by(INVERSE, 0.25, frame);
        // A quarter of the way from 100 to 155, and so on.
        assert_eq!(quarter.bytes().unwrap(), [64, 114, 164, 191, 191, 69]);
    }

    #[test]
    fn sixteen_bits_give_the_same_as_eight() {
        for chain in ["lut(faded)", "lut(faded, 30)"] {
            let bytes = run(chain, frame(true));
            let wide = run(chain, frame(true).widened()).narrowed();
            assert!(bytes != frame(true));
            let (Samples::U8(bytes), Samples::U8(wide)) = (&bytes.samples, &wide.samples) else { panic!() };
            assert!(bytes.iter().zip(wide).all(|(a, b)| a.abs_diff(*b) <= 1), "{chain}");
        }
    }

    #[test]
    fn a_table_that_is_not_there_is_a_mistake() {
        let mistake = check("lut(fadde)").unwrap_err();
        assert!(mistake.to_string().contains("no colour table `fadde`"), "{mistake}");
        assert!(read(b"GIF89a\x01").unwrap_err().contains("line 1"));
    }
}
