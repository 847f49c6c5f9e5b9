//! What one client may ask, which proxies are believed, which pages may call.

use std::fmt::Write;
use std::net::IpAddr;

use url::Url;

use super::NginxError;
use crate::config::{Front, words};

/// The zones of the limits, the trusted proxies and the origins.
pub(super) fn http_level(file: &mut String, front: &Front) -> Result<(), NginxError> {
    zones(file, front);
    hsts(file, front);
    proxies(file, front)?;
    origins(file, front)
}

/// Where requests are counted. 10 MB hold some 160,000 clients.
fn zones(file: &mut String, front: &Front) {
    for (name, key, rate) in
        [("address", "$limited_network", front.address_rate), ("key", "$limited_key", front.key_rate)]
    {
        if rate > 0 {
            let _ = writeln!(file, "    limit_req_zone {key} zone={name}_rate:10m rate={rate}r/s;");
        }
    }
    file.push_str("    limit_conn_zone $network zone=address_connections:10m;\n");
    file.push_str("    limit_conn_zone $network zone=address_streams:10m;\n");
    file.push_str("    limit_conn_zone $limited_key zone=key_connections:10m;\n\n");
}

/// The limits themselves, for each public server.
pub(super) fn limits(front: &Front) -> String {
    let mut lines = String::new();
    let rates =
        [("address", front.address_rate, front.address_burst), ("key", front.key_rate, front.key_burst)];
    for (name, _, burst) in rates.into_iter().filter(|(_, rate, _)| *rate > 0) {
        let _ = match burst {
            0 => writeln!(lines, "        limit_req zone={name}_rate;"),
            burst => writeln!(lines, "        limit_req zone={name}_rate burst={burst} nodelay;"),
        };
    }
    let connections = [("address", front.address_connections), ("key", front.key_connections)];
    for (name, count) in connections.into_iter().filter(|(_, count)| *count > 0) {
        let _ = writeln!(lines, "        limit_conn {name}_connections {count};");
    }
    lines
}

/// Whose word on the client's address is believed.
fn proxies(file: &mut String, front: &Front) -> Result<(), NginxError> {
    let mut any = false;
    for network in words(&front.trusted_proxies) {
        if !is_network(network) {
            let why = format!("{network:?} is no address, and no network such as 10.0.0.0/8");
            return Err(NginxError::Value("IMGFILTER_TRUSTED_PROXIES", why));
        }
        any = true;
        let _ = writeln!(file, "    set_real_ip_from {network};");
    }
    if any {
        file.push_str("    real_ip_header X-Forwarded-For;\n    real_ip_recursive on;\n\n");
    }
    Ok(())
}

fn is_network(text: &str) -> bool {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= longest))
}

/// `$allowed_origin`: the request's own Origin if it is among those allowed.
fn origins(file: &mut String, front: &Front) -> Result<(), NginxError> {
    let list: Vec<&str> = words(&front.cors_origins).collect();
    if list == ["*"] {
        file.push_str("    map \"\" $allowed_origin { default \"*\"; }\n\n");
        return Ok(());
    }
    if !list.is_empty() {
        // The answer differs by origin, and whoever keeps it must know.
        file.push_str("    add_header Vary Origin always;\n");
    }
    file.push_str("    map $http_origin $allowed_origin {\n        default \"\";\n");
    for origin in list {
        if !is_origin(origin) {
            let why = format!("{origin:?} is no origin such as https://app.example, nor a single *");
            return Err(NginxError::Value("IMGFILTER_CORS_ORIGINS", why));
        }
        let _ = writeln!(file, "        \"{origin}\" \"{origin}\";");
    }
    file.push_str("    }\n\n");
    Ok(())
}

/// Whether a text is an origin exactly as a browser sends it.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.origin().is_tuple() && url.origin().ascii_serialization() == text)
}

/// `$hsts`: what Strict-Transport-Security says; empty for nothing.
pub(super) fn hsts(file: &mut String, front: &Front) {
    let value = match front.hsts.as_secs() {
        0 => String::new(),
        seconds => format!("max-age={seconds}"),
    };
    let _ = writeln!(file, "    map $https $hsts {{ default \"\"; on \"{value}\"; }}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        for good in ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1"] {
            assert!(is_network(good), "{good}");
        }
        for bad in ["10.0.0.0/33", "host.example", "10.0.0.1;", "", "unix:"] {
            assert!(!is_network(bad), "{bad}");
        }
    }

    #[test]
    fn origins_are_as_browsers_send_them() {
        for good in ["https://app.example", "http://localhost:3000"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "https://app.example/",
            "app.example",
            "https://app.example:443",
            "https://a b",
            "data:,x",
            "null",
            "*",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
