//! The variables.

use ngx::ffi::{
    NGX_ERROR, NGX_HTTP_VAR_NOCACHEABLE, NGX_HTTP_VAR_NOHASH, NGX_OK, ngx_conf_t, ngx_http_add_variable,
    ngx_http_request_t, ngx_http_variable_value_t, ngx_int_t, ngx_str_t, ngx_uint_t,
};

use imgfilter_multipart::{FilePart, Hashes, Part};

use crate::panics::caught;
use crate::request::Request;
use crate::slot::SlotRef;

/// What a variable says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Parts,
    FieldName,
    ContentType,
    FileName,
    TmpPath,
    FileNumber,
    ContentRange,
    Size,
    Lower(Digest),
    Upper(Digest),
}

/// A digest of a file's content; in upper case too, CRC-32 apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digest {
    Md5,
    Sha1,
    Sha256,
    Sha512,
    Crc32,
}

/// Every variable. A variable's place in the list is what nginx gives back to its handler.
const VARIABLES: [(&str, Kind); 17] = [
    ("upload_parts", Kind::Parts),
    ("upload_field_name", Kind::FieldName),
    ("upload_content_type", Kind::ContentType),
    ("upload_file_name", Kind::FileName),
    ("upload_tmp_path", Kind::TmpPath),
    ("upload_file_number", Kind::FileNumber),
    ("upload_content_range", Kind::ContentRange),
    ("upload_file_size", Kind::Size),
    ("upload_file_md5", Kind::Lower(Digest::Md5)),
    ("upload_file_md5_uc", Kind::Upper(Digest::Md5)),
    ("upload_file_sha1", Kind::Lower(Digest::Sha1)),
    ("upload_file_sha1_uc", Kind::Upper(Digest::Sha1)),
    ("upload_file_sha256", Kind::Lower(Digest::Sha256)),
    ("upload_file_sha256_uc", Kind::Upper(Digest::Sha256)),
    ("upload_file_sha512", Kind::Lower(Digest::Sha512)),
    ("upload_file_sha512_uc", Kind::Upper(Digest::Sha512)),
    ("upload_file_crc32", Kind::Lower(Digest::Crc32)),
];

impl Kind {
    /// Whether it is known only when the whole file is.
    fn is_known_at_end_only(self) -> bool {
        matches!(self, Kind::Size | Kind::Lower(_) | Kind::Upper(_))
    }

    /// What has to be computed for it while the file arrives.
    fn hashes(self) -> Hashes {
        let mut hashes = Hashes::default();
        if let Kind::Lower(digest) | Kind::Upper(digest) = self {
            match digest {
                Digest::Md5 => hashes.md5 = true,
                Digest::Sha1 => hashes.sha1 = true,
                Digest::Sha256 => {}
                Digest::Sha512 => hashes.sha512 = true,
                Digest::Crc32 => hashes.crc32 = true,
            }
        }
        hashes
    }
}

impl Digest {
    /// The digest of a file; empty while it is not known, or if it is not computed.
    fn of(self, file: &FilePart) -> &str {
        match self {
            Digest::Md5 => &file.digests.md5,
            Digest::Sha1 => &file.digests.sha1,
            Digest::Sha256 => &file.sha256,
            Digest::Sha512 => &file.digests.sha512,
            Digest::Crc32 => &file.digests.crc32,
        }
    }
}

/// Our variables in a text of the configuration.
fn variables_in(text: &str) -> impl Iterator<Item = (&'static str, Kind)> {
    text.split('$').skip(1).filter_map(|after| {
        let after = after.strip_prefix('{').unwrap_or(after);
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
        VARIABLES.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(&after[..end]))
    })
}

/// The first variable in a text of the configuration that is not known before a file has ended.
pub(crate) fn known_at_end_only(text: &str) -> Option<&'static str> {
    variables_in(text).find(|(_, kind)| kind.is_known_at_end_only()).map(|(name, _)| name)
}

/// What has to be computed for the variables in a text of the configuration.
pub(crate) fn hashes_in(text: &str) -> Hashes {
    variables_in(text).fold(Hashes::default(), |hashes, (_, kind)| hashes.union(kind.hashes()))
}

/// Tells nginx of the variables; false if it does not take them.
///
/// # Safety
/// `cf` is the configuration nginx is about to read.
pub(crate) unsafe fn register(cf: *mut ngx_conf_t) -> bool {
    for (place, (name, kind)) in VARIABLES.iter().enumerate() {
        let mut name = ngx_str_t { len: name.len(), data: name.as_ptr().cast_mut() };
        // Facts about the current part change, and are for templates only; the parts are also for scripts, which find
        // a variable by its hash.
        let flags = match kind {
            Kind::Parts => NGX_HTTP_VAR_NOCACHEABLE,
            _ => NGX_HTTP_VAR_NOCACHEABLE | NGX_HTTP_VAR_NOHASH,
        };
        // SAFETY: nginx copies the name, and returns a variable of its own or null.
        match unsafe { ngx_http_add_variable(cf, &raw mut name, flags as ngx_uint_t).as_mut() } {
            Some(variable) => {
                variable.get_handler = Some(get);
                variable.data = place;
            }
            None => return false,
        }
    }
    true
}

/// Evaluates the variable at this place of the list. Where there is no upload, or no such fact now, it is not found.
unsafe extern "C" fn get(
    r: *mut ngx_http_request_t,
    value: *mut ngx_http_variable_value_t,
    place: usize,
) -> ngx_int_t {
    // SAFETY: nginx evaluates variables for living requests.
    let request = unsafe { Request::new(r) };
    let found = caught(Err(()), || evaluate(request, VARIABLES[place].1));
    let Ok(found) = found else { return NGX_ERROR as ngx_int_t };
    // SAFETY: nginx gives the place for the value; the text lives in the request's pool.
    unsafe {
        let value = &mut *value;
        value.set_valid(u32::from(found.is_some()));
        value.set_not_found(u32::from(found.is_none()));
        value.set_no_cacheable(1);
        let text = found.unwrap_or_default();
        value.set_len(text.len as u32);
        value.data = text.data;
    }
    NGX_OK as ngx_int_t
}

fn evaluate(request: Request, kind: Kind) -> Result<Option<ngx_str_t>, ()> {
    let Some(slot) = SlotRef::find(request.main()) else { return Ok(None) };
    if kind == Kind::Parts {
        return Ok(slot.parts());
    }
    let tame_arrays = slot.conf().tame_arrays != 0;
    let fact = slot.with_work(|work| work.upload.part().and_then(|part| fact(part, kind, tame_arrays)));
    match fact.flatten() {
        None => Ok(None),
        Some(text) => request.copy(text.as_bytes()).map(Some).map_err(|_| request.log_out_of_memory()),
    }
}

/// One fact about a part.
fn fact(part: Part<'_>, kind: Kind, tame_arrays: bool) -> Option<String> {
    let (number, file, has_ended) = match part {
        Part::Field { name } => return (kind == Kind::FieldName).then(|| name.to_owned()),
        Part::File { number, file, has_ended } => (number, file, has_ended),
    };
    Some(match kind {
        Kind::Parts => return None,
        Kind::FieldName if tame_arrays => tamed(&file.name).to_owned(),
        Kind::FieldName => file.name.clone(),
        Kind::ContentType => file.content_type.clone(),
        Kind::FileName => file.filename.clone(),
        Kind::TmpPath => file.path.to_string_lossy().into_owned(),
        Kind::FileNumber => number.to_string(),
        // Off by one, and so in the classic module; whoever reads it has learnt to.
        Kind::ContentRange => format!("bytes 0-{size}/{size}", size = file.size),
        Kind::Size => has_ended.then(|| file.size.to_string())?,
        Kind::Lower(digest) => Some(digest.of(file)).filter(|digits| !digits.is_empty())?.to_owned(),
        Kind::Upper(digest) => {
            Some(digest.of(file)).filter(|digits| !digits.is_empty())?.to_ascii_uppercase()
        }
    })
}

/// A field's name without the brackets by which PHP makes an array of fields; brackets alone are a name.
fn tamed(name: &str) -> &str {
    name.strip_suffix("[]").filter(|name| !name.is_empty()).unwrap_or(name)
}
