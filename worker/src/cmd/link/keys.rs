//! `imgfilter link keys`.

use clap::Args;
use imgfilter_api::link::LinkKeys;
use serde::Serialize;

use crate::cli::Outcome;
use crate::cmd::reading::Reading;
use crate::config;

/// Options of `imgfilter link keys`.
#[derive(Debug, Args)]
#[command(
    after_help = "A key is needed as long as a link lives that it may have signed: each that was made before it signed last, \
                  as edges and workers note it."
)]
pub struct Options {
    #[command(flatten)]
    links: config::Links,
    #[command(flatten)]
    reading: Reading,
}

/// A key of the list.
#[derive(Debug, Serialize)]
struct Key {
    number: u8,
    /// Whether it signs what is new.
    signs: bool,
    /// RFC 3339: when the last link ends that needs it.
    needed_until: Option<String>,
    may_go: bool,
}

/// Prints a line for each key.
pub async fn run(options: &Options) -> Outcome {
    let keys = LinkKeys::parse(options.links.keys()?.reveal())?;
    let db = options.reading.db()?;
    let mut told = Vec::new();
    for number in keys.numbers() {
        let signs = number == keys.signing();
        let needed_until = db.key_needed_until(number).await?;
        let may_go = !signs && needed_until.is_none();
        told.push(Key { number, signs, needed_until, may_go });
    }
    options.reading.print(&told, line)
}

fn line(key: &Key) -> String {
    let Key { number, signs, needed_until, .. } = key;
    match (signs, needed_until) {
        (true, _) => format!("{number}  signs"),
        (false, Some(until)) => format!("{number}  is needed until {until}"),
        (false, None) => format!("{number}  may go: no living link needs it"),
    }
}
