//! The keys that sign links: that there are any, and none is missing that a living link needs.

use imgfilter_api::link::LinkKeys;

use super::Context;
use super::configuration::mended;
use super::database::{Connected, unasked};
use super::finding::{Finding, Trouble};
use crate::db::{Db, DbError};

/// Looks at the list, and at what the database says of keys that are not in it.
pub(super) async fn check(context: &Context) -> Finding {
    let written = match context.settings.links.keys() {
        Ok(written) => written,
        Err(error) => return Finding::of(vec![mended(&error)], ""),
    };
    let keys = match LinkKeys::parse(written.reveal()) {
        Ok(keys) => keys,
        Err(error) => {
            let mend = "restore IMGFILTER_LINK_KEYS: with other keys all links that were handed out are void";
            return Finding::wrong(format!("IMGFILTER_LINK_KEYS: {error}"), mend);
        }
    };
    let count = keys.numbers().count();
    let note =
        format!("{count} {}, number {} signs", if count == 1 { "key" } else { "keys" }, keys.signing());
    let Some(Connected { db, .. }) = context.database().await else {
        return Finding::ok(format!(
            "{note}; what living links need is known to the database, which cannot be asked"
        ));
    };
    match missing(db, &keys).await {
        Ok(troubles) => Finding::of(troubles, note),
        Err(error) if matches!(error.code(), Some("42501" | "42P01" | "42883")) => {
            Finding::ok(format!("{note}; what living links need, only the owner of the schema may ask"))
        }
        Err(error) => unasked(&error),
    }
}

/// Keys that have signed and are not in the list, of which a link lives.
async fn missing(db: &Db, keys: &LinkKeys) -> Result<Vec<Trouble>, DbError> {
    let mut troubles = Vec::new();
    for number in db.noted_link_keys().await? {
        if keys.numbers().any(|known| known == number) {
            continue;
        }
        if let Some(until) = db.key_needed_until(number).await? {
            troubles.push(Trouble::wrong(
                format!("link key {number} is not in IMGFILTER_LINK_KEYS, and links may need it until {until}"),
                format!("put key {number} back behind the one that signs; without it those links are answered with 404"),
            ));
        }
    }
    Ok(troubles)
}
