//! Whether the database's schema is this program's, and whether its roles may do what they have to.

use super::Context;
use super::database::{Connected, unasked, unreached};
use super::finding::{Finding, Trouble};
use crate::db::doctor::{Applied, Lack};
use crate::db::migrate::{self, Migration};

/// How many functions are named that cannot be called.
const NAMED: usize = 5;

/// Migrations: all of this program's, and no others.
pub(super) async fn migrations(context: &Context) -> Finding {
    let Some(Connected { db, .. }) = context.database().await else { return unreached() };
    let known = match migrate::migrations() {
        Ok(known) => known,
        Err(error) => return Finding::wrong(error.to_string(), "this program was not built as it should be"),
    };
    match db.applied().await {
        Ok(applied) => compare(&known, &applied),
        Err(error) => unasked(&error),
    }
}

fn compare(known: &[Migration], applied: &[Applied]) -> Finding {
    if applied.is_empty() {
        return Finding::wrong("the database has no schema yet", "run `imgfilter migrate`");
    }
    let mut troubles = Vec::new();
    for one in applied {
        match known.iter().find(|migration| migration.number == one.number) {
            None => troubles.push(Trouble::wrong(
                format!(
                    "the database is newer than this program, which does not know its migration {}",
                    one.name
                ),
                "install the version of imgfilter that has migrated it, or a later one",
            )),
            Some(migration) if migration.checksum() != one.checksum => troubles.push(Trouble::wrong(
                format!("migration {} is not what was applied to this database", one.name),
                "install the version of imgfilter that has migrated it: migrations never change",
            )),
            Some(_) => {}
        }
    }
    let missing = known.iter().filter(|migration| applied.iter().all(|one| one.number != migration.number));
    let missing: Vec<&str> = missing.map(|migration| migration.name.as_str()).collect();
    if !missing.is_empty() {
        let what = format!("the database lacks {}", missing.join(", "));
        troubles.push(Trouble::wrong(what, "run `imgfilter migrate`"));
    }
    Finding::of(troubles, format!("all {} are applied", known.len()))
}

/// The two roles, and the functions that they may call.
pub(super) async fn roles(context: &Context) -> Finding {
    let Some(Connected { db, .. }) = context.database().await else { return unreached() };
    let lacks = match db.lacks().await {
        Ok(lacks) => lacks,
        Err(error) => return unasked(&error),
    };
    let mut troubles: Vec<Trouble> = lacks.iter().take(NAMED).map(told).collect();
    if lacks.len() > NAMED {
        let what = format!("and {} more of this kind", lacks.len() - NAMED);
        troubles.push(Trouble::wrong(what, "run `imgfilter migrate`"));
    }
    Finding::of(troubles, "imgfilter_edge and imgfilter_worker may call what they need")
}

fn told(lack: &Lack) -> Trouble {
    let what = match lack {
        Lack::Role(role) => format!("there is no role {role}"),
        Lack::Login(role) => {
            return Trouble::wrong(format!("{role} may not log in"), format!("ALTER ROLE {role} LOGIN"));
        }
        Lack::Function(function) => format!("there is no function {function}"),
        Lack::Right(role, function) => format!("{role} may not call {function}"),
    };
    Trouble::wrong(what, "run `imgfilter migrate`, which writes functions and rights anew")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    fn applied(known: &[Migration]) -> Vec<Applied> {
        let one = |known: &Migration| Applied {
            number: known.number,
            name: known.name.clone(),
            checksum: known.checksum(),
        };
        known.iter().map(one).collect()
    }

    fn report(known: &[Migration], applied: &[Applied]) -> (Status, String) {
        let report = compare(known, applied).report("migrations");
        (report.status, report.troubles.iter().map(|trouble| trouble.what.as_str()).collect())
    }

    #[test]
    fn differences_are_told_apart() {
        let known = migrate::migrations().unwrap();
        let mut all = applied(&known);
        assert_eq!(report(&known, &all).0, Status::Ok);
        assert!(report(&known, &all[..3]).1.contains("the database lacks 0004_"));
        assert!(report(&known[..3], &all).1.contains("newer than this program"));
        assert!(report(&known, &[]).1.contains("no schema"));
        all[0].checksum = "other".to_owned();
        assert!(report(&known, &all).1.contains("is not what was applied"));
    }
}
