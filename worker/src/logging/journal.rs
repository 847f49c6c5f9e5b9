//! The journal of systemd, by its own protocol: one datagram for each entry, with every field by its name, so that
//! `journalctl IMGFILTER_TASK=…` finds all that was said of a task.

use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tracing::Level;

use super::layer::{Entry, Scribe};

/// Where the journal listens.
pub const SOCKET: &str = "/run/systemd/journal/socket";
/// What the names of our fields begin with.
const PREFIX: &str = "IMGFILTER_";
/// The longest name that the journal takes.
const LONGEST_NAME: usize = 64;

/// Whether what is written on standard error comes into the journal: systemd says which file that is.
pub fn has_standard_error() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(about) = rustix::fs::fstat(std::io::stderr().as_fd()) else { return false };
    stream == format!("{}:{}", about.st_dev, about.st_ino)
}

/// Writes entries to the journal. Nobody waits for it: what it has no room for is lost.
pub struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Journal {
    /// The one that listens at this path.
    ///
    /// # Errors
    /// Nobody listens there, or we may not speak to it.
    pub fn open(path: &Path) -> io::Result<Self> {
        UnixDatagram::unbound()?.connect(path)?;
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, path: path.to_owned() })
    }
}

impl Scribe for Journal {
    fn write(&self, entry: &Entry) {
        // By its path each time: a journal that was started anew listens on another socket there.
        match self.socket.send_to(&datagram(entry), &self.path) {
            Ok(_) => {}
            // It stands still, and so may standard error, which leads there.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => {
                // It is too long for the journal, or that is being started anew: standard error leads there, too, or to someone.
                let _ = writeln!(io::stderr(), "{}", entry.text());
            }
        }
    }
}

/// An entry as the journal reads it. Whoever reads only the message has the fields in it, too.
fn datagram(entry: &Entry) -> Vec<u8> {
    let mut datagram = Vec::with_capacity(512);
    put(&mut datagram, "MESSAGE", &entry.text());
    put(&mut datagram, "PRIORITY", priority(entry.level));
    put(&mut datagram, "SYSLOG_IDENTIFIER", "imgfilter");
    put(&mut datagram, &format!("{PREFIX}TARGET"), entry.target);
    for (name, value) in &entry.fields {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        put(&mut datagram, &named(name), &value);
    }
    datagram
}

/// As syslog counts.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}

/// The name of a field: capitals, digits and underscores.
fn named(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    PREFIX.chars().chain(name.chars().map(plain)).take(LONGEST_NAME).collect()
}

/// A field on a line, or with its length where it has several.
fn put(datagram: &mut Vec<u8>, name: &str, value: &str) {
    datagram.extend_from_slice(name.as_bytes());
    if value.contains('\n') {
        datagram.push(b'\n');
        datagram.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        datagram.push(b'=');
    }
    datagram.extend_from_slice(value.as_bytes());
    datagram.push(b'\n');
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::super::layer::Told;
    use super::*;

    #[test]
    fn an_entry_has_its_fields_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixDatagram::bind(&path).unwrap();
        let journal = Journal::open(&path).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(Told::to(journal)), || {
            let _span = tracing::error_span!("job", task = "0199", trace = "4bf9", attempt = 2).entered();
            tracing::warn!(detail = "one\ntwo", "will be tried again");
        });
        let entry = said(&listener);
        for line in [
            "PRIORITY=4",
            "SYSLOG_IDENTIFIER=imgfilter",
            "IMGFILTER_TASK=0199",
            "IMGFILTER_TRACE=4bf9",
            "IMGFILTER_ATTEMPT=2",
        ] {
            assert!(entry.lines().any(|given| given == line), "{line} in {entry}");
        }
        assert!(entry.contains("MESSAGE=will be tried again detail=\"one\\ntwo\" task=0199"), "{entry}");
        assert!(entry.contains("IMGFILTER_DETAIL\n\u{7}\0\0\0\0\0\0\0one\ntwo\n"), "{entry}");
    }

    fn said(listener: &UnixDatagram) -> String {
        let mut read = [0; 4096];
        let length = listener.recv(&mut read).unwrap();
        String::from_utf8_lossy(&read[..length]).into_owned()
    }

    #[test]
    fn a_journal_that_is_started_anew_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let first = UnixDatagram::bind(&path).unwrap();
        let journal = Journal::open(&path).unwrap();
        drop(first);
        std::fs::remove_file(&path).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(Told::to(journal)), || {
            tracing::warn!("nobody listens");
            let second = UnixDatagram::bind(&path).unwrap();
            tracing::warn!("somebody listens");
            assert!(said(&second).contains("MESSAGE=somebody listens"));
        });
    }

    #[test]
    fn nobody_waits_for_a_journal_that_stands_still() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixDatagram::bind(&path).unwrap();
        let journal = Journal::open(&path).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(Told::to(journal)), || {
            (0..10_000).for_each(|number| tracing::warn!(number, "said"));
            assert!(said(&listener).contains("IMGFILTER_NUMBER=0\n"));
            listener.set_nonblocking(true).unwrap();
            let mut read = [0; 4096];
            while listener.recv(&mut read).is_ok() {}
            tracing::warn!("it goes on");
            assert!(said(&listener).contains("MESSAGE=it goes on"));
        });
    }

    #[test]
    fn names_are_as_the_journal_takes_them() {
        assert_eq!(named("link.key-id"), "IMGFILTER_LINK_KEY_ID");
        assert_eq!(named(&"x".repeat(99)).len(), LONGEST_NAME);
    }

    #[test]
    fn where_nobody_listens_there_is_no_journal() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Journal::open(&folder.path().join("socket")).is_err());
    }
}
