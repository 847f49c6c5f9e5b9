//! Where an object lies in its bucket's folder: the key, cut into folders in order, so that to walk folders by the names
//! they stand for is to walk keys in their order, and a page of a listing reads only the folders it shows.
//!
//! Any key has its place. The widths suit the keys of this service, `o/202611/0193f2a1-…`: a folder for the month, one
//! for three days, one for a minute, since the ids begin with their time. At a hundred thousand objects a day a folder
//! holds some seventy, and at one a minute no more than one folder is made for each.

use std::path::PathBuf;

/// Bytes of a key that name its first folders.
const WIDTHS: [usize; 3] = [9, 5, 3];
/// Bytes of a key that name a folder further down. Three bytes for each at most, so that names stay below 255.
const REST: usize = 80;
/// What a key stands as whose bytes are all in the names of its folders.
const EMPTY: &str = "%";

/// How many bytes of a key a folder at this depth stands for. What is shorter is an object.
pub fn width(depth: usize) -> usize {
    WIDTHS.get(depth).copied().unwrap_or(REST)
}

/// The path of an object below its bucket's folder.
pub fn path_of(key: &str) -> PathBuf {
    let (mut path, mut rest) = (PathBuf::new(), key.as_bytes());
    for depth in 0.. {
        let Some((folder, left)) = rest.split_at_checked(width(depth)) else { break };
        path.push(name_of(folder));
        rest = left;
    }
    path.push(name_of(rest));
    path
}

/// A file's name for some bytes of a key: letters, digits, `-`, `_` and `.` as they are, a slash as a comma, and the rest
/// percent-encoded; also a dot at the beginning, which hides files.
fn name_of(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return EMPTY.to_owned();
    }
    let mut name = String::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'/' => name.push(','),
            b'.' if at == 0 => name.push_str("%2E"),
            b'-' | b'_' | b'.' => name.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    name
}

/// The bytes of a key that a name stands for; none for a name that is not of ours.
pub fn bytes_of(name: &str) -> Option<Vec<u8>> {
    if name == EMPTY {
        return Some(Vec::new());
    }
    let (mut bytes, mut rest) = (Vec::with_capacity(name.len()), name.as_bytes());
    while let Some((&first, left)) = rest.split_first() {
        rest = left;
        bytes.push(match first {
            b',' => b'/',
            b'%' => {
                let (digits, left) = rest.split_at_checked(2)?;
                rest = left;
                *hex::decode(digits).ok()?.first()?
            }
            _ => first,
        });
    }
    (name_of(&bytes) == name).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_service_lie_by_month_days_and_minute() {
        let key = "r/202612/0193f2a1-7abc-7def-8123-456789abcdef.webp";
        assert_eq!(path_of(key), PathBuf::from("r,202612,/0193f/2a1/-7abc-7def-8123-456789abcdef.webp"));
    }

    #[test]
    fn every_key_has_a_path_of_its_own_that_leads_nowhere_else() {
        let long = "x".repeat(1024);
        let keys = [
            "a",
            "A",
            "%",
            "..",
            "../../etc/passwd",
            "/",
            "//",
            ",",
            "a,b",
            "a/b",
            "a b",
            "ä",
            "日本",
            ".hidden",
            "123456789",
            "12345678",
            "1234567890",
            "123456789/",
            "%2E",
            "12345678901234567",
            long.as_str(),
        ];
        let mut paths: Vec<_> = keys.iter().map(|key| path_of(key)).collect();
        for path in &paths {
            for name in path {
                let name = name.to_str().unwrap();
                assert!(name.len() <= 240 && name != "." && name != ".." && !name.starts_with('.'), "{name}");
            }
        }
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), keys.len());
    }

    #[test]
    fn names_are_read_back_and_others_are_not() {
        for key in ["", "plain", "a/b,c%", "ä.b", ".x", "-"] {
            assert_eq!(bytes_of(&name_of(key.as_bytes())).as_deref(), Some(key.as_bytes()));
        }
        for other in ["lost+found", "%zz", "%2", "a b", "%61", ".tmp"] {
            assert_eq!(bytes_of(other), None, "{other}");
        }
    }
}
