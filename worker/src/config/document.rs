//! The list of settings as documentation, made from the declarations themselves.

use std::fmt::Write;

use clap::{Arg, Args, Command};

use super::{
    Assets, Balancer, Cleanup, Database, Edge, ImageLimits, Links, Logs, Migrate, Notify, NotifyMetrics,
    OldKeys, S3, Traces, Worker, WorkerMetrics,
};

/// All settings as a Markdown page.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Settings\n\n\
         Every setting is an environment variable; the worker and the command line also take it as an option \
         (`IMGFILTER_LINK_LIFE` is `--link-life`). The edge gets them by `imgfilter nginx-config`.\n\
         Durations are a number and a unit (`250ms`, `5s`, `2m`, `24h`, `7d`); without a unit, seconds. A setting whose \
         name ends in `_FILE` names a file that holds the setting, for secrets.\n\n\
         This page is written by `imgfilter config --markdown`.\n",
    );
    for (heading, settings) in by_heading() {
        let _ =
            write!(page, "\n## {heading}\n\n| setting | value | default | meaning |\n|---|---|---|---|\n");
        for setting in settings {
            let default =
                if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
            let _ = writeln!(
                page,
                "| `{}` | {} | {default} | {} |",
                setting.name,
                setting.value.to_lowercase(),
                setting.help.replace('|', "\\|")
            );
        }
    }
    page
}

/// All settings as an environment file, each commented out with its default.
pub fn example() -> String {
    let mut file = String::from(
        "# Settings of imgfilter, for the worker and the edge. Written by `imgfilter config --example`.\n",
    );
    for (heading, settings) in by_heading() {
        let _ = write!(file, "\n\n# {heading}\n");
        for setting in settings {
            let _ = write!(file, "\n# {}\n#{}={}\n", setting.help, setting.name, setting.default);
        }
    }
    file
}

/// A setting as it is declared.
struct Setting {
    name: String,
    value: String,
    default: String,
    help: String,
}

/// Every setting under its heading, in the order of the declarations.
fn by_heading() -> Vec<(String, Vec<Setting>)> {
    let mut groups: Vec<(String, Vec<Setting>)> = Vec::new();
    for arg in declared().get_arguments() {
        let (Some(setting), Some(heading)) = (described(arg), arg.get_help_heading()) else { continue };
        match groups.iter_mut().find(|(name, _)| name == heading) {
            Some((_, settings)) => settings.push(setting),
            None => groups.push((heading.to_owned(), vec![setting])),
        }
    }
    groups
}

/// A command that takes all settings: never run, only looked at.
fn declared() -> Command {
    let command = Command::new("settings");
    let command = Links::augment_args(command);
    let command = Edge::augment_args(command);
    let command = Balancer::augment_args(command);
    let command = ImageLimits::augment_args(command);
    let command = Assets::augment_args(command);
    let command = Migrate::augment_args(Database::augment_args(command));
    let command = OldKeys::augment_args(S3::augment_args(command));
    let command = Worker::augment_args(command);
    let command = Notify::augment_args(command);
    let command = Cleanup::augment_args(command);
    let command = NotifyMetrics::augment_args(WorkerMetrics::augment_args(command));
    Traces::augment_args(Logs::augment_args(command))
}

fn described(arg: &Arg) -> Option<Setting> {
    let words = |parts: Vec<String>| parts.join(" ");
    Some(Setting {
        name: arg.get_env()?.to_string_lossy().into_owned(),
        value: words(arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect()),
        default: words(arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect()),
        help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_told_with_help_and_heading() {
        let with_env = declared().get_arguments().filter(|arg| arg.get_env().is_some()).count();
        let told: Vec<Setting> = by_heading().into_iter().flat_map(|(_, settings)| settings).collect();
        assert_eq!(told.len(), with_env);
        for setting in told {
            assert!(setting.name.starts_with("IMGFILTER_"), "{}", setting.name);
            assert!(!setting.help.is_empty() && !setting.help.contains('\n'), "{}", setting.name);
        }
    }

    #[test]
    fn pages() {
        assert!(markdown().contains("| `IMGFILTER_LINK_LIFE` | interval | `3 months` |"));
        assert!(example().contains("\n#IMGFILTER_PORT=8080\n"));
    }
}
