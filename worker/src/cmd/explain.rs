//! `imgfilter explain`: what the engine would do with an image, and at what cost.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use imgfilter_filters::{self as filters, Encoding, Explanation, Format, Limits};
use serde_json::json;

use super::apply::{format, pointed_out};
use crate::cli::Outcome;
use crate::config::{Assets, ImageLimits, Lanes};

/// Options of `imgfilter explain`.
#[derive(Debug, Args)]
pub struct Options {
    /// Chain of filters, such as `sepia(0.8)|blur(3)`
    #[arg(value_name = "CHAIN", allow_hyphen_values = true)]
    chain: String,
    /// Image that it is for; only its headers are read
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// Format of the result: jpeg, png, gif, webp, tiff, bmp, avif; without it, that of the image
    #[arg(long, value_name = "NAME", value_parser = format)]
    format: Option<Format>,
    /// How long to look for a smaller file, 1 to 7; 3 if not given
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=7))]
    effort: Option<u8>,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lanes: Lanes,
    #[command(flatten)]
    limits: ImageLimits,
    #[command(flatten)]
    assets: Assets,
}

/// Prints the passes over the pixels, what was fused, the estimated cost and memory, and the lane.
pub fn run(options: &Options) -> Outcome {
    let limits = Limits::from(&options.limits);
    options.assets.open_with_presets(&limits.chains)?;
    let chain = filters::check_within(&options.chain, &limits.chains)
        .map_err(|mistake| pointed_out(&options.chain, &mistake))?;
    File::open(&options.image)
        .map_err(|error| format!("cannot read {}: {error}", options.image.display()))?;
    let image = filters::probe_file(&options.image, &limits)?;
    let output = options.format.unwrap_or(image.format);
    let encoding = Encoding { format: options.format, effort: options.effort, ..Encoding::default() };
    let explanation = filters::explain(&chain, &image, &encoding, &limits)?;
    let lane = options.lanes.lane(explanation.estimate.cost_ms);
    if options.json {
        let told = json!({ "image": image, "format": output, "lane": lane, "plan": explanation });
        println!("{}", serde_json::to_string_pretty(&told)?);
    } else {
        println!(
            "{} {} × {}, {} frame{}",
            image.format.name(),
            image.width,
            image.height,
            image.frames,
            if image.frames == 1 { "" } else { "s" }
        );
        print!("{}", in_words(&explanation));
        let estimate = explanation.estimate;
        println!(
            "{} {} × {}: about {:.0} ms of one core, {:.0} MiB; {lane} lane",
            output.name(),
            estimate.width,
            estimate.height,
            estimate.cost_ms,
            estimate.memory_bytes as f64 / f64::from(1 << 20)
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for each pass over the pixels.
fn in_words(explanation: &Explanation) -> String {
    let lines = explanation.steps.iter().enumerate().map(|(index, step)| {
        let filters = step.filters.join("|");
        format!(
            "{:>3}. {filters}\n     by {}, to {} bits, {} × {}\n",
            index + 1,
            step.means,
            step.bits,
            step.width,
            step.height
        )
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgfilter_filters::{ImageInfo, check};

    #[test]
    fn fused_filters_stand_on_one_line() {
        let image = ImageInfo { format: Format::Png, width: 640, height: 480, frames: 1, palette: false };
        let chain = check("sepia|invert|blur(2)").unwrap();
        let explanation = filters::explain(&chain, &image, &Format::Png.into(), &Limits::default()).unwrap();
        let words = in_words(&explanation);
        assert!(words.starts_with("  1. sepia(amount=1)|invert\n"), "{words}");
        assert!(words.contains("  2. blur(sigma=2)\n     by stage"), "{words}");
    }
}
