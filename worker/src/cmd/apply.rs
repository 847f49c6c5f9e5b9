//! `imgfilter apply`: the same filters on a local file.

use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use imgfilter_filters::{self as filters, Encoding, Format, Job, Limits, Mistake};

use crate::cli::Outcome;
use crate::config::{Assets, ImageLimits};

/// Options of `imgfilter apply`.
#[derive(Debug, Args)]
pub struct Options {
    /// Image to read; `-` is standard input
    input: PathBuf,
    /// Chain of filters, such as `sepia(0.8)|blur(3)`; empty: only written anew
    #[arg(short, long, value_name = "CHAIN", default_value = "", allow_hyphen_values = true)]
    filters: String,
    /// File to write; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Format to write: jpeg, png, gif, webp, tiff, bmp, avif; without it by the output's extension, or as the input where it has none
    #[arg(long, value_name = "NAME", value_parser = format)]
    format: Option<Format>,
    /// Quality of lossy formats, 1 to 100
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: Option<u8>,
    /// How long to look for a smaller file, 1 to 7; 3 if not given
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=7))]
    effort: Option<u8>,
    /// Stay in the image's colour profile and write it into the result, instead of converting to sRGB
    #[arg(long)]
    keep_profile: bool,
    /// Threads to use; 0 means one for each core
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    threads: usize,
    #[command(flatten)]
    limits: ImageLimits,
    #[command(flatten)]
    assets: Assets,
}

/// A format by its name.
pub(super) fn format(name: &str) -> Result<Format, String> {
    Format::from_name(name).ok_or_else(|| "expected jpeg, png, gif, webp, tiff, bmp or avif".to_owned())
}

/// Filters one file. The output is whole or not there: it is written beside its place and moved.
pub fn run(options: &Options) -> Outcome {
    let limits = Limits::from(&options.limits);
    options.assets.open_with_presets(&limits.chains)?;
    if let Err(mistake) = filters::check_within(&options.filters, &limits.chains) {
        return Err(pointed_out(&options.filters, &mistake).into());
    }
    let input = read(&options.input)?;
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let chains = [options.filters.clone()];
    let job = Job {
        input: &input,
        chains: &chains,
        encoding: Encoding {
            format: match options.format {
                Some(format) => Some(format),
                None => by_extension(&options.output)?,
            },
            quality: options.quality,
            effort: options.effort,
            keep_profile: options.keep_profile,
        },
        limits,
        deadline: None,
        threads: if options.threads == 0 { cores() } else { options.threads },
        cancel: None,
    };
    let output = filters::process(&job)?.pop().ok_or("the filters made nothing")??;
    write(&options.output, &output.bytes)?;
    Ok(ExitCode::SUCCESS)
}

/// The format that the output's name asks for, if it asks for one.
fn by_extension(output: &Path) -> Result<Option<Format>, String> {
    let Some(extension) = output.extension() else { return Ok(None) };
    let name = extension.to_string_lossy().to_ascii_lowercase();
    let unknown =
        || format!("{}: no format has the extension {name}; name one by --format", output.display());
    Format::from_name(&name).map(Some).ok_or_else(unknown)
}

/// The chain with its mistake underlined.
pub(super) fn pointed_out(chain: &str, mistake: &Mistake) -> String {
    let before: String = chain.chars().take(mistake.offset).collect();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = chain[line_start..].lines().next().unwrap_or_default();
    let column = before[line_start..].chars().count();
    let marks = "^".repeat(mistake.length.max(1));
    let hint =
        mistake.suggestion.as_ref().map(|meant| format!("\nDid you mean {meant}?")).unwrap_or_default();
    format!("{}\n  {line}\n  {:column$}{marks}{hint}", mistake.message, "")
}

fn read(path: &Path) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()).into())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
    if path == Path::new("-") {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        return Ok(out.flush()?);
    }
    super::replace_file(path, bytes)
        .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_underlined() {
        let mistake = Mistake {
            message: "no such filter".into(),
            offset: 10,
            length: 5,
            suggestion: Some("sepia".into()),
            passed: None,
        };
        let text = pointed_out("grayscale|sepai|blur(3)", &mistake);
        assert_eq!(text, "no such filter\n  grayscale|sepai|blur(3)\n            ^^^^^\nDid you mean sepia?");
    }

    #[test]
    fn the_name_of_the_output_says_its_format() {
        assert_eq!(by_extension(Path::new("a/b.JPG")), Ok(Some(Format::Jpeg)));
        assert_eq!(by_extension(Path::new("b.webp")), Ok(Some(Format::WebP)));
        assert_eq!(by_extension(Path::new("c.TIF")), Ok(Some(Format::Tiff)));
        assert_eq!(by_extension(Path::new("-")), Ok(None));
        assert!(by_extension(Path::new("d.jxl")).unwrap_err().contains("--format"));
    }
}
