//! `Upload-Metadata` of the tus protocol: what an upload in pieces is to become.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imgfilter_api::problem::{Code, Problem};

/// The field of the chains, which may hold a list of them.
const FILTERS: &str = "filters";
/// What clients say about a file by themselves and nobody here needs: the type is read from its bytes.
const IGNORED: [&str; 4] = ["filetype", "type", "name", "relativePath"];

/// The options of an upload, and its file's name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) filename: String,
    /// As a form would have them.
    pub(super) fields: Vec<(String, String)>,
}

/// Reads `key base64,key base64`; a key may stand alone.
///
/// # Errors
/// [`Code::InvalidMetadata`] if it cannot be read. What the options are worth is another's to say.
pub(super) fn read(text: &str) -> Result<Metadata, Problem> {
    let mut metadata = Metadata::default();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = STANDARD.decode(value.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let value = value.ok_or_else(|| wrong(format!("the value of \"{key}\" is not UTF-8 in base64")))?;
        match key {
            "filename" => metadata.filename = value,
            FILTERS if value.trim_start().starts_with('[') => {
                let chains: Vec<String> = serde_json::from_str(&value).map_err(|_| {
                    wrong("\"filters\" is neither a chain nor a list of chains in JSON".into())
                })?;
                metadata.fields.extend(chains.into_iter().map(|chain| (FILTERS.to_owned(), chain)));
            }
            key if IGNORED.contains(&key) => {}
            key => metadata.fields.push((key.to_owned(), value)),
        }
    }
    Ok(metadata)
}

fn wrong(detail: String) -> Problem {
    Problem::new(Code::InvalidMetadata, detail).field("Upload-Metadata")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(pairs: &[(&str, &str)]) -> String {
        pairs
            .iter()
            .map(|(key, value)| format!("{key} {}", STANDARD.encode(value)))
            .collect::<Vec<_>>()
            .join(",")
    }

    #[test]
    fn options_and_name_are_read() {
        let text = encoded(&[
            ("filename", "Glas ä.jpg"),
            ("filetype", "image/jpeg"),
            ("filters", "blur(3)"),
            ("quality", "70"),
        ]);
        let fields = vec![("filters".into(), "blur(3)".into()), ("quality".into(), "70".into())];
        assert_eq!(read(&text).unwrap(), Metadata { filename: "Glas ä.jpg".into(), fields });
        assert_eq!(read("").unwrap(), Metadata::default());
        assert_eq!(read("relativePath,type ").unwrap(), Metadata::default(), "a key may stand alone");
    }

    #[test]
    fn filters_may_be_a_list() {
        let fields = read(&encoded(&[("filters", r#"["sepia", "blur(3)"]"#)])).unwrap().fields;
        let chains: Vec<&str> = fields.iter().map(|(_, chain)| chain.as_str()).collect();
        assert_eq!(chains, ["sepia", "blur(3)"]);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for bad in
            ["filters !", "filters gA==", &encoded(&[("filters", "[1]")]), &encoded(&[("filters", "[")])]
        {
            assert_eq!(read(bad).unwrap_err().code, Code::InvalidMetadata, "{bad}");
        }
    }
}
