//! `imgfilter doctor`: what is wrong with an installation, and how to mend it.

use std::process::ExitCode;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::block_on;
use crate::cli::Outcome;
use crate::doctor::{self, CHECKS, Report, Status};

/// Width of the longest status and of the longest name.
const WIDTHS: (usize, usize) = (7, 15);

/// Options of `imgfilter doctor`.
#[derive(Debug, Args)]
#[command(
    after_help = "It looks at what the settings of its environment lead to, and changes nothing but an object of its own in the \
                  bucket, doctor/…, which it deletes. With IMGFILTER_MIGRATE_DATABASE_URL it sees most. Exit code 0 if \
                  nothing is wrong, warnings or not; 1 if something is; 2 for a command line that makes no sense."
)]
pub struct Options {
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Only this check; may be given several times
    #[arg(long, value_name = "NAME",
          value_parser = PossibleValuesParser::new(CHECKS.iter().map(|check| check.name)))]
    only: Vec<String>,
}

/// Runs the checks, and tells of each as soon as it is done.
pub fn run(options: &Options) -> Outcome {
    block_on(async {
        let told = |report: &Report| {
            if !options.json {
                print!("{}", text(report));
            }
        };
        let reports = doctor::examine(&options.only, told).await;
        if options.json {
            println!("{}", serde_json::to_string_pretty(&reports)?);
        }
        let wrong = reports.iter().any(|report| report.status == Status::Wrong);
        Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    })
}

/// A check on a line; of each trouble a line and another that says what helps.
fn text(report: &Report) -> String {
    let (status, name) = WIDTHS;
    let line = |word: &str, of: &str, text: &str| {
        let text = text.replace('\n', " ");
        format!("{}\n", format!("{word:status$}  {of:name$}  {text}").trim_end())
    };
    if report.troubles.is_empty() {
        return line(report.status.name(), report.name, &report.note);
    }
    let of = |trouble: &doctor::Trouble| {
        line(trouble.status.name(), report.name, &trouble.what)
            + &line("", "", &format!("→ {}", trouble.mend))
    };
    report.troubles.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_their_column() {
        assert!(CHECKS.iter().all(|check| check.name.len() <= WIDTHS.1));
    }
}
