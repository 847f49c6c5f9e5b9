use futures_executor::block_on;
use futures_util::stream;
use proptest::prelude::*;

use super::*;

/// A part's header lines and content.
type Split = Vec<(Vec<String>, Vec<u8>)>;

fn split_in(pieces: &[&[u8]], boundary: &[u8], max_line: usize) -> Result<Split, Error> {
    let mut splitter = Splitter::new(boundary, max_line);
    let mut parts: Split = Vec::new();
    let mut open = false;
    for piece in pieces {
        let mut rest = *piece;
        loop {
            match splitter.next(&mut rest)? {
                Event::Hungry => break,
                Event::Part(lines) => {
                    assert!(!std::mem::replace(&mut open, true));
                    let lines =
                        lines.into_iter().map(|line| String::from_utf8_lossy(&line).into_owned()).collect();
                    parts.push((lines, Vec::new()));
                }
                Event::Data(data) => {
                    assert!(open && !data.is_empty());
                    parts.last_mut().unwrap().1.extend_from_slice(data);
                }
                Event::PartEnd => assert!(std::mem::replace(&mut open, false)),
                Event::End => assert!(!open),
            }
        }
        assert!(rest.is_empty());
    }
    if splitter.is_complete() { Ok(parts) } else { Err(Error::Malformed("incomplete")) }
}

/// Splits a body whole and byte by byte, and expects the same.
#[track_caller]
fn split(body: &[u8]) -> Result<Split, String> {
    let whole = split_in(&[body], b"BB", 100).map_err(|error| error.to_string());
    let bytes: Vec<_> = body.chunks(1).collect();
    assert_eq!(split_in(&bytes, b"BB", 100).map_err(|error| error.to_string()), whole);
    whole
}

#[track_caller]
fn check(body: &[u8], wanted: &[(&[&str], &str)]) {
    let wanted: Split = wanted
        .iter()
        .map(|(lines, data)| (lines.iter().map(|l| l.to_string()).collect(), data.as_bytes().to_vec()))
        .collect();
    assert_eq!(split(body), Ok(wanted), "{}", body.escape_ascii());
}

#[track_caller]
fn refused(body: &[u8], reason: &str) {
    let error = split(body).expect_err(&body.escape_ascii().to_string());
    assert!(error.contains(reason), "{}: {error}", body.escape_ascii());
}

#[test]
fn splits_forms() {
    check(
        b"--BB\r\nA: 1\r\nB: 2\r\n\r\nxyz\r\n--BB\r\n\r\n\r\n--BB--\r\n",
        &[(&["A: 1", "B: 2"], "xyz"), (&[], "")],
    );
    check(b"--BB--", &[]);
    check(b"--BB--\r\n", &[]);
    check(b"--BB \t\r\nA: 1\r\n\r\nx\r\n--BB--junk\r\n--BB\r\n", &[(&["A: 1"], "x")]);
    check(b"preamble\r\n\r\n--BB\r\nA: 1\r\n\r\nx\r\n--BB--", &[(&["A: 1"], "x")]);
}

#[test]
fn near_delimiters_are_content() {
    for data in
        ["\r", "\r\n", "\r\n-", "\r\r\n--\r\n--B\r\n--b", "--BB", "\n--BB", "\r--BB\r\n", "x\r\n\r\n--B B"]
    {
        check(format!("--BB\r\nA: 1\r\n\r\n{data}\r\n--BB--").as_bytes(), &[(&["A: 1"], data)]);
    }
}

#[test]
fn folded_header_lines_are_one() {
    check(b"--BB\r\nA: 1;\r\n b=c\r\n\td\r\nE: 2\r\n\r\n\r\n--BB--", &[(&["A: 1; b=c\td", "E: 2"], "")]);
    refused(b"--BB\r\n A: 1\r\n\r\n\r\n--BB--", "begins with white space");
}

#[test]
fn refuses_what_is_no_form() {
    refused(b"", "incomplete");
    refused(b"--BB", "incomplete");
    refused(b"--BB\r\nA: 1\r\n\r\nx", "incomplete");
    refused(b"--BB\r\nA: 1\r\n\r\nx\r\n--BB\r\n", "incomplete");
    refused(b"--BBQ\r\nA: 1\r\n\r\nx\r\n--BB--", "followed by something else");
    refused(b"--BB\r\nA: 1\r\n\r\nx\r\n--BBQ\r\ny\r\n--BB--", "followed by something else");
    refused(b"--BB\r\r\n", "followed by something else");
    refused(b"--BB - -\r\n", "followed by something else");
    refused(b"--BB\nA: 1\n\nx\n--BB--\n", "followed by something else");
    refused(b"--BB\r\nA: 1\n\r\nx\r\n--BB--", "CR LF");
    refused(b"--BB\r\nA: 1\0\r\n\r\nx\r\n--BB--", "control character");
    refused(b"--BB\r\nA: 1\rB: 2\r\n\r\nx\r\n--BB--", "control character");
}

#[test]
fn what_is_held_is_bounded() {
    let long = "x".repeat(101);
    refused(format!("--BB\r\n{long}\r\n\r\n\r\n--BB--").as_bytes(), "longer than 100 bytes");
    refused(format!("--BB\r\n{long}").as_bytes(), "longer than 100 bytes");
    refused(
        format!("--BB\r\n{}\r\n {}\r\n\r\n\r\n--BB--", &long[..50], &long[..50]).as_bytes(),
        "longer than",
    );
    check(format!("--BB\r\n{}\r\n\r\n\r\n--BB--", &long[..100]).as_bytes(), &[(&[&long[..100]], "")]);
    refused(format!("--BB\r\n{}\r\n\r\n--BB--", "A: 1\r\n".repeat(33)).as_bytes(), "header lines");
    refused(&vec![b'x'; 20_000], "does not begin with its boundary");
    refused(&[&b"--BB"[..], &[b' '; 20_000]].concat(), "white space");
}

/// What multer, an implementation by other people, makes of a body.
fn split_by_multer(pieces: &[&[u8]]) -> Result<Vec<Vec<u8>>, multer::Error> {
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let mut multipart = multer::Multipart::new(stream::iter(pieces), "BB");
    let mut parts = Vec::new();
    block_on(async {
        while let Some(field) = multipart.next_field().await? {
            parts.push(field.bytes().await?.to_vec());
        }
        Ok(parts)
    })
}

/// Content full of what a delimiter is made of.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\r\n--BB".to_vec()),
        Just(b"\r\n--B".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"-".to_vec()),
        Just(b"B".to_vec()),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn cut(body: &[u8], at: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut at: Vec<_> = at.iter().map(|index| index.index(body.len() + 1)).collect();
    at.extend([0, body.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| body[ends[0]..ends[1]].to_vec()).collect()
}

proptest! {
    #[test]
    fn pieces_do_not_matter(parts in prop::collection::vec(content(), 0..5), at in prop::collection::vec(any::<prop::sample::Index>(), 0..20)) {
        let mut body: Vec<u8> = parts.iter().flat_map(|data| [&b"--BB\r\nA: 1\r\n\r\n"[..], data, b"\r\n"].concat()).collect();
        body.extend_from_slice(b"--BB--\r\n");
        let pieces = cut(&body, &at);
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let whole = split_in(&[&body], b"BB", 100).map_err(|error| error.to_string());
        let in_pieces = split_in(&pieces, b"BB", 100).map_err(|error| error.to_string());
        prop_assert_eq!(&whole, &in_pieces);
        // multer agrees on what both take, but where a part has no header: it looks for the end of one in the content.
        if let (Ok(ours), Ok(theirs)) = (&whole, split_by_multer(&pieces))
            && ours.iter().all(|part| !part.0.is_empty())
        {
            prop_assert_eq!(ours.iter().map(|part| part.1.clone()).collect::<Vec<_>>(), theirs);
        }
        if !parts.iter().any(|data| data.windows(6).any(|window| window == b"\r\n--BB")) {
            prop_assert_eq!(whole.unwrap().into_iter().map(|part| part.1).collect::<Vec<_>>(), parts);
        }
    }

    #[test]
    fn garbage_does_not_break_it(body in content(), at in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        let body = [b"--BB\r\n", &body[..]].concat();
        let pieces = cut(&body, &at);
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let [whole, in_pieces] =
            [&[&body[..]][..], &pieces].map(|pieces| split_in(pieces, b"BB", 100).map_err(|error| error.to_string()));
        prop_assert_eq!(whole, in_pieces);
    }
}
