//! How far a cleanup has come, for a person who looks on.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cleanup::{Report, Stage, Tally};
use crate::config;
use crate::db::Db;

/// Pause between two looks.
const TICK: Duration = Duration::from_millis(200);

/// A bar on a terminal, and nothing elsewhere.
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// Counts what there is to do, if somebody looks on. Where that takes too long, or fails, no end is shown.
    pub async fn begin(db: &Db, settings: &config::Cleanup, json: bool) -> Self {
        if json || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let preview = db.cleanup_preview(settings.into()).await;
        let total =
            preview.ok().map(|preview| preview.links + preview.originals + preview.rows + preview.erased);
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let style = "{msg:26} {wide_bar} {human_pos}/{human_len}  {per_sec}  {elapsed}";
        // a mistake in the template would be ours, and nothing to break a cleanup off for
        bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(Some(bar))
    }

    /// Resolves when it is time to show something; never where nobody looks.
    pub async fn tick(&self) {
        match self.0 {
            Some(_) => tokio::time::sleep(TICK).await,
            None => std::future::pending().await,
        }
    }

    /// Shows where it is.
    pub fn show(&self, tally: &Tally) {
        let Some(bar) = &self.0 else { return };
        let stage = tally.stage();
        bar.set_message(match stage {
            Stage::Orphans => format!("{} objects looked at", tally.listed()),
            _ => stage.words().to_owned(),
        });
        let Report { links, originals, erased, rows, .. } = tally.report();
        bar.set_position(links + originals + erased + rows);
    }

    /// Takes it away.
    pub fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
