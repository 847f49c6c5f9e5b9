//! Settings of downloads: how long an edge and those behind it may keep what, and who brings the bytes.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{parse_duration, within};

/// Who brings the bytes of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Bringer {
    /// nginx, from its cache or the store.
    Proxy,
    /// The store itself: nginx sends clients to it.
    Redirect,
}

/// Downloads.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Downloads")]
pub struct Downloads {
    /// Who brings the bytes of a download: `proxy`, nginx with its cache; or `redirect`, the S3 itself, to which nginx sends
    /// clients with a signed URL
    #[arg(long, env = "IMGFILTER_DOWNLOADS", value_name = "MODE", value_enum, default_value_t = Bringer::Proxy)]
    pub downloads: Bringer,
    /// How long a CDN or another shared cache may keep a download (`s-maxage`), though never beyond its link's life: so long
    /// a link that was revoked may be served from there
    #[arg(long, env = "IMGFILTER_CDN_MAX_AGE", value_name = "DURATION", default_value = "60s",
          value_parser = parse_duration)]
    pub cdn_max_age: Duration,
    /// How long an edge believes what the database has said of a link, 1 to 60 seconds: after that time a link that was
    /// revoked or erased is dead there, also where its list of those cannot be read
    #[arg(long, env = "IMGFILTER_LINK_MEMORY", value_name = "DURATION", default_value = "60s",
          value_parser = link_memory)]
    pub link_memory: Duration,
    /// Links that are none, and that one address may try in a minute; then they are answered with too_many_requests instead
    /// of not_found, while good ones are served. An IPv6 address counts without its last 64 bits. 0: no limit
    #[arg(long, env = "IMGFILTER_LINK_MISSES", value_name = "COUNT", default_value_t = 60)]
    pub link_misses: u32,
    /// How long a cached download stays that nobody asks for
    #[arg(long, env = "IMGFILTER_CACHE_LIFE", value_name = "DURATION", default_value = "24h",
          value_parser = cache_life)]
    pub cache_life: Duration,
    /// How long the signed URL of a redirect is good, 60 to 300 seconds, though never beyond the link's life
    #[arg(long, env = "IMGFILTER_PRESIGNED_LIFE", value_name = "DURATION", default_value = "60s",
          value_parser = presigned_life)]
    pub presigned_life: Duration,
    /// URL at which clients reach the S3, for redirects; `same`: IMGFILTER_S3_ENDPOINT
    #[arg(long, env = "IMGFILTER_PRESIGNED_ENDPOINT", value_name = "URL", default_value = "same")]
    pub presigned_endpoint: String,
}

fn link_memory(text: &str) -> Result<Duration, String> {
    within(text, 1, 60)
}

fn presigned_life(text: &str) -> Result<Duration, String> {
    within(text, 60, 300)
}

fn cache_life(text: &str) -> Result<Duration, String> {
    within(text, 60, 366 * 24 * 3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(link_memory("60"), Ok(Duration::from_secs(60)));
        for bad in ["0", "999ms", "61s", "2m", "long"] {
            assert!(link_memory(bad).is_err(), "{bad}");
        }
        assert!(presigned_life("5m").is_ok() && presigned_life("59s").is_err());
    }
}
