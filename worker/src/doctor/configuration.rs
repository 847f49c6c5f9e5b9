//! Whether settings can be used, secrets are there, and files can be read.

use std::fs::File;
use std::path::Path;

use super::Context;
use super::finding::{Finding, Trouble};
use crate::config::ConfigError;

/// Looks at the settings themselves; what they lead to is for other checks.
pub(super) async fn check(context: &Context) -> Finding {
    let mut troubles = context.mistakes.clone();
    troubles.extend(secrets(context));
    troubles.extend(files(context));
    let settings = &context.settings;
    troubles.extend(settings.cleanup.check().err().as_ref().map(mended));
    troubles.extend(
        settings.assets.open_with_presets(&(&settings.limits.chains).into()).err().as_ref().map(mended),
    );
    Finding::of(troubles, "every setting can be used")
}

/// A mistake in a setting, and what helps.
pub(super) fn mended(error: &ConfigError) -> Trouble {
    let mend = match error {
        ConfigError::Missing("IMGFILTER_LINK_KEYS") => "`imgfilter link-key` makes one".to_owned(),
        ConfigError::Missing(name) => format!("set {name}, or {name}_FILE to a file that holds it"),
        ConfigError::SecretFile { .. } => {
            "let the user that runs this read the file, or run this as one that may".to_owned()
        }
        ConfigError::Invalid { name, .. } => {
            format!("correct {name}; docs/CONFIGURATION.md says what it may be")
        }
    };
    Trouble::wrong(crate::cli::with_causes(error), mend)
}

/// Secrets that cannot be had. Of those that may be missing, only what was said of them counts.
fn secrets(context: &Context) -> Vec<Trouble> {
    let settings = &context.settings;
    let notify = &settings.notify;
    let had = [
        settings.database.url().map(drop),
        settings.migrate.url().map(drop),
        settings.edge.database_url().map(drop),
        settings.links.keys().map(drop),
        settings.s3.credentials.pair().map(drop),
        notify.webhooks.secret().map(drop),
        notify.mail.url().map(drop),
        notify.push.key().map(drop),
        notify.messages.auth().map(drop),
    ];
    had.iter().filter_map(|one| one.as_ref().err()).map(mended).collect()
}

/// Files that are named and cannot be read.
fn files(context: &Context) -> Vec<Trouble> {
    let edge = &context.settings.edge;
    let mut named: Vec<(&str, &Path)> = Vec::new();
    named.extend(edge.tls_certificate.as_deref().map(|path| ("IMGFILTER_TLS_CERTIFICATE", path)));
    named.extend(edge.tls_key.as_deref().map(|path| ("IMGFILTER_TLS_KEY", path)));
    let opened = named.into_iter().filter_map(|(name, path)| Some((name, path, File::open(path).err()?)));
    let trouble = |(name, path, error): (&str, &Path, std::io::Error)| {
        let what = format!("{name}: cannot read {}: {error}", path.display());
        if error.kind() == std::io::ErrorKind::PermissionDenied {
            // nginx reads it as root.
            return Trouble::warning(what, "run this as root to see whether nginx can use it");
        }
        Trouble::wrong(what, format!("put the file there, or correct {name}"))
    };
    opened.map(trouble).collect()
}
