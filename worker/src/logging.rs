//! Logs: in which form, and where they go.
//!
//! As text for people; as JSON; or as entries of systemd's journal. The last two are made by one [`layer`], for both have
//! each field by its name, also those of the spans around an event: of the task that is being done, or the delivery.

pub mod journal;
pub mod layer;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogForm;
use journal::Journal;
use layer::{Json, Told};

/// Begins to log in this form. `RUST_LOG` says how much (default: `info`, the libraries' warnings). Where there is no journal,
/// what was to go there is text on standard error.
pub fn start(form: LogForm) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,imgfilter=info"));
    let in_journal = journal::has_standard_error();
    let journal = match form {
        LogForm::Journald => Some(Journal::open(journal::SOCKET.as_ref())),
        LogForm::Auto if in_journal => Some(Journal::open(journal::SOCKET.as_ref())),
        _ => None,
    };
    let registry = tracing_subscriber::registry().with(filter);
    // A second subscriber in one process is refused; only tests try.
    let _ = match (form, journal) {
        (LogForm::Json, _) => registry.with(Told::to(Json)).try_init(),
        (_, Some(Ok(journal))) => registry.with(Told::to(journal)).try_init(),
        (_, journal) => {
            let text = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
            let ansi = !in_journal && std::io::IsTerminal::is_terminal(&std::io::stderr());
            let started = if in_journal {
                // The journal writes the time.
                registry.with(text.with_ansi(false).without_time()).try_init()
            } else {
                registry.with(text.with_ansi(ansi)).try_init()
            };
            if let Some(Err(error)) = journal {
                tracing::warn!(%error, "the journal cannot be written to");
            }
            started
        }
    };
}
