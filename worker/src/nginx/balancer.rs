//! The configuration of a load balancer before several edges.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::servers::{self, tls};
use super::{NginxError, clients, path, word};
use crate::config::{Edge, words};

/// Idle connections kept to the edges, by each nginx worker.
const KEEPALIVE: u32 = 64;
/// How long an edge that could not be reached is passed over.
const FAIL_TIMEOUT: &str = "5s";

/// An edge, as the balancer reaches it.
struct Member<'a> {
    name: &'a str,
    server: &'a str,
}

/// The whole file, as `nginx -c` takes it. `edges` are `name=host:port`, separated by commas.
///
/// # Errors
/// A value that nginx could not read.
pub fn render(edge: &Edge, edges: &str) -> Result<String, NginxError> {
    let members = members(edges)?;
    let nginx_dir = path("IMGFILTER_NGINX_DIR", &edge.nginx_dir)?;
    let mut file = String::from(
        "# Written by `imgfilter balancer-config` from the settings: change those, not this file.\n\n",
    );
    // Of a stream that goes through here both ends are connections.
    servers::process(&mut file, edge, "balancer", 2 * edge.events.max_watchers, servers::FILES_OF_BALANCER)?;
    file.push_str("\nhttp {\n");
    upstreams(&mut file, &members);
    clients::hsts(&mut file, &edge.front);
    let cache = path("IMGFILTER_CACHE", &edge.cache)?;
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(file, "    {kind}_temp_path \"{cache}/balancer-{kind}\";");
    }
    let _ = writeln!(file, "    include \"{nginx_dir}/clients.conf\";");
    let _ = writeln!(file, "    include \"{nginx_dir}/balancer-http.conf\";");
    servers::access_log(&mut file, edge)?;
    let address = word("IMGFILTER_LISTEN", &edge.listen)?;
    let mut server = |listen: &str, more: &str| {
        let _ = writeln!(
            file,
            "    server {{\n        {listen}\n{more}        include \"{nginx_dir}/load-balancer.conf\";\n    }}\n"
        );
    };
    server(&format!("listen {address}:{};", edge.port), "");
    if let Some(port) = edge.tls_port {
        server(&format!("listen {address}:{port} ssl http2;"), &tls(edge, &nginx_dir)?);
    }
    file.push_str("}\n");
    Ok(file)
}

fn members(edges: &str) -> Result<Vec<Member<'_>>, NginxError> {
    let wrong = |why: String| NginxError::Value("IMGFILTER_EDGES", why);
    let mut names = BTreeSet::new();
    let mut members = Vec::new();
    for each in words(edges) {
        let (name, server) = each
            .split_once('=')
            .filter(|(name, server)| is_edge_name(name) && is_server(server))
            .ok_or_else(|| {
                wrong(format!(
                    "{each:?} is not name=host:port, where a name has 1 to 16 lower-case letters and digits"
                ))
            })?;
        if !names.insert(name) {
            return Err(wrong(format!("two edges are called {name}")));
        }
        members.push(Member { name, server });
    }
    if members.is_empty() {
        return Err(wrong("names no edge".into()));
    }
    Ok(members)
}

/// Whether a text can be an edge's name: 1 to 16 letters and digits of ASCII, all lower case.
pub fn is_edge_name(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn is_server(text: &str) -> bool {
    let port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    word("", text).is_ok()
        && text.rsplit_once(':').is_some_and(|(host, after)| !host.is_empty() && port(after))
}

/// All edges together, and each alone.
fn upstreams(file: &mut String, members: &[Member<'_>]) {
    file.push_str(
        "    # The one with the fewest requests under way is next: an upload may take a second or an hour.\n",
    );
    file.push_str("    upstream edges {\n        zone edges 64k;\n        least_conn;\n");
    for member in members {
        let _ = writeln!(file, "        server {} max_fails=1 fail_timeout={FAIL_TIMEOUT};", member.server);
    }
    let _ = writeln!(file, "        keepalive {KEEPALIVE};\n    }}");
    for Member { name, server } in members {
        let _ = writeln!(file, "    upstream edge_{name} {{ server {server}; keepalive {KEEPALIVE}; }}");
    }
    file.push_str("    map $uri $edge_of_upload {\n        default edges;\n");
    for Member { name, .. } in members {
        let _ = writeln!(file, "        \"~^/uploads/{name}-\" edge_{name};");
    }
    file.push_str("    }\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_names_and_addresses() {
        let good = members("a=10.0.0.1:8080, b2=[2001:db8::1]:8080").unwrap();
        assert_eq!(good.iter().map(|member| member.name).collect::<Vec<_>>(), ["a", "b2"]);
        for bad in [
            "",
            "a",
            "a=10.0.0.1",
            "A=10.0.0.1:80",
            "a-b=x:1",
            "a=x:1,a=y:1",
            "a=x:1;",
            "=x:1",
            "a=x:99999",
            "a=:80",
        ] {
            assert!(members(bad).is_err(), "{bad}");
        }
    }
}
