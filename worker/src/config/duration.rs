//! Durations as people write them.

use std::time::Duration;

use thiserror::Error;

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected a number and a unit (ms, s, m, h, d; without one: seconds), such as 250ms or 24h")]
pub struct DurationMistake;

/// Reads `250ms`, `5s`, `2m`, `24h`, `7d`, or a bare number of seconds; fractions are allowed.
pub fn parse(text: &str) -> Result<Duration, DurationMistake> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err(DurationMistake),
    };
    let number: f64 = number.parse().map_err(|_| DurationMistake)?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| DurationMistake)
}

/// Reads a duration of `least` to `most` seconds; the mistake is in words.
pub fn within(text: &str, least: u64, most: u64) -> Result<Duration, String> {
    let duration = parse(text).map_err(|mistake| mistake.to_string())?;
    let allowed = Duration::from_secs(least)..=Duration::from_secs(most);
    if allowed.contains(&duration) { Ok(duration) } else { Err(format!("must be {least} to {most} seconds")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse("5"), Ok(Duration::from_secs(5)));
        assert_eq!(parse("0.5 s"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse("24h"), Ok(Duration::from_secs(86_400)));
        assert_eq!(parse("7d"), Ok(Duration::from_secs(604_800)));
    }

    #[test]
    fn mistakes() {
        for text in ["", "s", "5 weeks", "-5s", "1..2", "1e999999"] {
            assert_eq!(parse(text), Err(DurationMistake), "{text:?}");
        }
    }
}
