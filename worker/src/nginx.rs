//! The generated nginx configuration: what the settings decide, around the static files that say the rest.

mod balancer;
mod clients;
mod servers;

use std::fmt::Write;
use std::path::Path;

use thiserror::Error;
use url::Url;

use crate::config::{ChainLimits, Edge, S3};

pub use balancer::{is_edge_name, render as render_balancer};

/// Longest path of a unix socket, in bytes.
const MAX_SOCKET_PATH: usize = 107;
/// How many bytes a form may have beyond its file and its chains: the other fields and the separators.
const FORM_BYTES: u64 = 64 << 10;
/// Most bytes a character takes in UTF-8.
const LONGEST_CHARACTER: u64 = 4;

/// What the configuration is made of.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The edge's settings.
    pub edge: &'a Edge,
    /// What a chain may be.
    pub chains: &'a ChainLimits,
    /// The store's.
    pub s3: &'a S3,
    /// Names and values of the environment that nginx's Lua side reads, defaults filled in; a secret has no value here.
    pub environment: Vec<(String, Option<String>)>,
    /// Where uploads are spooled.
    pub spool: &'a Path,
}

/// Why there is no configuration.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NginxError {
    /// A value that nginx could not read.
    #[error("{0}: {1}")]
    Value(&'static str, String),
}

/// The whole file, as `nginx -c` takes it.
pub fn render(parts: &Parts<'_>) -> Result<String, NginxError> {
    let mut file = String::new();
    main_level(&mut file, parts)?;
    file.push_str("\nhttp {\n");
    http_level(&mut file, parts)?;
    clients::http_level(&mut file, &parts.edge.front)?;
    servers::upstreams(&mut file, parts)?;
    servers::public(&mut file, parts)?;
    servers::gateway(&mut file, parts)?;
    servers::metrics(&mut file, parts.edge)?;
    file.push_str("}\n");
    Ok(file)
}

/// Modules, processes, threads, environment.
fn main_level(file: &mut String, parts: &Parts<'_>) -> Result<(), NginxError> {
    let edge = parts.edge;
    let modules = path("IMGFILTER_NGINX_MODULES", &edge.nginx_modules)?;
    let connections = edge.edge_database_connections;
    let upload_module = quoted("IMGFILTER_UPLOAD_MODULE", &edge.upload_module)?;
    let threads = edge.native_threads;
    file.push_str(
        "# Written by `imgfilter nginx-config` from the settings: change those, not this file.\n\n",
    );
    let _ = writeln!(file, "load_module \"{modules}/ndk_http_module.so\";");
    let _ = writeln!(file, "load_module \"{modules}/ngx_http_lua_module.so\";");
    let _ = writeln!(file, "load_module {upload_module};\n");
    servers::process(file, edge, "nginx", edge.events.max_watchers, servers::FILES_OF_EDGE)?;
    // What looks at every request's path has expressions to match it with.
    file.push_str("pcre_jit on;\n");
    file.push_str("# Each pool is kept from ever filling its queue by a gate in Lua.\n");
    let _ = writeln!(file, "thread_pool write threads={connections} max_queue=65536;");
    let _ = writeln!(file, "thread_pool read threads={connections} max_queue=65536;");
    let _ = writeln!(file, "thread_pool keys threads={} max_queue=65536;", edge.pressure.key_threads);
    let _ = writeln!(file, "thread_pool native threads={threads} max_queue=65536;");
    file.push_str("thread_pool files threads=1 max_queue=65536;\n");
    file.push_str("# No request has more than one piece of work here, so there are never as many.\n");
    let _ = writeln!(file, "thread_pool spool threads={} max_queue=65536;\n", edge.spool_threads);
    file.push_str(
        "# What Lua reads. Secrets are taken from nginx's own environment and do not stand here.\n",
    );
    for (name, value) in &parts.environment {
        let _ = match value {
            Some(value) => writeln!(file, "env \"{name}={}\";", escaped(name, value)?),
            None => writeln!(file, "env {name};"),
        };
    }
    Ok(())
}

/// Sizes, folders and the static files.
fn http_level(file: &mut String, parts: &Parts<'_>) -> Result<(), NginxError> {
    let edge = parts.edge;
    let cache = path("IMGFILTER_CACHE", &edge.cache)?;
    let nginx_dir = path("IMGFILTER_NGINX_DIR", &edge.nginx_dir)?;
    let spool = quoted("IMGFILTER_SPOOL", parts.spool)?;
    let fields = fields_bytes(edge, parts.chains);
    let _ = writeln!(file, "    client_max_body_size {};", edge.max_body.saturating_add(fields));
    let _ = writeln!(file, "    upload_max_file_size {};", edge.max_body);
    let _ = writeln!(file, "    upload_max_output_body_len {fields};");
    let _ = writeln!(file, "    upload_store {spool};");
    let _ = writeln!(
        file,
        "    proxy_cache_path \"{cache}/results\" levels=1:2 keys_zone=results:16m max_size={} \
         inactive={}s use_temp_path=off;",
        edge.cache_size,
        edge.downloads.cache_life.as_secs()
    );
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(file, "    {kind}_temp_path \"{cache}/{kind}\";");
    }
    let _ = writeln!(file, "    include \"{nginx_dir}/clients.conf\";");
    let _ = writeln!(file, "    include \"{nginx_dir}/http.conf\";");
    servers::access_log(file, edge)
}

/// Room for a form's fields: as many chains as allowed, as long as allowed, in whatever script, and all the rest.
fn fields_bytes(edge: &Edge, chains: &ChainLimits) -> u64 {
    u64::from(edge.max_filters) * u64::from(chains.max_chain_length) * LONGEST_CHARACTER + FORM_BYTES
}

/// Host and port of the store, and its scheme.
fn endpoint(s3: &S3) -> Result<(String, &'static str), NginxError> {
    let wrong = |why: String| NginxError::Value("IMGFILTER_S3_ENDPOINT", why);
    let url = Url::parse(&s3.s3_endpoint).map_err(|error| wrong(error.to_string()))?;
    let scheme = match url.scheme() {
        "http" => "http",
        "https" => "https",
        other => return Err(wrong(format!("{other} is neither http nor https"))),
    };
    if url.path() != "/" || url.query().is_some() || !url.username().is_empty() {
        return Err(wrong("must be http[s]://HOST[:PORT] and no more".into()));
    }
    let host = url.host_str().ok_or_else(|| wrong("has no host".into()))?;
    let port = url.port_or_known_default().unwrap_or(80);
    Ok((format!("{host}:{port}"), scheme))
}

/// A path for use inside quotes.
fn path(name: &'static str, path: &Path) -> Result<String, NginxError> {
    let text = path.to_str().ok_or_else(|| NginxError::Value(name, "is not UTF-8".into()))?;
    if !path.is_absolute() {
        return Err(NginxError::Value(name, "must be an absolute path".into()));
    }
    escaped(name, text)
}

fn quoted(name: &'static str, value: &Path) -> Result<String, NginxError> {
    Ok(format!("\"{}\"", path(name, value)?))
}

/// A path of a unix socket.
fn socket(name: &'static str, value: &Path) -> Result<String, NginxError> {
    let text = path(name, value)?;
    if text.len() > MAX_SOCKET_PATH {
        return Err(NginxError::Value(name, format!("{text} is longer than {MAX_SOCKET_PATH} bytes")));
    }
    Ok(text)
}

/// A value inside nginx's double quotes.
fn escaped(name: &str, value: &str) -> Result<String, NginxError> {
    if value.chars().any(char::is_control) || value.contains('$') {
        let why = format!("{name} holds a control character or a dollar sign");
        return Err(NginxError::Value("nginx cannot be told", why));
    }
    Ok(value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A value that stands without quotes.
fn word(name: &'static str, value: &str) -> Result<String, NginxError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:[]*".contains(c);
    if value.is_empty() || !value.chars().all(plain) {
        return Err(NginxError::Value(name, format!("{value:?} is not a single plain word")));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_break_out() {
        assert_eq!(escaped("X", r#"a"b\c"#).unwrap(), r#"a\"b\\c"#);
        assert!(escaped("X", "a\n}").is_err() && escaped("X", "$host").is_err());
        assert!(word("X", "www-data").is_ok() && word("X", "a; b").is_err() && word("X", "").is_err());
        assert!(path("X", Path::new("relative")).is_err());
        assert!(socket("X", Path::new(&format!("/{}", "a".repeat(107)))).is_err());
    }
}
