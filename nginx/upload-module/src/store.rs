//! Where files go: `upload_store`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use imgfilter_multipart::Spool;
use ngx::ffi::{NGX_LOG_ERR, ngx_cycle, ngx_next_temp_number, ngx_path_t, ngx_uint_t};

use crate::conf::LocationConf;
use crate::handler::{INTERNAL, Refusal};
use crate::request::{Request, bytes};
use crate::template::Template;

/// Digits of a file's name that its levels may take together, as nginx has it for its own paths.
const MAX_LEVEL_DIGITS: usize = 10;

/// A folder whose name holds variables, and what it is spread over.
#[derive(Clone, Copy)]
pub(crate) struct StoreTemplate {
    pub(crate) folder: Template,
    pub(crate) levels: [usize; 3],
}

impl StoreTemplate {
    /// The folder for this request. What variables hold may come from the client: it must not lead out of where the
    /// configuration puts files.
    fn folder(&self, request: Request) -> Result<PathBuf, Refusal> {
        path_of_request(request, &self.folder.evaluate(request).ok_or(INTERNAL)?)
    }
}

/// A path that variables gave, from nginx's prefix where it is not absolute.
pub(crate) fn path_of_request(request: Request, name: &[u8]) -> Result<PathBuf, Refusal> {
    let path = Path::new(OsStr::from_bytes(name));
    if name.is_empty() || name.contains(&0) || leads_up(path) {
        request.log(NGX_LOG_ERR, format_args!("{path:?} is no place to store an upload in"));
        return Err(INTERNAL);
    }
    // SAFETY: a request is served in a cycle, whose prefix lives as long as it.
    let prefix = unsafe { bytes(&(*ngx_cycle).prefix) };
    Ok(Path::new(OsStr::from_bytes(prefix)).join(path))
}

/// Whether a path goes to the folder above another.
pub(crate) fn leads_up(path: &Path) -> bool {
    path.components().any(|component| component == Component::ParentDir)
}

/// The levels that arguments of `upload_store` name; None if they are none.
pub(crate) fn levels(arguments: &[String]) -> Option<[usize; 3]> {
    let mut levels = [0; 3];
    for (level, argument) in levels.iter_mut().zip(arguments) {
        let digits = argument.bytes().all(|byte| byte.is_ascii_digit());
        *level = argument.parse().ok().filter(|&level| digits && level > 0)?;
    }
    (levels.iter().sum::<usize>() <= MAX_LEVEL_DIGITS).then_some(levels)
}

/// The spool a request's files go to.
pub(crate) fn spool_for(request: Request, conf: &LocationConf) -> Result<Spool, Refusal> {
    let spool = match conf.store_template {
        Some(store) => Spool::new(store.folder(request)?, next_number).with_levels(store.levels),
        // SAFETY: a path that was configured lives as long as the configuration.
        None => spool(unsafe { conf.store.as_ref() }.ok_or(INTERNAL)?),
    };
    let access = u32::try_from(conf.store_access).unwrap_or(0o600);
    Ok(spool.with_access(access).with_hashes(conf.hashes))
}

/// A configured path as a spool, with the numbers nginx gives its own temporary files.
pub(crate) fn spool(path: &ngx_path_t) -> Spool {
    // SAFETY: the path's name lives as long as the path.
    let directory = OsStr::from_bytes(unsafe { bytes(&path.name) });
    Spool::new(directory, next_number).with_levels(path.level)
}

/// A number no other has now, for this server's temporary files.
pub(crate) fn next_number(collision: bool) -> u64 {
    // SAFETY: it adds to a counter that all workers share.
    unsafe { ngx_next_temp_number(ngx_uint_t::from(collision)) as u64 }
}
