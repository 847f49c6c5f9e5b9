//! The options of an upload: form fields of a multipart body, or the query string of bare bytes.
//!
//! This checks everything but the chains themselves, which the filter engine checks, and the image.

use std::borrow::Cow;

use jiff::{Span, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::problem::{Code, Problem};
use crate::telling::{Tellable, Telling};

/// The greatest effort of an encoder.
const MAX_EFFORT: u8 = 7;
/// The longest delay, in seconds: a week.
const MAX_DELAY: u32 = 7 * 24 * 60 * 60;

/// A file part, as the upload module describes it.
#[derive(Debug, Clone, Deserialize)]
pub struct FilePart {
    /// The form field's name; empty for a bare body.
    pub name: String,
    /// The file's name as uploaded, without folders; may be empty.
    pub filename: String,
    /// Where it is spooled.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// In hexadecimal.
    pub sha256: String,
}

/// A form field.
#[derive(Debug, Clone, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A part the upload module did not keep.
#[derive(Debug, Clone, Deserialize)]
pub struct Dropped {
    /// The form field's name.
    pub name: String,
    /// Why; `too_large` is the usual reason.
    pub reason: String,
    /// The limit it passed, in bytes.
    pub limit: Option<u64>,
}

/// What the upload module found in a body.
#[derive(Debug, Clone, Deserialize)]
pub struct Parts {
    /// The body was the file itself, not a form.
    pub bare: bool,
    /// The files, in order.
    pub files: Vec<FilePart>,
    /// The fields, in order.
    pub fields: Vec<Field>,
    /// What was not kept.
    #[serde(default)]
    pub dropped: Vec<Dropped>,
}

/// What the service allows.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Most chains in a request (`IMGFILTER_MAX_FILTERS`).
    pub max_filters: usize,
    /// Output formats that can be written.
    pub formats: &'static [&'static str],
    /// The default life of a link, and the longest that anybody may ask for (`IMGFILTER_LINK_LIFE`).
    pub link_life: Span,
    /// The longest of all (`IMGFILTER_MAX_LINK_LIFE`).
    pub max_link_life: Span,
    /// The same as `link_life` for the key that is used, if it has one of its own.
    pub own_life: Option<Span>,
    /// Whether the longest of all may be asked for.
    pub lasting: bool,
    /// Whom it may ask to be told.
    pub tellable: Tellable,
}

impl Rules {
    /// What bounds the life of a task's links, if it is not the service's default: what its key may ask for, or has by itself.
    fn bound(&self, asked: bool) -> Option<Span> {
        if asked && self.lasting { Some(self.max_link_life) } else { self.own_life }
    }
}

/// When a task's turn comes among those of its lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// By what its owner has open.
    #[default]
    Normal,
    /// After all others.
    Low,
}

/// The options of a task, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// One chain for each result, as they were given.
    pub filters: Vec<String>,
    /// The same with presets written out, if there are any: what is run, whatever becomes of the presets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chains: Option<Vec<String>>,
    /// Output format for all results; `None`: as the input.
    pub format: Option<String>,
    /// 1–100, for lossy formats.
    pub quality: Option<u8>,
    /// 1–7, how long to look for a smaller file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<u8>,
    /// Whether results stay in the input's colour profile instead of sRGB.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_profile: bool,
    /// Life of the links in seconds; `None`: the service's default.
    pub expires_in: Option<u64>,
    /// The life that bounds them where it is not the service's default: an interval of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<String>,
    /// Whom to tell that the task has ended.
    #[serde(flatten)]
    pub telling: Telling,
    /// Whether it goes behind the others.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: Priority,
    /// Seconds before it may start.
    #[serde(default, skip_serializing_if = "is_default")]
    pub delay: u32,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads the options of an upload and finds its one file.
///
/// `query` is the raw query string, without `?`. Errors name the field, and the limit where one was passed.
pub fn read<'a>(parts: &'a Parts, query: &str, rules: &Rules) -> Result<(Spec, &'a FilePart), Problem> {
    if let Some(dropped) = parts.dropped.first() {
        return Err(refuse_dropped(dropped));
    }
    let file = if parts.bare { bare_file(parts)? } else { form_file(parts, query)? };
    let spec = if parts.bare {
        let fields = decode_query(query)?;
        read_fields(fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref())), rules)?
    } else {
        read_fields(parts.fields.iter().map(|f| (f.name.as_str(), f.value.as_str())), rules)?
    };
    Ok((spec, file))
}

fn refuse_dropped(dropped: &Dropped) -> Problem {
    let problem = match dropped.limit {
        Some(limit) => {
            Problem::new(Code::BodyTooLarge, format!("\"{}\" is larger than {limit} bytes", dropped.name))
                .limit(limit)
        }
        None => {
            Problem::new(Code::BodyTooLarge, format!("\"{}\" was refused: {}", dropped.name, dropped.reason))
        }
    };
    problem.field(dropped.name.clone())
}

fn missing_image(detail: &str) -> Problem {
    Problem::new(Code::MissingImage, detail).field("image")
}

fn bare_file(parts: &Parts) -> Result<&FilePart, Problem> {
    parts.files.first().filter(|file| file.size > 0).ok_or_else(|| missing_image("the body is empty"))
}

fn form_file<'a>(parts: &'a Parts, query: &str) -> Result<&'a FilePart, Problem> {
    if !query.is_empty() {
        let detail = "a multipart upload takes its options from the body, not from the query string";
        return Err(Problem::new(Code::UnexpectedQuery, detail));
    }
    if let Some(other) = parts.files.iter().find(|file| file.name != "image") {
        let detail = format!("the only file field is \"image\", not \"{}\"", other.name);
        return Err(Problem::new(Code::UnexpectedFile, detail).field(other.name.clone()));
    }
    match parts.files.as_slice() {
        [] => Err(missing_image("there is no file in the field \"image\"")),
        [file] if file.size == 0 => Err(missing_image("the file in the field \"image\" is empty")),
        [file] => Ok(file),
        _ => Err(Problem::new(Code::DuplicateField, "\"image\" is given more than once").field("image")),
    }
}

/// A name and its value.
type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Splits a query string; `+` stands for itself, since chains may contain it.
pub(crate) fn decode_query(query: &str) -> Result<Vec<Pair<'_>>, Problem> {
    let decode = |text| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .map_err(|_| Problem::new(Code::MalformedRequest, "the query string is not UTF-8"))
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

/// Reads the options alone, each with its name, in the order given.
pub(crate) fn read_fields<'a>(
    fields: impl Iterator<Item = (&'a str, &'a str)>,
    rules: &Rules,
) -> Result<Spec, Problem> {
    let mut filters = Vec::new();
    let (mut format, mut quality, mut effort, mut profile) = (None, None, None, None);
    let (mut expires_in, mut priority, mut delay) = (None, None, None);
    let mut telling = Telling::default();
    for (name, value) in fields {
        match name {
            "filters" => filters.push(read_chain(value, filters.len(), rules)?),
            "format" => once(&mut format, name, read_format(value, rules)?)?,
            "quality" => once(&mut quality, name, whole(value, name, Code::InvalidQuality, 100)?)?,
            "effort" => once(&mut effort, name, whole(value, name, Code::InvalidEffort, MAX_EFFORT)?)?,
            "icc" => once(&mut profile, name, read_icc(value)?)?,
            "expires_in" => once(&mut expires_in, name, read_expires_in(value, rules)?)?,
            "priority" => once(&mut priority, name, read_priority(value)?)?,
            "delay" => once(&mut delay, name, read_delay(value)?)?,
            _ if telling.take(name, value, &rules.tellable)? => {}
            _ => return Err(unknown_field(name)),
        }
    }
    if filters.is_empty() {
        filters.push(String::new());
    }
    let keep_profile = profile.unwrap_or(false);
    let life = rules.bound(expires_in.is_some()).map(|life| life.to_string());
    let (priority, delay) = (priority.unwrap_or_default(), delay.unwrap_or_default());
    Ok(Spec {
        filters,
        chains: None,
        format,
        quality,
        effort,
        keep_profile,
        expires_in,
        life,
        telling,
        priority,
        delay,
    })
}

pub(crate) fn unknown_field(name: &str) -> Problem {
    let shown: String = name.chars().take(64).collect();
    let known = "image, filters, format, quality, effort, icc, expires_in, webhook, email, sms, push, mute, priority, delay";
    Problem::new(Code::UnknownField, format!("there is no field \"{shown}\"; there are {known}")).field(shown)
}

fn once<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), Problem> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(duplicate_field(name)),
    }
}

pub(crate) fn duplicate_field(name: &str) -> Problem {
    Problem::new(Code::DuplicateField, format!("\"{name}\" is given more than once")).field(name)
}

fn read_chain(value: &str, before: usize, rules: &Rules) -> Result<String, Problem> {
    if before == rules.max_filters {
        let detail = format!("a request may have at most {} filters fields", rules.max_filters);
        return Err(Problem::new(Code::TooManyFilters, detail)
            .field("filters")
            .limit(rules.max_filters as u64));
    }
    if value.contains('\0') {
        return Err(Problem::new(Code::InvalidFilters, "a chain has no NUL characters").field("filters"));
    }
    Ok(value.to_owned())
}

fn read_format(value: &str, rules: &Rules) -> Result<String, Problem> {
    if rules.formats.contains(&value) {
        return Ok(value.to_owned());
    }
    let detail = format!("the output formats are {}", rules.formats.join(", "));
    Err(Problem::new(Code::InvalidFormat, detail).field("format"))
}

/// A whole number from 1 to `most`.
fn whole(value: &str, name: &str, code: Code, most: u8) -> Result<u8, Problem> {
    value.parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(|| {
        Problem::new(code, format!("{name} is a whole number from 1 to {most}"))
            .field(name)
            .limit(u64::from(most))
    })
}

/// Whether the profile stays.
fn read_icc(value: &str) -> Result<bool, Problem> {
    match value {
        "srgb" => Ok(false),
        "keep" => Ok(true),
        _ => Err(Problem::new(Code::InvalidIcc, "icc is srgb or keep").field("icc")),
    }
}

fn read_expires_in(value: &str, rules: &Rules) -> Result<u64, Problem> {
    let longest = life_in_seconds(rules.bound(true).unwrap_or(rules.link_life));
    value.parse().ok().filter(|seconds| (1..=longest).contains(seconds)).ok_or_else(|| {
        let detail = format!("expires_in is a whole number of seconds from 1 to {longest}");
        Problem::new(Code::InvalidExpiresIn, detail).field("expires_in").limit(longest)
    })
}

/// How long `life` is from now on; calendar months differ.
fn life_in_seconds(life: Span) -> u64 {
    let now = Timestamp::now();
    let end = now.to_zoned(TimeZone::UTC).checked_add(life).map(|end| end.timestamp());
    end.map_or(0, |end| u64::try_from(end.as_second() - now.as_second()).unwrap_or(0))
}

fn read_priority(value: &str) -> Result<Priority, Problem> {
    match value {
        "normal" => Ok(Priority::Normal),
        "low" => Ok(Priority::Low),
        _ => Err(Problem::new(Code::InvalidPriority, "priority is normal or low").field("priority")),
    }
}

fn read_delay(value: &str) -> Result<u32, Problem> {
    value.parse().ok().filter(|seconds| *seconds <= MAX_DELAY).ok_or_else(|| {
        let detail = format!("delay is a whole number of seconds from 0 to {MAX_DELAY}");
        Problem::new(Code::InvalidDelay, detail).field("delay").limit(u64::from(MAX_DELAY))
    })
}

#[cfg(test)]
#[path = "options_tests.rs"]
mod tests;
