//! All settings, read so that one that cannot be used does not hide the others.

use std::ffi::OsString;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Id};

use super::finding::Trouble;
use crate::config;

/// Variables that are read where they are used, and are no settings of the service as a whole.
const ELSEWHERE: [&str; 3] = ["IMGFILTER_STORE_DIR", "IMGFILTER_STORE_LISTEN", "IMGFILTER_CHANNELS"];

/// Every setting.
#[derive(Debug, Args)]
pub(super) struct Settings {
    #[command(flatten)]
    pub links: config::Links,
    #[command(flatten)]
    pub edge: config::Edge,
    #[command(flatten)]
    pub balancer: config::Balancer,
    #[command(flatten)]
    pub limits: config::ImageLimits,
    #[command(flatten)]
    pub assets: config::Assets,
    #[command(flatten)]
    pub database: config::Database,
    #[command(flatten)]
    pub migrate: config::Migrate,
    #[command(flatten)]
    pub s3: config::S3,
    #[command(flatten)]
    pub worker: config::Worker,
    #[command(flatten)]
    pub notify: config::Notify,
    #[command(flatten)]
    pub cleanup: config::Cleanup,
    #[command(flatten)]
    pub metrics: config::WorkerMetrics,
    #[command(flatten)]
    pub notify_metrics: config::NotifyMetrics,
}

type Read = Result<(Settings, ArgMatches), ()>;

/// The settings of this environment, with the default for each that cannot be used, and what is wrong with those. An error:
/// they contradict each other, and there are none.
pub(super) fn read() -> (Read, Vec<Trouble>) {
    let mut mistakes = Vec::new();
    let mut command = Settings::augment_args(Command::new("imgfilter"));
    let known: Vec<String> = command.get_arguments().map(variable).collect();
    loop {
        let error = match command.clone().try_get_matches_from(["imgfilter"]) {
            Ok(matches) => match Settings::from_arg_matches(&matches) {
                Ok(settings) => {
                    mistakes.extend(unknown(&known, std::env::vars_os().map(|(name, _)| name)));
                    return (Ok((settings, matches)), mistakes);
                }
                Err(error) => error,
            },
            Err(error) => error,
        };
        let culprit = culprit(&command, &error);
        let what = match &culprit {
            Some((_, name)) => format!("{name}: {}", words(&error)),
            None => words(&error),
        };
        mistakes.push(Trouble::wrong(what, "docs/CONFIGURATION.md says what each setting may be"));
        let Some((id, _)) = culprit else { return (Err(()), mistakes) };
        command = command.mut_arg(id, |arg| arg.env(Resettable::Reset));
    }
}

/// The setting whose value is refused: its option and its variable.
fn culprit(command: &Command, error: &clap::Error) -> Option<(Id, String)> {
    let ContextValue::String(shown) = error.get(ContextKind::InvalidArg)? else { return None };
    // Only of one that is built the options can be shown.
    let mut command = command.clone();
    command.build();
    let arg = command.get_arguments().find(|arg| arg.to_string() == *shown && arg.get_env().is_some())?;
    Some((arg.get_id().clone(), variable(arg)))
}

fn variable(arg: &Arg) -> String {
    arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What clap says, on one line.
fn words(error: &clap::Error) -> String {
    let text = error.to_string();
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("For more information"));
    let lines: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("Usage:") && !line.starts_with("tip:"))
        .collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}

/// Variables that look like settings and are none: most likely misspelt.
fn unknown(known: &[String], given: impl Iterator<Item = OsString>) -> Vec<Trouble> {
    let mut names: Vec<String> = given
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.starts_with("IMGFILTER_") && !ELSEWHERE.contains(&name.as_str()))
        .filter(|name| !known.contains(name))
        .collect();
    names.sort_unstable();
    let trouble = |name: String| {
        Trouble::warning(
            format!("{name} is no setting"),
            "correct its name, or take it out; `imgfilter config` lists all",
        )
    };
    names.into_iter().map(trouble).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_is_refused_is_found() {
        let command = Settings::augment_args(Command::new("imgfilter"));
        let error = command.clone().try_get_matches_from(["imgfilter", "--port=none"]).unwrap_err();
        assert_eq!(culprit(&command, &error).unwrap().1, "IMGFILTER_PORT");
        let words = words(&error);
        assert!(words.starts_with("invalid value 'none'") && !words.contains('\n'), "{words}");
        // What contradicts each other is nobody's alone.
        let error = command.clone().try_get_matches_from(["imgfilter", "--tls-key=/k"]).unwrap_err();
        assert!(culprit(&command, &error).is_none());
    }

    #[test]
    fn names_that_are_none() {
        let known = ["IMGFILTER_PORT".to_owned()];
        let given = ["IMGFILTER_PORT", "IMGFILTER_PRT", "IMGFILTER_STORE_DIR", "PATH"].map(OsString::from);
        let found = unknown(&known, given.into_iter());
        assert_eq!(found.len(), 1);
        assert!(found[0].what.contains("IMGFILTER_PRT"));
    }
}
