//! Settings of the edge towards its clients: how much one of them may ask, whose word on addresses is believed, which
//! pages may call.

use std::time::Duration;

use clap::Args;

use super::parse_duration;

/// The largest rate nginx is given, in requests a second.
const MAX_RATE: u32 = 100_000;
/// The most requests that may come at once, or be under way.
const MAX_COUNT: u32 = 65_535;

/// The edge towards its clients.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Clients")]
pub struct Front {
    /// Uploads and new tasks a second from one address (of IPv6, its first 64 bits); more are refused with
    /// too_many_requests. 0: no limit
    #[arg(long, env = "IMGFILTER_ADDRESS_RATE", value_name = "COUNT", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_RATE)))]
    pub address_rate: u32,
    /// How many of them may come at once before the rate counts
    #[arg(long, env = "IMGFILTER_ADDRESS_BURST", value_name = "COUNT", default_value_t = 200,
          value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_COUNT)))]
    pub address_burst: u32,
    /// Requests of one address under way; HTTP/2 counts every stream. More are refused with too_many_requests. 0: no
    /// limit
    #[arg(long, env = "IMGFILTER_ADDRESS_CONNECTIONS", value_name = "COUNT", default_value_t = 256,
          value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_COUNT)))]
    pub address_connections: u32,
    /// Uploads and new tasks a second with one key; more are refused with too_many_requests. 0: no limit
    #[arg(long, env = "IMGFILTER_KEY_RATE", value_name = "COUNT", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_RATE)))]
    pub key_rate: u32,
    /// How many of them may come at once before the rate counts
    #[arg(long, env = "IMGFILTER_KEY_BURST", value_name = "COUNT", default_value_t = 200,
          value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_COUNT)))]
    pub key_burst: u32,
    /// Uploads with one key under way; more are refused with too_many_requests. 0: no limit
    #[arg(long, env = "IMGFILTER_KEY_CONNECTIONS", value_name = "COUNT", default_value_t = 256,
          value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_COUNT)))]
    pub key_connections: u32,
    /// Addresses and networks (10.0.0.0/8) of proxies and load balancers, separated by commas: from these the client's
    /// address is read from X-Forwarded-For
    #[arg(
        long,
        env = "IMGFILTER_TRUSTED_PROXIES",
        value_name = "NETWORKS",
        default_value = "",
        hide_default_value = true
    )]
    pub trusted_proxies: String,
    /// Origins whose pages may call the service from a browser (https://app.example), separated by commas; `*` for all
    #[arg(
        long,
        env = "IMGFILTER_CORS_ORIGINS",
        value_name = "ORIGINS",
        default_value = "",
        hide_default_value = true
    )]
    pub cors_origins: String,
    /// How long browsers remember to come by https only (Strict-Transport-Security), said on the TLS port; 0: nothing
    /// is said. It holds for every port of the host
    #[arg(long, env = "IMGFILTER_HSTS", value_name = "DURATION", default_value = "0s",
          value_parser = parse_duration)]
    pub hsts: Duration,
}

/// A load balancer before several edges.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Load balancer")]
pub struct Balancer {
    /// The edges behind a load balancer: `name=host:port`, separated by commas; the names are those of
    /// IMGFILTER_EDGE_NAME there. Only `imgfilter balancer-config` reads it
    #[arg(
        long,
        env = "IMGFILTER_EDGES",
        value_name = "EDGES",
        default_value = "",
        hide_default_value = true
    )]
    pub edges: String,
}

/// The words of a list with commas, without those that are empty.
pub fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty())
}
