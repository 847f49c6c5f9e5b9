//! What is said of the work: logs, and the spans of traces.

use clap::{Args, ValueEnum};

use super::{ConfigError, Secret};

/// The form of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// To the journal under systemd, text otherwise.
    Auto,
    /// Lines for people, on standard error.
    Text,
    /// One JSON object a line, on standard error.
    Json,
    /// Entries with fields, to the journal of systemd.
    Journald,
}

/// Where logs go.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logs and traces")]
pub struct Logs {
    /// Form of the logs: `text` and `json`, an object a line, go to standard error; `journald` to systemd's journal, with
    /// fields; `auto` is the journal where standard error leads there, and text otherwise
    #[arg(long, env = "IMGFILTER_LOG", value_name = "FORM", value_enum, default_value_t = LogForm::Auto, global = true)]
    pub log: LogForm,
}

/// Where spans go.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logs and traces")]
pub struct Traces {
    /// Where workers and `imgfilter notify run` send the spans of traces: OTLP over HTTP in protobuf, the whole URL, such as
    /// http://127.0.0.1:4318/v1/traces. Empty: nowhere
    #[arg(long, env = "IMGFILTER_OTLP", hide_env_values = true, value_name = "URL")]
    pub otlp: Option<Secret>,
    /// Which part of the traces is sent, 0 to 1, beside those whose caller says by `traceparent` that it keeps them
    #[arg(long, env = "IMGFILTER_OTLP_RATIO", value_name = "RATIO", default_value_t = 1.0)]
    pub otlp_ratio: f64,
}

impl Traces {
    /// Where spans are sent, if they are.
    ///
    /// # Errors
    /// It is no URL of a host, or the ratio is none.
    pub fn url(&self) -> Result<Option<url::Url>, ConfigError> {
        let invalid = |name, reason: &str| ConfigError::Invalid { name, reason: reason.to_owned() };
        if !(0.0..=1.0).contains(&self.otlp_ratio) {
            return Err(invalid("IMGFILTER_OTLP_RATIO", "not between 0 and 1"));
        }
        let Some(text) = self.otlp.as_ref().map(Secret::reveal).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        url.map(Some).ok_or_else(|| invalid("IMGFILTER_OTLP", "neither http:// nor https://"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces(otlp: &str, otlp_ratio: f64) -> Result<Option<url::Url>, ConfigError> {
        Traces { otlp: Some(otlp.parse().unwrap()), otlp_ratio }.url()
    }

    #[test]
    fn spans_go_to_a_url_or_nowhere() {
        assert!(traces("", 1.0).unwrap().is_none());
        let hidden = Traces { otlp: Some("http://a:hunter2@b".parse().unwrap()), otlp_ratio: 1.0 };
        assert!(!format!("{hidden:?}").contains("hunter2"), "it may hold a password");
        assert_eq!(traces("http://127.0.0.1:4318/v1/traces", 0.5).unwrap().unwrap().port(), Some(4318));
        for (otlp, ratio) in
            [("127.0.0.1:4318", 1.0), ("grpc://a", 1.0), ("", 1.5), ("", -0.1), ("", f64::NAN)]
        {
            assert!(traces(otlp, ratio).is_err(), "{otlp} {ratio}");
        }
    }
}
