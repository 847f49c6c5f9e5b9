//! Upstreams and servers of the generated configuration.

use std::fmt::Write;
use std::path::Path;

use super::{NginxError, Parts, clients, endpoint, escaped, path, quoted, socket, word};
use crate::config::{AccessLogFormat, Edge, Events};

/// Connections of each nginx worker but those that watch tasks: every client may have one of its own to the gateway, and
/// that one to the store.
const CONNECTIONS: u32 = 4096;
/// Files that an edge has open in each nginx worker: of its cache, of the spool, and a few that are always open.
pub(super) const FILES_OF_EDGE: u32 = 6144;
/// The same of a load balancer, which writes nothing but logs.
pub(super) const FILES_OF_BALANCER: u32 = 256;
/// Idle connections kept to the store and to the gateway, by each nginx worker.
const KEEPALIVE: u32 = 32;
/// Room beside the body of an order, in bytes: what divides it into chunks is held with it.
const CHUNKS_BYTES: u32 = 64 << 10;
/// The gateway's socket, in the runtime folder.
const GATEWAY_SOCKET: &str = "s3.sock";

/// What nginx's processes are; `name` is that of the pid file, `watching` is how many connections those who watch tasks
/// may take in each, and `files` how many files may be open beside all connections.
pub(super) fn process(
    file: &mut String,
    edge: &Edge,
    name: &str,
    watching: u32,
    files: u32,
) -> Result<(), NginxError> {
    let runtime = path("IMGFILTER_RUNTIME_DIR", &edge.runtime_dir)?;
    if let Some(user) = &edge.nginx_user {
        let words: Result<Vec<_>, _> =
            user.split_whitespace().map(|part| word("IMGFILTER_NGINX_USER", part)).collect();
        let _ = writeln!(file, "user {};", words?.join(" "));
    }
    let _ = writeln!(file, "worker_processes {};", word("IMGFILTER_NGINX_WORKERS", &edge.nginx_workers)?);
    let connections = CONNECTIONS + watching;
    let _ = writeln!(file, "worker_rlimit_nofile {};", connections + files);
    let _ = writeln!(file, "pid \"{runtime}/{name}.pid\";");
    let _ = writeln!(file, "error_log \"{}\" notice;", escaped("IMGFILTER_ERROR_LOG", &edge.error_log)?);
    let _ = writeln!(file, "events {{ worker_connections {connections}; }}\n");
    Ok(())
}

/// Where a line for each request goes.
pub(super) fn access_log(file: &mut String, edge: &Edge) -> Result<(), NginxError> {
    let format = match edge.access_log_format {
        AccessLogFormat::Text => "imgfilter",
        AccessLogFormat::Json => "imgfilter_json",
    };
    let _ = match edge.access_log.as_str() {
        "off" => writeln!(file, "    access_log off;\n"),
        log => writeln!(file, "    access_log \"{}\" {format};\n", escaped("IMGFILTER_ACCESS_LOG", log)?),
    };
    Ok(())
}

/// The store, and the gateway that leads to it.
pub(super) fn upstreams(file: &mut String, parts: &Parts<'_>) -> Result<(), NginxError> {
    let (server, _) = endpoint(parts.s3)?;
    let gateway = gateway_socket(parts)?;
    let _ = writeln!(file, "    upstream s3 {{ server {server}; keepalive {KEEPALIVE}; }}");
    let _ = writeln!(file, "    upstream gateway {{ server \"unix:{gateway}\"; keepalive {KEEPALIVE}; }}\n");
    Ok(())
}

/// A server for each way in: HTTP/1.1, TLS, and HTTP/2 without TLS on a unix socket.
pub(super) fn public(file: &mut String, parts: &Parts<'_>) -> Result<(), NginxError> {
    let edge = parts.edge;
    let address = word("IMGFILTER_LISTEN", &edge.listen)?;
    let nginx_dir = path("IMGFILTER_NGINX_DIR", &edge.nginx_dir)?;
    let limits = clients::limits(&edge.front);
    // Before edge.conf, whose answer to a browser's question is the end of what is set.
    let counted = match edge.edge_metrics.0 {
        Some(_) => format!("        include \"{nginx_dir}/counted.conf\";\n"),
        None => String::new(),
    };
    let more_locations = orders(edge.max_task_body, &nginx_dir)
        + &streams(&edge.events, &nginx_dir)
        + &format!("        include \"{nginx_dir}/notifications.conf\";\n");
    let mut server = |listen: &str, more: &str| {
        let _ = writeln!(
            file,
            "    server {{\n        {listen}\n{more}{limits}        set $www \"{nginx_dir}/www\";\n\
             {counted}        include \"{nginx_dir}/edge.conf\";\n{more_locations}    }}\n"
        );
    };
    server(&format!("listen {address}:{};", edge.port), "");
    if let Some(port) = edge.tls_port {
        server(&format!("listen {address}:{port} ssl http2;"), &tls(edge, &nginx_dir)?);
    }
    if let Some(path) = &edge.h2c_socket {
        let path = socket("IMGFILTER_H2C_SOCKET", path)?;
        server(&format!("listen \"unix:{path}\" http2;"), "");
    }
    Ok(())
}

/// Certificate and rules of a TLS server.
pub(super) fn tls(edge: &Edge, nginx_dir: &str) -> Result<String, NginxError> {
    let certificate = needed("IMGFILTER_TLS_CERTIFICATE", edge.tls_certificate.as_deref())?;
    let key = needed("IMGFILTER_TLS_KEY", edge.tls_key.as_deref())?;
    Ok(format!(
        "        ssl_certificate {certificate};\n        ssl_certificate_key {key};\n        \
         include \"{nginx_dir}/tls.conf\";\n"
    ))
}

/// Where orders for kept images come in. Their bodies are held in memory, whole.
fn orders(max_body: u32, nginx_dir: &str) -> String {
    let buffer = max_body.saturating_add(CHUNKS_BYTES);
    format!(
        "        location = /tasks {{\n            client_max_body_size {max_body};\n            \
         client_body_buffer_size {buffer};\n            include \"{nginx_dir}/orders.conf\";\n        }}\n"
    )
}

/// Where tasks are watched. With a limit of its own, so that none of the server's counts there.
fn streams(events: &Events, nginx_dir: &str) -> String {
    let streams = events.streams_of_address();
    format!(
        "        location ~ ^/tasks/[^/]+/events$ {{\n            limit_conn address_streams {streams};\n            \
         include \"{nginx_dir}/events.conf\";\n        }}\n"
    )
}

/// The gateway to the store.
pub(super) fn gateway(file: &mut String, parts: &Parts<'_>) -> Result<(), NginxError> {
    let (_, scheme) = endpoint(parts.s3)?;
    let gateway = gateway_socket(parts)?;
    let nginx_dir = path("IMGFILTER_NGINX_DIR", &parts.edge.nginx_dir)?;
    let seconds = parts.s3.s3_timeout.as_secs().max(1);
    let _ = writeln!(
        file,
        "    server {{\n        listen \"unix:{gateway}\";\n        set $s3_scheme {scheme};\n        \
         proxy_connect_timeout {}s;\n        proxy_send_timeout {seconds}s;\n        proxy_read_timeout {seconds}s;\n        \
         include \"{nginx_dir}/s3-gateway.conf\";\n    }}",
        seconds.min(5)
    );
    Ok(())
}

/// Where Prometheus reads, if anywhere.
pub(super) fn metrics(file: &mut String, edge: &Edge) -> Result<(), NginxError> {
    let Some(address) = edge.edge_metrics.0 else { return Ok(()) };
    let nginx_dir = path("IMGFILTER_NGINX_DIR", &edge.nginx_dir)?;
    let _ = writeln!(
        file,
        "    server {{\n        listen {address};\n        include \"{nginx_dir}/metrics.conf\";\n    }}"
    );
    Ok(())
}

fn gateway_socket(parts: &Parts<'_>) -> Result<String, NginxError> {
    socket("IMGFILTER_RUNTIME_DIR", &parts.edge.runtime_dir.join(GATEWAY_SOCKET))
}

fn needed(name: &'static str, value: Option<&Path>) -> Result<String, NginxError> {
    let value = value.ok_or_else(|| NginxError::Value(name, "is needed with IMGFILTER_TLS_PORT".into()))?;
    quoted(name, value)
}
