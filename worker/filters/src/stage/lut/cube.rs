//! Colour tables as text: Adobe's Cube LUT Specification 1.0, with the input ranges that Resolve writes.
//!
//! Keywords come first, one a line, then a line of three numbers for every entry, red changing fastest. Lines that
//! begin with `#` are comments.

use super::table::{Node, Shape, Table};

/// Entries on each axis of a cube: 65³ take 4 MiB. The format has up to 256.
const CUBE_SIZES: std::ops::RangeInclusive<usize> = 2..=65;
/// Entries of curves, as in the format.
const CURVE_SIZES: std::ops::RangeInclusive<usize> = 2..=65_536;
/// The greatest magnitude of a number: what half floats hold.
const MOST: f32 = 65_504.0;
/// What a domain spans at least.
const LEAST_SPAN: f32 = 1e-6;
/// Characters of a word that are shown in a message.
const SHOWN: usize = 24;

/// Reads the table out of the bytes of a .cube file.
///
/// # Errors
/// What is wrong, and in which line.
pub(super) fn read(bytes: &[u8]) -> Result<Table, String> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = Reader::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        reader.line_number += 1;
        reader.line(line).map_err(|reason| format!("line {}: {reason}", reader.line_number))?;
    }
    // A last line that ends leaves an empty one.
    let last = reader.line_number - usize::from(bytes.ends_with(b"\n"));
    reader.finish().map_err(|reason| format!("line {last}: {reason}"))
}

/// What has been read.
#[derive(Default)]
struct Reader {
    line_number: usize,
    /// Keywords so far.
    known: Vec<String>,
    size: Option<(Shape, usize)>,
    first: Option<[f32; 3]>,
    end: Option<[f32; 3]>,
    nodes: Vec<Node>,
}

impl Reader {
    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            return Ok(());
        }
        let line = str::from_utf8(line).map_err(|_| "this is not the text of a .cube file".to_owned())?;
        if !line.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return self.entry(line);
        }
        let (keyword, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if !self.nodes.is_empty() {
            return Err(format!("`{}` stands after the first entry", shown(keyword)));
        }
        self.keyword(keyword, rest.trim())?;
        if self.known.iter().any(|known| known == keyword) {
            return Err(format!("{keyword} stands twice"));
        }
        self.known.push(keyword.to_owned());
        Ok(())
    }

    fn keyword(&mut self, keyword: &str, rest: &str) -> Result<(), String> {
        match keyword {
            "TITLE" => title(rest),
            "LUT_1D_SIZE" => self.sized(Shape::Curves, keyword, rest),
            "LUT_3D_SIZE" => self.sized(Shape::Cube, keyword, rest),
            "DOMAIN_MIN" => self.domain(Some(numbers(rest)?), None),
            "DOMAIN_MAX" => self.domain(None, Some(numbers(rest)?)),
            "LUT_1D_INPUT_RANGE" | "LUT_3D_INPUT_RANGE" => {
                let [first, end] = numbers(rest)?;
                if self.first.is_some() || self.end.is_some() {
                    return Err("the domain is told twice".to_owned());
                }
                self.domain(Some([first; 3]), Some([end; 3]))
            }
            _ => Err(format!("`{}` is no keyword of .cube files", shown(keyword))),
        }
    }

    fn sized(&mut self, shape: Shape, keyword: &str, rest: &str) -> Result<(), String> {
        if self.size.is_some_and(|(other, _)| other != shape) {
            return Err("a table has LUT_1D_SIZE or LUT_3D_SIZE, not both".to_owned());
        }
        let sizes = match shape {
            Shape::Curves => CURVE_SIZES,
            Shape::Cube => CUBE_SIZES,
        };
        let size = rest.parse().ok().filter(|size| sizes.contains(size)).ok_or_else(|| {
            let (least, most) = (sizes.start(), sizes.end());
            format!("{keyword} is a whole number from {least} to {most}, not `{}`", shown(rest))
        })?;
        self.size = Some((shape, size));
        self.nodes.reserve_exact(shape.entries(size));
        Ok(())
    }

    /// Sets one end of the domain or both; where both are known they must be in order.
    fn domain(&mut self, first: Option<[f32; 3]>, end: Option<[f32; 3]>) -> Result<(), String> {
        self.first = first.or(self.first);
        self.end = end.or(self.end);
        // Of one alone the other may follow.
        match (self.first, self.end) {
            (Some(first), Some(end)) => in_order(first, end),
            _ => Ok(()),
        }
    }

    fn ends(&self) -> [[f32; 3]; 2] {
        [self.first.unwrap_or([0.0; 3]), self.end.unwrap_or([1.0; 3])]
    }

    fn entry(&mut self, line: &str) -> Result<(), String> {
        let (shape, size) =
            self.size.ok_or("LUT_3D_SIZE or LUT_1D_SIZE must stand before the first entry")?;
        let entries = shape.entries(size);
        if self.nodes.is_empty() {
            let [first, end] = self.ends();
            in_order(first, end)?;
        }
        if self.nodes.len() == entries {
            return Err(format!("this is one more than the {entries} entries of a table of size {size}"));
        }
        let [red, green, blue] = numbers(line)?;
        self.nodes.push([red, green, blue, 0.0]);
        Ok(())
    }

    fn finish(self) -> Result<Table, String> {
        let domain = self.ends();
        let (shape, size) = self.size.ok_or("the file ends without LUT_3D_SIZE or LUT_1D_SIZE")?;
        let (found, entries) = (self.nodes.len(), shape.entries(size));
        if found < entries {
            return Err(format!("the file ends after {found} of {entries} entries"));
        }
        Ok(Table { shape, size, domain, nodes: self.nodes })
    }
}

fn title(rest: &str) -> Result<(), String> {
    let inner = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.contains('"') => Ok(()),
        _ => Err("a title stands in quotation marks".to_owned()),
    }
}

fn in_order(first: [f32; 3], end: [f32; 3]) -> Result<(), String> {
    if first.into_iter().zip(end).all(|(first, end)| end - first >= LEAST_SPAN) {
        return Ok(());
    }
    Err("the domain ends below where it begins".to_owned())
}

/// Exactly as many numbers as are wanted.
fn numbers<const N: usize>(text: &str) -> Result<[f32; N], String> {
    let mut numbers = [0.0; N];
    let mut words = text.split_whitespace();
    for (found, number) in numbers.iter_mut().enumerate() {
        let word = words.next().ok_or_else(|| format!("{N} numbers are wanted, and here are {found}"))?;
        *number = word
            .parse()
            .ok()
            .filter(|number: &f32| number.abs() <= MOST)
            .ok_or_else(|| format!("`{}` is no number from −{MOST} to {MOST}", shown(word)))?;
    }
    match words.next() {
        None => Ok(numbers),
        Some(word) => Err(format!("{N} numbers are wanted, and `{}` is one more", shown(word))),
    }
}

/// As much of the operator's text as a message may hold.
fn shown(text: &str) -> String {
    let plain = |each: char| if each.is_control() { '\u{fffd}' } else { each };
    text.chars().take(SHOWN).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRIES: &str = "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1";

    #[test]
    fn all_that_the_format_has_is_read() {
        let text = format!(
            "\u{feff}# made by hand\r\nTITLE \"a b\"\r\n\r\nDOMAIN_MAX 2 3 4e0\r\nLUT_3D_SIZE 2\r\nDOMAIN_MIN -1 0 .5\r\n\
             # red first\r\n{}\r\n\r\n",
            ENTRIES.replace('\n', "\r\n").replace("1 1 1", " 1.5\t-0.25  1e-3 ")
        );
        let table = read(text.as_bytes()).unwrap();
        assert_eq!((table.shape, table.size, table.nodes.len()), (Shape::Cube, 2, 8));
        assert_eq!(table.domain, [[-1.0, 0.0, 0.5], [2.0, 3.0, 4.0]]);
        assert_eq!((table.nodes[1], table.nodes[7]), ([1.0, 0.0, 0.0, 0.0], [1.5, -0.25, 0.001, 0.0]));
    }

    #[test]
    fn curves_and_the_ranges_of_resolve_are_read() {
        let table = read(b"LUT_1D_SIZE 3\nLUT_1D_INPUT_RANGE 0.25 0.75\n0 0 0\n.2 .3 .4\n1 1 1").unwrap();
        assert_eq!((table.shape, table.size, table.nodes.len()), (Shape::Curves, 3, 3));
        assert_eq!(table.domain, [[0.25; 3], [0.75; 3]]);
    }

    #[test]
    fn every_mistake_tells_its_line() {
        let one_more = format!("LUT_3D_SIZE 2\n{ENTRIES}\n1 1 1\n");
        let late = format!("LUT_3D_SIZE 2\n{ENTRIES}\nTITLE \"x\"\n");
        let cases: [(&str, &str); 24] = [
            ("", "line 1: the file ends without"),
            ("# nothing\n", "line 1: the file ends without"),
            ("0 0 0\n", "line 1: LUT_3D_SIZE or LUT_1D_SIZE must stand before"),
            ("\n# x\nLUT_3D_SIZES 2\n", "line 3: `LUT_3D_SIZES` is no keyword"),
            ("LUT_3D_SIZE 1\n", "line 1: LUT_3D_SIZE is a whole number from 2 to 65, not `1`"),
            ("LUT_3D_SIZE 66\n", "line 1: LUT_3D_SIZE is a whole number from 2 to 65"),
            ("LUT_3D_SIZE 99999999999999999999\n", "line 1: LUT_3D_SIZE is a whole number"),
            ("LUT_3D_SIZE\n", "line 1: LUT_3D_SIZE is a whole number"),
            ("LUT_3D_SIZE 2 2\n", "line 1: LUT_3D_SIZE is a whole number"),
            ("LUT_1D_SIZE 65537\n", "line 1: LUT_1D_SIZE is a whole number from 2 to 65536"),
            ("LUT_3D_SIZE 2\nLUT_1D_SIZE 2\n", "line 2: a table has LUT_1D_SIZE or LUT_3D_SIZE, not both"),
            ("LUT_3D_SIZE 2\nLUT_3D_SIZE 2\n", "line 2: LUT_3D_SIZE stands twice"),
            ("TITLE bare\n", "line 1: a title stands in quotation marks"),
            ("TITLE \"\n", "line 1: a title stands in quotation marks"),
            ("LUT_3D_SIZE 2\nDOMAIN_MIN 0 0\n", "line 2: 3 numbers are wanted, and here are 2"),
            ("LUT_3D_SIZE 2\nDOMAIN_MIN 0 2 0\n0 0 0\n", "line 3: the domain ends below"),
            ("DOMAIN_MAX 1 1 1\nDOMAIN_MIN 0 1 0\n", "line 2: the domain ends below"),
            ("DOMAIN_MAX 1 1 1\nLUT_3D_INPUT_RANGE 0 1\n", "line 2: the domain is told twice"),
            ("LUT_3D_SIZE 2\n0 0\n", "line 2: 3 numbers are wanted, and here are 2"),
            ("LUT_3D_SIZE 2\n0 0 0 0\n", "line 2: 3 numbers are wanted, and `0` is one more"),
            ("LUT_3D_SIZE 2\n0 0 0\n0,5 0 0\n", "line 3: `0,5` is no number"),
            ("LUT_3D_SIZE 2\n0 0 0\n0 nan 0\n", "line 3: `nan` is no number"),
            ("LUT_3D_SIZE 2\n0 0 0\n0 -inf 1e30\n", "line 3: `-inf` is no number"),
            ("LUT_3D_SIZE 2\n0 0 0\n0 1e30 0\n", "line 3: `1e30` is no number"),
        ];
        let more = [
            ("LUT_3D_SIZE 2\n0 0 0\n0 0 1\n", "line 3: the file ends after 2 of 8 entries"),
            ("LUT_3D_SIZE 2\n0 0 0\n0 0 1", "line 3: the file ends after 2 of 8 entries"),
            (&one_more, "line 10: this is one more than the 8 entries"),
            (&late, "line 10: `TITLE` stands after the first entry"),
        ];
        for (text, wanted) in cases.into_iter().chain(more) {
            let reason = read(text.as_bytes()).unwrap_err();
            assert!(reason.starts_with(wanted), "{text:?}: {reason}");
        }
        let bytes = read(b"TITLE \"x\"\n\xff\xd8\xff\n").unwrap_err();
        assert_eq!(bytes, "line 2: this is not the text of a .cube file");
    }

    #[test]
    fn messages_stay_short_and_plain() {
        let reason = read(format!("A\u{1b}{}\n", "x".repeat(100_000)).as_bytes()).unwrap_err();
        assert!(reason.len() < 100 && !reason.contains('\u{1b}'), "{reason}");
    }
}
