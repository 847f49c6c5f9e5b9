//! Whether the nginx of this machine takes the configuration that it would be given.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::Context;
use super::finding::Finding;
use crate::cmd::nginx_config;
use crate::config::Edge;
use crate::nginx::{self, Parts};

/// Where nginx lies beside what PATH says.
const FOLDERS: &str = "/usr/sbin:/usr/local/sbin:/usr/local/nginx/sbin";

/// The program, if it is installed here.
pub(super) fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(std::env::split_paths(OsStr::new(FOLDERS)));
    folders.map(|folder| folder.join("nginx")).find(|file| file.is_file())
}

/// `nginx -t`. It makes folders and files that it is told of, so it is told of others than the service's.
pub(super) async fn check(context: &Context) -> Finding {
    let Some(program) = program() else { return Finding::skipped("nginx is not installed on this machine") };
    let folder = match tempfile::Builder::new().prefix("imgfilter-doctor-").tempdir() {
        Ok(folder) => folder,
        Err(error) => return Finding::skipped(format!("there is no room for a folder of its own: {error}")),
    };
    let file = match configuration(context, folder.path()) {
        Ok(file) => file,
        Err(error) => return Finding::wrong(error.to_string(), "correct the setting that is named"),
    };
    let path = folder.path().join("nginx.conf");
    if let Err(error) = std::fs::write(&path, file) {
        return Finding::skipped(format!("cannot write {}: {error}", path.display()));
    }
    let mut command = Command::new(&program);
    command.args(["-t", "-q", "-e", "stderr", "-p"]).arg(folder.path()).arg("-c").arg(&path);
    match command.kill_on_drop(true).output().await {
        Ok(done) if done.status.success() => {
            Finding::ok(format!("{} takes the generated configuration", program.display()))
        }
        Ok(done) => told(&String::from_utf8_lossy(&done.stderr)),
        Err(error) => {
            Finding::wrong(format!("{} cannot be run: {error}", program.display()), "install nginx anew")
        }
    }
}

/// The configuration of these settings, but for all that nginx would write to.
fn configuration(context: &Context, folder: &Path) -> Result<String, nginx::NginxError> {
    let settings = &context.settings;
    let edge = Edge {
        runtime_dir: folder.to_owned(),
        cache: folder.to_owned(),
        h2c_socket: settings.edge.h2c_socket.as_ref().map(|_| folder.join("h2c.sock")),
        error_log: "stderr".to_owned(),
        access_log: "off".to_owned(),
        ..settings.edge.clone()
    };
    nginx::render(&Parts {
        edge: &edge,
        chains: &settings.limits.chains,
        s3: &settings.s3,
        spool: &folder.join("spool"),
        environment: nginx_config::environment(&context.matches, &settings.notify),
    })
}

/// What nginx says, and what helps.
fn told(said: &str) -> Finding {
    let errors = ["[emerg]", "[alert]", "[crit]"];
    let line = said.lines().find(|line| errors.iter().any(|error| line.contains(error)));
    let what = line.or(said.lines().last()).unwrap_or("nginx -t failed and said nothing").trim();
    // Before the kind stand the name, or time and process.
    let what = what.find('[').map_or(what, |kind| &what[kind..]);
    let built_for_another = what.contains("is not binary compatible")
        || (what.contains("version") && what.contains("instead of"));
    if built_for_another {
        return Finding::wrong(
            format!("a module was built for another nginx: {what}"),
            "build it with the headers of the nginx that is installed, or install the package that was built for it",
        );
    }
    if what.contains("dlopen()") {
        return Finding::wrong(
            what,
            "install the module, or correct IMGFILTER_UPLOAD_MODULE or IMGFILTER_NGINX_MODULES",
        );
    }
    let unprivileged = !rustix::process::geteuid().is_root();
    if unprivileged && what.contains("Permission denied") {
        return Finding::skipped(format!("only root can try this: {what}"));
    }
    Finding::wrong(
        what,
        "correct the setting or the file that is named; `imgfilter nginx-config` shows what is generated",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(said: &str) -> String {
        told(said).report("nginx").troubles.remove(0).what
    }

    #[test]
    fn what_nginx_says() {
        let other = "nginx: [emerg] module \"/m.so\" is not binary compatible in /t/nginx.conf:5\n";
        assert!(what(other).starts_with("a module was built for another nginx"));
        let older = "nginx: [emerg] module \"/m.so\" version 1018000 instead of 1022001 in /t/nginx.conf:5\n";
        assert!(what(older).starts_with("a module was built for another nginx"));
        let words =
            "nginx: [warn] x\nnginx: [emerg] unknown directive \"y\" in /t/nginx.conf:5\nnginx: failed\n";
        assert!(what(words).starts_with("[emerg] unknown directive"));
        assert!(!what("").is_empty());
    }
}
