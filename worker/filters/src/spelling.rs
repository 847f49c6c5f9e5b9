//! What a misspelt word was probably meant to be.

/// The most similar of `known`, if it is similar enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let lower = word.to_lowercase();
    known
        .map(|candidate| (distance(&lower, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed(&lower, candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.to_owned())
}

/// Letters inserted, left out, changed or swapped; the beginning of a word counts as one letter away from it.
fn distance(word: &str, candidate: &str) -> usize {
    let edits = strsim::damerau_levenshtein(word, candidate);
    if word.len() >= 3 && candidate.starts_with(word) { edits.min(1) } else { edits }
}

/// A third of the letters may be wrong, none of a single letter.
fn allowed(word: &str, candidate: &str) -> usize {
    let letters = word.chars().count().max(candidate.chars().count());
    if word.chars().count() == 1 { 0 } else { letters.div_ceil(3) }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_misses_are_found_and_strangers_are_not() {
        let known = ["grayscale", "sepia", "blur", "brightness", "flip"];
        let find = |word| nearest(word, known.into_iter());
        assert_eq!(find("greyscale").as_deref(), Some("grayscale"));
        assert_eq!(find("speia").as_deref(), Some("sepia"));
        assert_eq!(find("bright").as_deref(), Some("brightness"));
        assert_eq!(find("Blur").as_deref(), Some("blur"));
        assert_eq!(find("watermark"), None);
        assert_eq!(find("q"), None);
    }
}
