//! `imgfilter key`: API keys, made, listed and revoked by the owner of the schema.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use imgfilter_api::key::{self, KEY_BYTES};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::block_on;
use crate::cli::Outcome;
use crate::config::{self, MAX_QUOTA};
use crate::db::Db;
use crate::db::keys::{Key, NewKey};

/// Longest name of an owner, in characters.
const MAX_OWNER_LENGTH: usize = 100;

/// Options of `imgfilter key`.
#[derive(Debug, Args)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key and print it: it is not kept, and cannot be printed again
    Create(Create),
    /// List keys, with what their owners have used today
    List(List),
    /// Revoke a key: uploads with it are refused within half a minute
    Revoke(Revoke),
}

/// Options of `imgfilter key create`.
#[derive(Debug, Args)]
#[command(
    after_help = "What an owner uses is counted over all keys of that owner; the limits are those of the key \
                        that is used. A limit that is not given is none. A day is one of UTC."
)]
struct Create {
    /// Whose uploads are made with it: letters, digits and . _ @ + -
    #[arg(long, value_name = "NAME", value_parser = owner)]
    owner: String,
    /// What to call it in the list
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    /// What it may be used for; may be given several times
    #[arg(long = "scope", value_name = "SCOPE", default_value = "upload", value_parser = key::SCOPES)]
    scopes: Vec<String>,
    /// Uploads a day
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=MAX_QUOTA))]
    requests: Option<u64>,
    /// Bytes of images a day
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..=MAX_QUOTA))]
    bytes: Option<u64>,
    /// Megapixels a day: all frames of an image, once for each result
    #[arg(long, value_name = "MEGAPIXELS", value_parser = clap::value_parser!(u64).range(1..=MAX_QUOTA))]
    megapixels: Option<u64>,
    /// Tasks that have not ended
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=MAX_QUOTA))]
    open_tasks: Option<u64>,
    /// How long links live of what is uploaded with it, where that is not IMGFILTER_LINK_LIFE: an interval of the calendar
    /// in PostgreSQL's words
    #[arg(long, value_name = "INTERVAL")]
    link_life: Option<String>,
    /// The longest life of a link, which none of that is beyond: an interval of the calendar in PostgreSQL's words
    #[arg(long, env = "IMGFILTER_MAX_LINK_LIFE", value_name = "INTERVAL", default_value = "1 year")]
    max_link_life: String,
    /// Print key and description as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: config::Migrate,
}

/// Options of `imgfilter key list`.
#[derive(Debug, Args)]
struct List {
    /// Only the keys of this owner
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: config::Migrate,
}

/// Options of `imgfilter key revoke`.
#[derive(Debug, Args)]
struct Revoke {
    /// The key's id, as `imgfilter key list` shows it
    id: Uuid,
    /// Print the key's description as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: config::Migrate,
}

/// Does it.
pub fn run(options: &Options) -> Outcome {
    block_on(async {
        match &options.action {
            Action::Create(options) => create(options).await,
            Action::List(options) => list(options).await,
            Action::Revoke(options) => revoke(options).await,
        }
    })
}

/// A key and the only sight of what its holder sends.
#[derive(Serialize)]
struct Made<'a> {
    key: &'a str,
    #[serde(flatten)]
    about: &'a Key,
}

async fn create(options: &Create) -> Outcome {
    let mut random = [0; KEY_BYTES];
    getrandom::fill(&mut random)?;
    let secret = key::write(&random);
    let sha256 = key::hash(&secret).ok_or("the key that was made is none")?;
    let mut scopes = options.scopes.clone();
    scopes.sort_unstable();
    scopes.dedup();
    let quota = json!({"requests": options.requests, "bytes": options.bytes, "megapixels": options.megapixels,
                       "open_tasks": options.open_tasks});
    let new = NewKey {
        owner: &options.owner,
        name: &options.name,
        sha256: &sha256,
        scopes: &scopes,
        quota,
        link_life: options.link_life.as_deref(),
        max_link_life: &options.max_link_life,
    };
    let made = Db::as_owner(&options.database)?.create_key(&new).await?;
    if options.json {
        println!("{}", serde_json::to_string(&Made { key: &secret, about: &made })?);
    } else {
        // The key alone on standard output, so that it can be handed on without being shown.
        println!("{secret}");
        eprintln!("{}\nThis is the only time that the key is shown.", line(&made));
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(options: &List) -> Outcome {
    let keys = Db::as_owner(&options.database)?.list_keys(options.owner.as_deref()).await?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&keys)?);
    } else {
        for key in &keys {
            println!("{}", line(key));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn revoke(options: &Revoke) -> Outcome {
    let revoked = Db::as_owner(&options.database)?.revoke_key(options.id).await?;
    let key = revoked.ok_or_else(|| format!("there is no key {}", options.id))?;
    if options.json {
        println!("{}", serde_json::to_string(&key)?);
    } else {
        println!("{}", line(&key));
    }
    Ok(ExitCode::SUCCESS)
}

/// A key on one line: id, owner, name, scopes, limits with what was used of them, times.
fn line(key: &Key) -> String {
    let mut words = vec![key.id.to_string(), key.owner.clone()];
    if !key.name.is_empty() {
        words.push(format!("{:?}", key.name));
    }
    words.push(key.scopes.join("+"));
    let used = key.used.clone().unwrap_or_default();
    let limits = [
        ("requests", &used.requests, &key.quota.requests),
        ("bytes", &used.bytes, &key.quota.bytes),
        ("megapixels", &used.megapixels, &key.quota.megapixels),
        ("open tasks", &used.open_tasks, &key.quota.open_tasks),
    ];
    for (what, used, limit) in limits {
        match (used, limit) {
            (Some(used), Some(limit)) => words.push(format!("{what} {used}/{limit}")),
            (None, Some(limit)) => words.push(format!("{what} {limit}")),
            (_, None) => {}
        }
    }
    words.extend(key.link_life.as_ref().map(|life| format!("links for {life}")));
    words.push(format!("created {}", key.created_at));
    words.extend(key.revoked_at.as_ref().map(|at| format!("revoked {at}")));
    words.join("  ")
}

/// The name of an owner: as the database takes it, so that none can be taken for an address.
fn owner(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._@+-".contains(c);
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins_well && text.len() <= MAX_OWNER_LENGTH && text.chars().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(format!("up to {MAX_OWNER_LENGTH} letters, digits and . _ @ + -, a letter or digit first"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners() {
        for good in ["acme", "a", "0", "a.b_c@d+e-f", &"a".repeat(100)] {
            assert!(owner(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", ".", "ip:192.0.2.1", "a b", "ä", "a\n", &"a".repeat(101)] {
            assert!(owner(bad).is_err(), "{bad}");
        }
    }
}
