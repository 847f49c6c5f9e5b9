//! The folder that uploads lie in until they are in the store.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use tokio::process::Command;

use super::finding::{Finding, Trouble};
use super::{Context, nginx};

/// To make files in a folder one has to write to it and walk through it.
const WRITE_AND_WALK: u32 = 0o3;
const WALK: u32 = 0o1;

/// A user of this machine.
#[derive(Debug)]
struct User {
    name: String,
    id: u32,
    groups: Vec<u32>,
}

/// It is there, has room, and nginx's workers can write to it.
pub(super) async fn check(context: &Context) -> Finding {
    let spool = &context.settings.cleanup.spool;
    let shown = spool.display();
    let there = match std::fs::metadata(spool) {
        Ok(there) if there.is_dir() => there,
        Ok(_) => {
            return Finding::wrong(
                format!("{shown} is no folder"),
                "make it one, or correct IMGFILTER_SPOOL",
            );
        }
        Err(_) if nginx::program().is_none() => {
            return Finding::skipped("neither the spool nor nginx is on this machine");
        }
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            return Finding::skipped(format!("only root can look at {shown}"));
        }
        Err(error) => {
            let mend = "make the folder, owned by nginx's user (systemd-tmpfiles --create), or correct IMGFILTER_SPOOL";
            return Finding::wrong(format!("{shown}: {error}"), mend);
        }
    };
    let mut troubles: Vec<Trouble> =
        room(spool, context.settings.edge.pressure.spool_reserve).into_iter().collect();
    let note = match writer(context).await {
        Ok(Some(user)) => {
            troubles.extend(closed(spool, &there, &user));
            format!("{shown} has room, and {} can write to it", user.name)
        }
        Ok(None) => format!("{shown} has room; IMGFILTER_NGINX_USER does not say here who writes to it"),
        Err(trouble) => {
            troubles.push(trouble);
            String::new()
        }
    };
    Finding::of(troubles, note)
}

/// Whether there is less room than the edge leaves free.
fn room(spool: &Path, reserve: u64) -> Option<Trouble> {
    let disk = rustix::fs::statvfs(spool).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    (free < reserve).then(|| {
        Trouble::wrong(
            format!(
                "{} has {} MiB free, less than IMGFILTER_SPOOL_RESERVE ({} MiB): no upload is taken",
                spool.display(),
                free >> 20,
                reserve >> 20
            ),
            "make room on this disk, or put the spool on a larger one",
        )
    })
}

/// Whom nginx's workers run as, if that is said.
async fn writer(context: &Context) -> Result<Option<User>, Trouble> {
    let Some(name) = context.settings.edge.nginx_user.as_deref() else { return Ok(None) };
    let mut words = name.split_whitespace();
    let (Some(name), group) = (words.next(), words.next()) else { return Ok(None) };
    let id = ids("-u", name).await.and_then(|ids| ids.first().copied());
    let groups = ids("-G", name).await;
    let (Some(id), Some(mut groups)) = (id, groups) else {
        let what = format!("IMGFILTER_NGINX_USER: there is no user {name}");
        return Err(Trouble::wrong(what, "make the user, or correct the setting"));
    };
    if let Some(group) = group {
        groups.extend(group_id(group).await);
    }
    Ok(Some(User { name: name.to_owned(), id, groups }))
}

async fn ids(which: &str, name: &str) -> Option<Vec<u32>> {
    let done = Command::new("id").arg(which).arg("--").arg(name).kill_on_drop(true).output().await.ok()?;
    let text = String::from_utf8(done.stdout).ok().filter(|_| done.status.success())?;
    text.split_whitespace().map(|id| id.parse().ok()).collect()
}

async fn group_id(name: &str) -> Option<u32> {
    let done = Command::new("getent").args(["group", "--", name]).kill_on_drop(true).output().await.ok()?;
    String::from_utf8(done.stdout).ok()?.split(':').nth(2)?.trim().parse().ok()
}

/// What keeps a user from writing there.
fn closed(spool: &Path, there: &Metadata, user: &User) -> Option<Trouble> {
    let name = &user.name;
    if !may(user, there, WRITE_AND_WALK) {
        let what = format!("{name}, as whom nginx's workers run, cannot write to {}", spool.display());
        return Some(Trouble::wrong(what, format!("chown {name} {0} && chmod u+rwx {0}", spool.display())));
    }
    let whole = spool.canonicalize().ok()?;
    let above = whole
        .ancestors()
        .skip(1)
        .find(|folder| std::fs::metadata(folder).is_ok_and(|metadata| !may(user, &metadata, WALK)))?;
    let what = format!(
        "{name}, as whom nginx's workers run, cannot reach {} through {}",
        spool.display(),
        above.display()
    );
    Some(Trouble::wrong(what, format!("chmod a+x {}, or put the spool elsewhere", above.display())))
}

/// Whether the bits of a folder's mode allow something to a user.
fn may(user: &User, folder: &Metadata, bits: u32) -> bool {
    let shift = match () {
        () if user.id == 0 => return true,
        () if user.id == folder.uid() => 6,
        () if user.groups.contains(&folder.gid()) => 3,
        () => 0,
    };
    folder.mode() >> shift & bits == bits
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn who_may_write() {
        let folder = tempfile::tempdir().unwrap();
        let there = || std::fs::metadata(folder.path()).unwrap();
        let (uid, gid) = (there().uid(), there().gid());
        let user = |id, groups: &[u32]| User { name: "x".to_owned(), id, groups: groups.to_vec() };
        let (owner, member, stranger) = (user(uid + 1, &[gid]), user(uid + 1, &[gid + 1]), user(uid, &[]));
        for (mode, of_group, of_others) in [(0o700, false, false), (0o770, true, false), (0o703, false, true)]
        {
            std::fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            assert_eq!(may(&owner, &there(), WRITE_AND_WALK), of_group, "{mode:o}");
            assert_eq!(may(&member, &there(), WRITE_AND_WALK), of_others, "{mode:o}");
            assert!(may(&stranger, &there(), WRITE_AND_WALK), "{mode:o}: it is its own");
        }
    }

    #[test]
    fn too_little_room() {
        let folder = tempfile::tempdir().unwrap();
        assert!(room(folder.path(), 1).is_none());
        assert!(room(folder.path(), u64::MAX).unwrap().what.contains("IMGFILTER_SPOOL_RESERVE"));
    }
}
