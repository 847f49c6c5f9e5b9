//! Settings of those who watch tasks: `?wait=`, and streams of events.

use std::time::Duration;

use clap::Args;

use super::{parse_duration, within};

/// The most that can watch in one nginx worker process: each is a connection, and has a file descriptor of its own.
const MAX_WATCHERS: i64 = 65_535;
/// The most streams of an address that nginx can count.
const MAX_STREAMS: i64 = 65_535;

/// Who may watch tasks, and for how long.
#[derive(Debug, Clone, Args)]
pub struct Events {
    /// Longest wait that `?wait=` may ask for; a longer one is refused with invalid_wait
    #[arg(long, env = "IMGFILTER_MAX_WAIT", value_name = "DURATION", default_value = "60s",
          value_parser = parse_duration)]
    pub max_wait: Duration,
    /// Requests of each nginx worker process that may watch tasks, as streams of events or by `?wait=`; more are refused
    /// with overloaded. nginx gets as many connections more; a stream takes some 20 kB, with TLS some 50
    #[arg(long, env = "IMGFILTER_MAX_WATCHERS", value_name = "COUNT", default_value_t = 6000,
          value_parser = clap::value_parser!(u32).range(1..=MAX_WATCHERS))]
    pub max_watchers: u32,
    /// Streams of events that one address may have open (of IPv6, its first 64 bits); more are refused with
    /// too_many_requests. They do not count as IMGFILTER_ADDRESS_CONNECTIONS. 0: no limit
    #[arg(long, env = "IMGFILTER_ADDRESS_STREAMS", value_name = "COUNT", default_value_t = 128,
          value_parser = clap::value_parser!(u32).range(0..=MAX_STREAMS))]
    pub address_streams: u32,
    /// How long a stream of events is open before it is ended; the client comes again, and misses nothing
    #[arg(long, env = "IMGFILTER_STREAM_LIFE", value_name = "DURATION", default_value = "30m",
          value_parser = stream_life)]
    pub stream_life: Duration,
    /// Silence after which a stream of events says that it lives, 1 to 60 seconds; shorter than what any proxy before it
    /// waits for
    #[arg(long, env = "IMGFILTER_STREAM_HEARTBEAT", value_name = "DURATION", default_value = "15s",
          value_parser = stream_heartbeat)]
    pub stream_heartbeat: Duration,
    /// How soon clients are to come again after a stream of events has ended, 1 to 60 seconds; each is told a time between
    /// this and twice this, so that they do not all come at once
    #[arg(long, env = "IMGFILTER_STREAM_RETRY", value_name = "DURATION", default_value = "2s",
          value_parser = stream_retry)]
    pub stream_retry: Duration,
}

impl Events {
    /// What nginx is told of streams of one address: where there is no limit, the highest that it knows.
    pub fn streams_of_address(&self) -> i64 {
        if self.address_streams == 0 { MAX_STREAMS } else { self.address_streams.into() }
    }
}

fn stream_life(text: &str) -> Result<Duration, String> {
    within(text, 1, 24 * 3600)
}

fn stream_heartbeat(text: &str) -> Result<Duration, String> {
    within(text, 1, 60)
}

fn stream_retry(text: &str) -> Result<Duration, String> {
    within(text, 1, 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert!(stream_life("24h").is_ok() && stream_life("25h").is_err());
        assert!(stream_heartbeat("1s").is_ok() && stream_heartbeat("61s").is_err());
        assert!(stream_retry("60s").is_ok() && stream_retry("0").is_err());
    }
}
