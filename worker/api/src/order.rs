//! An order for an image that is kept: the JSON body of `POST /tasks`. Its fields are those of an upload, with the id of
//! the image in the file's place.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Number, Value};
use uuid::Uuid;

use crate::options::{self, Rules, Spec};
use crate::problem::{Code, Problem};

/// What an order may name, in the words of an upload.
const FIELDS: [&str; 14] = [
    "image",
    "filters",
    "format",
    "quality",
    "effort",
    "icc",
    "expires_in",
    "webhook",
    "email",
    "sms",
    "push",
    "mute",
    "priority",
    "delay",
];

/// Up to here a double is exactly the whole number that was meant.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Reads an order: the image, and the options as those of an upload.
///
/// # Errors
/// `malformed_request` for what is not a JSON object, and otherwise as [`options::read`], with the field's name.
pub fn read(body: &[u8], rules: &Rules) -> Result<(Uuid, Spec), Problem> {
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        Problem::new(Code::MalformedRequest, format!("the body is not an order in JSON: {error}"))
    })?;
    if let Some(problem) = body.problem {
        return Err(problem);
    }
    let mut image = None;
    let mut fields = Vec::new();
    for (name, value) in body.members {
        match name {
            "image" => image = Some(read_image(&value)?),
            "filters" => fields.extend(chains(value)?.into_iter().map(|chain| (name, chain))),
            "mute" => fields.push((name, muted(value))),
            "quality" | "effort" | "expires_in" | "delay" => fields.push((name, whole(&value))),
            _ => fields.push((name, text(value))),
        }
    }
    let image = image.ok_or_else(|| no_image("there is no image in the order"))?;
    let spec = options::read_fields(fields.iter().map(|(name, value)| (*name, value.as_str())), rules)?;
    Ok((image, spec))
}

/// The problem of an image that is unknown, or another owner's.
pub fn unknown_image() -> Problem {
    Problem::new(Code::NotFound, "there is no image of this id").field("image")
}

fn no_image(detail: &str) -> Problem {
    Problem::new(Code::MissingImage, format!("{detail}: \"image\" is the id of one, as a task shows it"))
        .field("image")
}

fn read_image(value: &Value) -> Result<Uuid, Problem> {
    let Value::String(id) = value else {
        return Err(no_image("the image is not named by a string"));
    };
    // The only form in which an id is ever shown.
    let id = Some(id).filter(|id| id.len() == uuid::fmt::Hyphenated::LENGTH);
    id.and_then(|id| Uuid::try_parse(id).ok()).ok_or_else(unknown_image)
}

fn chains(value: Value) -> Result<Vec<String>, Problem> {
    let one = |value| match value {
        Value::String(chain) => Ok(chain),
        _ => {
            let detail = "filters is a chain, or a list of chains, each of them a string";
            Err(Problem::new(Code::InvalidFilters, detail).field("filters"))
        }
    };
    match value {
        Value::Array(chains) => chains.into_iter().map(one).collect(),
        other => Ok(vec![one(other)?]),
    }
}

/// Channels as a form would have them: a list of strings with commas between.
fn muted(value: Value) -> String {
    let Value::Array(names) = value else { return text(value) };
    names.into_iter().map(text).collect::<Vec<_>>().join(",")
}

/// A value as a form would have it. What is not a string stays JSON, which none of these fields takes but a subscription.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A number as a form would have it, also where it was written as `80.0`. What is not a number stays JSON, which no
/// number looks like: so is a string, with its quotes.
fn whole(value: &Value) -> String {
    let exact = |number: &Number| {
        let number = number.as_f64().filter(|number| number.fract() == 0.0)?;
        (0.0..=LARGEST_WHOLE).contains(&number).then(|| format!("{number:.0}"))
    };
    value.as_number().and_then(exact).unwrap_or_else(|| value.to_string())
}

/// An object's members, each known and there once; or what is wrong with the first that is not.
struct Body {
    members: Vec<(&'static str, Value)>,
    problem: Option<Problem>,
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Body;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body, A::Error> {
        let mut body = Body { members: Vec::new(), problem: None };
        while let Some(name) = map.next_key::<String>()? {
            match FIELDS.into_iter().find(|known| *known == name) {
                _ if body.problem.is_some() => {}
                None => body.problem = Some(options::unknown_field(&name)),
                Some(known) if body.members.iter().any(|(name, _)| *name == known) => {
                    body.problem = Some(options::duplicate_field(known));
                }
                Some(known) => {
                    body.members.push((known, map.next_value()?));
                    continue;
                }
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Span;
    use serde_json::json;

    use super::*;
    use crate::address::{PushHosts, Reach};
    use crate::channel::Channel;
    use crate::options::Priority;
    use crate::telling::{Tellable, Telling};

    const IMAGE: &str = "01930000-0000-7000-8000-000000000002";

    fn rules() -> Rules {
        Rules {
            max_filters: 2,
            formats: &["jpeg", "png"],
            link_life: Span::new().months(3),
            max_link_life: Span::new().years(1),
            own_life: None,
            lasting: false,
            tellable: Tellable {
                allowed: vec![Channel::Webhook],
                on: Channel::ALL.to_vec(),
                reach: Reach {
                    insecure: false,
                    push_hosts: PushHosts::parse("push.example.com"),
                    ..Reach::default()
                },
            },
        }
    }

    fn refusal(body: &str) -> (Code, Option<String>) {
        let problem = read(body.as_bytes(), &rules()).unwrap_err();
        (problem.code, problem.field)
    }

    #[test]
    fn an_order_has_the_options_of_an_upload() {
        let body = json!({"image": IMAGE, "filters": ["sepia", "blur(3)"], "format": "png", "quality": 80.0, "effort": 7,
                          "icc": "keep", "expires_in": 60, "webhook": "https://a.example/", "priority": "low",
                          "delay": 3600});
        let (image, spec) = read(body.to_string().as_bytes(), &rules()).unwrap();
        assert_eq!(image.to_string(), IMAGE);
        let expected = Spec {
            filters: vec!["sepia".into(), "blur(3)".into()],
            chains: None,
            format: Some("png".into()),
            quality: Some(80),
            effort: Some(7),
            keep_profile: true,
            expires_in: Some(60),
            life: None,
            telling: Telling { webhook: Some("https://a.example/".into()), ..Telling::default() },
            priority: Priority::Low,
            delay: 3600,
        };
        assert_eq!(spec, expected);
    }

    #[test]
    fn whom_to_tell_is_said_in_json() {
        let push = json!({"endpoint": "https://push.example.com/1",
                          "keys": {"p256dh": format!("BA{}", "A".repeat(85)), "auth": "A".repeat(22)}});
        for push in [push.clone(), Value::String(push.to_string())] {
            let body = json!({"image": IMAGE, "push": push, "mute": ["email", "sms"]}).to_string();
            let telling = read(body.as_bytes(), &rules()).unwrap().1.telling;
            assert_eq!(telling.push.unwrap().endpoint, "https://push.example.com/1");
            assert_eq!(telling.mute, [Channel::Email, Channel::Sms]);
        }
    }

    #[test]
    fn filters_are_one_chain_or_a_list_or_not_there() {
        let filters = |more: &str| {
            let body = format!("{{\"image\":\"{IMAGE}\"{more}}}");
            read(body.as_bytes(), &rules()).unwrap().1.filters
        };
        assert_eq!(filters(r#","filters":"sepia""#), ["sepia"]);
        assert_eq!(filters(r#","filters":["s\u0065pia",""]"#), ["sepia", ""]);
        assert_eq!(filters(r#","filters":[]"#), [""]);
        assert_eq!(filters(""), [""]);
    }

    #[test]
    fn what_is_not_an_object_is_malformed() {
        let deep = "[".repeat(100_000);
        let deep_value = format!("{{\"image\":{deep}");
        let unfinished = format!("{{\"image\":\"{IMAGE}\"");
        let more = format!("{{\"image\":\"{IMAGE}\"}} 1");
        for body in ["", "null", "[]", "1", "{", "{image}", &deep, &deep_value, &unfinished, &more] {
            assert_eq!(refusal(body).0, Code::MalformedRequest, "{:.40}", body);
        }
        let not_utf8 = [b"{\"image\":\"".as_slice(), &[0xff], b"\"}"].concat();
        assert_eq!(read(&not_utf8, &rules()).unwrap_err().code, Code::MalformedRequest);
        assert_eq!(refusal(r#"{"image":"\ud800"}"#).0, Code::MalformedRequest);
    }

    #[test]
    fn each_bad_member_names_its_field() {
        let bad = [
            (r#""colour":1"#, Code::UnknownField, "colour"),
            (r#""filters":1"#, Code::InvalidFilters, "filters"),
            (r#""filters":null"#, Code::InvalidFilters, "filters"),
            (r#""filters":["",["sepia"]]"#, Code::InvalidFilters, "filters"),
            (r#""filters":"a\u0000b""#, Code::InvalidFilters, "filters"),
            (r#""filters":["","",""]"#, Code::TooManyFilters, "filters"),
            (r#""filters":"","filters":"""#, Code::DuplicateField, "filters"),
            (r#""quality":1,"quality":1"#, Code::DuplicateField, "quality"),
            (r#""quality":"80""#, Code::InvalidQuality, "quality"),
            (r#""quality":80.5"#, Code::InvalidQuality, "quality"),
            (r#""quality":-1"#, Code::InvalidQuality, "quality"),
            (r#""quality":1e300"#, Code::InvalidQuality, "quality"),
            (r#""effort":null"#, Code::InvalidEffort, "effort"),
            (r#""expires_in":true"#, Code::InvalidExpiresIn, "expires_in"),
            (r#""format":["png"]"#, Code::InvalidFormat, "format"),
            (r#""icc":true"#, Code::InvalidIcc, "icc"),
            (r#""priority":1"#, Code::InvalidPriority, "priority"),
            (r#""delay":"60""#, Code::InvalidDelay, "delay"),
            (r#""delay":604801"#, Code::InvalidDelay, "delay"),
            (r#""webhook":{"url":"https://a.example/"}"#, Code::InvalidWebhook, "webhook"),
            (r#""mute":[]"#, Code::InvalidMute, "mute"),
            (r#""mute":["all",1]"#, Code::InvalidMute, "mute"),
            (r#""push":null"#, Code::InvalidPush, "push"),
            (r#""email":"a@example.com""#, Code::ChannelNotAllowed, "email"),
            (r#""image":"01930000-0000-7000-8000-000000000002""#, Code::DuplicateField, "image"),
        ];
        for (member, code, field) in bad {
            let body = format!("{{\"image\":\"{IMAGE}\",{member}}}");
            assert_eq!(refusal(&body), (code, Some(field.to_owned())), "{body}");
        }
    }

    #[test]
    fn an_image_is_named_by_its_id() {
        assert_eq!(refusal("{}"), (Code::MissingImage, Some("image".into())));
        assert_eq!(refusal(r#"{"image":7}"#), (Code::MissingImage, Some("image".into())));
        for id in ["", "x", &IMAGE.replace('-', ""), &format!("{{{IMAGE}}}"), &IMAGE.replace('2', "g")] {
            assert_eq!(
                refusal(&json!({ "image": id }).to_string()),
                (Code::NotFound, Some("image".into())),
                "{id}"
            );
        }
    }
}
