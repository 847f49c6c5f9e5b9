//! The name a result is downloaded under, derived from the name its original was uploaded under.

/// Longest stem kept, in bytes; leaves room for an extension within every file system's 255.
const MAX_STEM_BYTES: usize = 100;

/// `holiday.photo.HEIC` and `jpg` become `holiday.photo.jpg`; what has no usable name becomes `image.jpg`.
///
/// Path separators, quotes, controls, bidirectional overrides and leading dots are left out, so that the name is
/// harmless as a URL segment, in a header and on any disk.
pub fn of_result(uploaded: &str, extension: &str) -> String {
    let base = uploaded.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
    let kept: String = stem.chars().filter(|c| is_harmless(*c)).collect();
    let stem = shorten(kept.trim_matches(|c: char| c == '.' || c.is_whitespace()));
    format!("{}.{extension}", if stem.is_empty() { "image" } else { stem })
}

fn is_harmless(c: char) -> bool {
    let reserved = matches!(c, '"' | '\'' | '<' | '>' | '|' | ':' | '*' | '?' | '%' | ';' | '\u{fffd}');
    let bidirectional =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !reserved && !bidirectional
}

fn shorten(stem: &str) -> &str {
    let mut end = stem.len().min(MAX_STEM_BYTES);
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    stem[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::of_result;

    #[test]
    fn keeps_the_stem_and_takes_the_new_extension() {
        assert_eq!(of_result("holiday.photo.HEIC", "jpg"), "holiday.photo.jpg");
        assert_eq!(of_result("Schöne Grüße.png", "webp"), "Schöne Grüße.webp");
    }

    #[test]
    fn names_that_say_nothing_become_image() {
        for name in ["", ".", "..", ".jpg", "/", "\u{202e}.png", "\r\n"] {
            assert_eq!(of_result(name, "png"), "image.png", "{name:?}");
        }
    }

    #[test]
    fn nothing_dangerous_survives() {
        let name = of_result("..\\..//a\"b\r\nSet-Cookie: x\u{202e}gpj.exe", "jpg");
        assert_eq!(name, "abSet-Cookie xgpj.jpg");
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let name = of_result(&"ü".repeat(300), "jpg");
        assert!(name.len() <= super::MAX_STEM_BYTES + 4, "{}", name.len());
    }
}
