//! `upload_append`: bodies whose bytes are added to a file that is there.

use std::path::{Path, PathBuf};

use imgfilter_multipart::{Append, Bounds};
use ngx::ffi::{NGX_LOG_ERR, ngx_msec_t};

use crate::body;
use crate::conf::LocationConf;
use crate::handler::{INTERNAL, Refusal, refusal};
use crate::request::Request;
use crate::store::path_of_request;
use crate::template::Template;
use crate::timer::Timer;

/// How often a writer looks whether somebody else wants its file, in milliseconds.
const LOOK_EVERY: ngx_msec_t = 1000;

/// The path `upload_append` has for this request; None where it has none.
pub(crate) fn path(request: Request, conf: &LocationConf) -> Result<Option<PathBuf>, Refusal> {
    let Some(template) = &conf.append else { return Ok(None) };
    let path = template.evaluate(request).ok_or(INTERNAL)?;
    if path.is_empty() { Ok(None) } else { path_of_request(request, &path).map(Some) }
}

/// Opens and locks the file this request's body is appended to.
pub(crate) fn open(request: Request, conf: &LocationConf, path: &Path) -> Result<Append, Refusal> {
    let bounds = Bounds { offset: offset(request, conf)?, limit: limit(request, conf)? };
    Append::open(path, bounds, request.content_length(), conf.buffer_size)
        .map_err(|error| refusal(request, &error))
}

/// The offset comes from the client: what is no number is not the size of any file.
fn offset(request: Request, conf: &LocationConf) -> Result<Option<u64>, Refusal> {
    match &conf.append_offset {
        None => Ok(None),
        Some(template) => Ok(Some(number(request, template)?.unwrap_or(u64::MAX))),
    }
}

/// The limit comes from the configuration: what is no number is its mistake, and nothing at all is no limit.
fn limit(request: Request, conf: &LocationConf) -> Result<Option<u64>, Refusal> {
    let Some(template) = &conf.append_limit else { return Ok(None) };
    if template.evaluate(request).ok_or(INTERNAL)?.is_empty() {
        return Ok(None);
    }
    match number(request, template)? {
        Some(limit) => Ok(Some(limit)),
        None => {
            request.log(NGX_LOG_ERR, format_args!("upload_append_limit is no number"));
            Err(INTERNAL)
        }
    }
}

fn number(request: Request, template: &Template) -> Result<Option<u64>, Refusal> {
    let text = template.evaluate(request).ok_or(INTERNAL)?;
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    Ok(std::str::from_utf8(&text).ok().filter(|_| digits).and_then(|text| text.parse().ok()))
}

/// Looks now and then whether somebody else wants the file that is being written.
pub(crate) struct Watch {
    wish: PathBuf,
    timer: Timer,
}

impl Watch {
    /// For a file whose writer is asked to stop by the file `wish`.
    pub(crate) fn new(request: Request, wish: PathBuf) -> Self {
        let timer = Timer::new(request, body::look);
        timer.set(LOOK_EVERY);
        Watch { wish, timer }
    }

    /// Whether somebody else wants the file; if not, it looks again.
    pub(crate) fn is_wanted(&self) -> bool {
        let wanted = Path::exists(&self.wish);
        if !wanted {
            self.timer.set(LOOK_EVERY);
        }
        wanted
    }

    /// From now on nobody is heard.
    pub(crate) fn end(&self) {
        self.timer.stop();
    }
}
