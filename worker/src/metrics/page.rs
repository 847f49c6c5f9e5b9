//! All metrics as a page for people.

use std::fmt::Write;

use super::Teller;
use super::family::{About, Label};

/// What workers and notifiers tell, as Markdown: a table for each kind of process that tells more than the others.
pub fn markdown() -> String {
    let mut page = String::new();
    let abouts = super::abouts();
    let (both, workers): (Vec<_>, Vec<_>) =
        abouts.into_iter().partition(|about| about.tells(Teller::Notifier));
    for (heading, abouts) in [("Of workers", workers), ("Of workers and of `imgfilter notify run`", both)] {
        let _ = write!(
            page,
            "### {heading}\n\n| metric | kind | labels | meaning | what to do with it |\n|---|---|---|---|---|\n"
        );
        for about in abouts {
            let About { name, kind, help, advice, .. } = about;
            let _ = writeln!(page, "| `{name}` | {kind} | {} | {help} | {advice} |", labels(about.labels));
        }
        page.push('\n');
    }
    page.pop();
    page
}

/// The labels with their values.
fn labels(labels: &[Label]) -> String {
    let told = labels.iter().map(|label| {
        let values = label.values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
        format!("`{}`: {}", label.name, label.more.map_or(values, str::to_owned))
    });
    told.collect::<Vec<_>>().join("; ")
}
