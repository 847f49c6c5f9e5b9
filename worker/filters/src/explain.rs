//! What the engine would do with a chain and an image, without doing it.

use serde::Serialize;

use crate::chain::Chain;
use crate::encoding::Encoding;
use crate::estimate::{Estimate, estimate};
use crate::limits::Limits;
use crate::plan::{Plan, Shape};
use crate::probe::ImageInfo;
use crate::refusal::Refusal;
use crate::segments::filters_palette;

/// A plan with its cost.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The chain in its one spelling.
    pub chain: String,
    /// What runs over the pixels, in order; every entry is one pass.
    pub steps: Vec<ExplainedStep>,
    /// Cost in time and memory, and the size of the result.
    #[serde(flatten)]
    pub estimate: Estimate,
}

/// One pass over the pixels.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainedStep {
    /// The filters that it does at once.
    pub filters: Vec<String>,
    /// How: `nothing`, `tables`, `sums`, `sums and tables`, `code`, `code and tables` for point filters, `palette` where
    /// they are run over the colours of a palette alone, else `stage`.
    pub means: &'static str,
    /// Bits of a sample that it hands on.
    pub bits: u8,
    /// Width of its result in pixels.
    pub width: u32,
    /// Height of its result in pixels.
    pub height: u32,
}

/// Plans a chain for an image, taken to be opaque.
///
/// # Errors
/// As [`estimate`]; `Internal` if the chain cannot be compiled.
pub fn explain(
    chain: &Chain,
    image: &ImageInfo,
    encoding: &Encoding,
    limits: &Limits,
) -> Result<Explanation, Refusal> {
    let estimate = estimate(chain, image, encoding, limits)?;
    let by_palette = filters_palette(chain, image, encoding.format_of(image.format));
    let shape = Shape { size: (image.width, image.height), alpha: false, wide: false };
    let plan = Plan::new(chain.links(), shape, false, limits)?;
    let steps = plan
        .parts()
        .into_iter()
        .map(|part| ExplainedStep {
            filters: part.filters,
            means: if by_palette { "palette" } else { part.means },
            bits: if part.wide { 16 } else { 8 },
            width: part.size.0,
            height: part.size.1,
        })
        .collect();
    Ok(Explanation { chain: chain.canonical(), steps, estimate })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::format::Format;

    #[test]
    fn passes_are_told_with_what_they_fuse() {
        let image = ImageInfo { format: Format::Jpeg, width: 1920, height: 1200, frames: 1, palette: false };
        let chain = check("sepia|contrast(10)|blur(3)|gamma(2)|crop(100, 50)").unwrap();
        let told = explain(&chain, &image, &Format::Png.into(), &Limits::default()).unwrap();
        let passes: Vec<(usize, u8, u32)> =
            told.steps.iter().map(|step| (step.filters.len(), step.bits, step.width)).collect();
        assert_eq!(passes, [(2, 16, 1920), (1, 16, 1920), (1, 16, 100), (1, 8, 100)]);
        assert_eq!(told.steps[1].filters, ["blur(sigma=3)"]);
        assert_eq!((told.estimate.width, told.estimate.height), (100, 50));
        assert!(told.estimate.cost_ms > 1.0 && told.estimate.memory_bytes > 1_000_000);
    }

    #[test]
    fn a_palette_is_told_from_pixels() {
        let image = ImageInfo { format: Format::Gif, width: 640, height: 480, frames: 7, palette: true };
        let means = |chain: &str, output: Format| {
            let told = explain(&check(chain).unwrap(), &image, &output.into(), &Limits::default()).unwrap();
            told.steps.iter().map(|step| step.means).collect::<Vec<_>>()
        };
        assert_eq!(means("sepia|hue(10)", Format::Gif), ["palette"]);
        assert_ne!(means("sepia|hue(10)", Format::WebP), ["palette"]);
        assert_eq!(means("opacity(0.6)", Format::Gif), ["tables"]);
    }
}
