use super::*;
use crate::chain::check;
use crate::refusal::RefusalCode;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn mistakes(files: &[(&str, &str)]) -> Vec<String> {
    let folder = folder(files);
    let limits = ChainLimits { max_length: 60, max_filters: 3, ..ChainLimits::default() };
    let mistakes = read_presets(folder.path(), &limits).unwrap_err();
    let text = |mistake: &PresetMistake| mistake.to_string();
    let prefix = format!("{}/", folder.path().display());
    mistakes.iter().map(|mistake| text(mistake).replace(&prefix, "")).collect()
}

#[test]
fn files_become_presets() {
    let folder = folder(&[
        ("web.chain", "# For the web\n\nresize(width=800)\n# not too sharp\n| sharpen(1)\n"),
        ("gray-2.chain", "grayscale|colorize(#ff0000)"),
        ("lines.chain", "equation(r = g\ng = r)\n"),
        ("README", "not a preset"),
        (".web.chain.swp", "neither"),
    ]);
    let presets = read_presets(folder.path(), &ChainLimits::default()).unwrap();
    let names: Vec<&str> = presets.iter().map(|preset| preset.name.as_str()).collect();
    assert_eq!(names, ["gray-2", "lines", "web"]);
    assert_eq!(presets[2].title, "For the web");
    assert_eq!(presets[0].title, "gray-2");
    assert_eq!(presets[1].chain, "equation(r=g,g=r)");
    for preset in &presets {
        assert_eq!(check(&preset.chain).unwrap().canonical(), preset.chain);
    }
    assert_eq!(read_presets(&folder.path().join("nowhere"), &ChainLimits::default()), Ok(Vec::new()));
}

#[test]
fn every_mistake_is_told_with_its_place_in_the_file() {
    assert_eq!(
        mistakes(&[
            ("a.chain", "# A\nblur(2)\n| sepai"),
            ("b.chain", "invert|preset(a)"),
            ("c.chain", "# only a comment\n"),
            ("d e.chain", "invert"),
            ("f.chain", "invert|invert|invert|invert"),
            ("g.chain", "equation(r=g,b=r)           |     equation(r=g,b=r)          "),
            ("h.chain", "invert"),
        ]),
        [
            "a.chain:3:3: there is no filter `sepai`; did you mean sepia?",
            "b.chain:1:8: a preset cannot be made of presets",
            "c.chain: it has no filter",
            "d e.chain: the name of a preset has letters, digits, _ and - alone, 64 at most",
            "f.chain:1:22: a chain may have at most 3 filters",
        ]
    );
    let long = mistakes(&[("long.chain", "resize(400,400)|resize(400,400)")]);
    assert!(long[0].contains("at most 60 characters, not") && long[0].contains("written out"), "{long:?}");
    let folder = folder(&[]);
    fs::write(folder.path().join("x.chain"), [0xff, 0xfe]).unwrap();
    assert_eq!(read_presets(folder.path(), &ChainLimits::default()).unwrap_err().len(), 1);
}

#[test]
fn a_preset_stands_where_a_filter_stands() {
    let chain = check("flip | preset(thumbnail) |invert").unwrap();
    assert_eq!(chain.canonical(), "flip(direction=horizontal)|preset(name=\"thumbnail\")|invert");
    let expanded = chain.expanded().unwrap().to_owned();
    assert!(expanded.starts_with("flip|resize(width=320,") && expanded.ends_with(")|invert"), "{expanded}");
    let again = check(&expanded).unwrap();
    assert_eq!((again.expanded(), again.links().len()), (None, 4));
    assert_eq!(check("flip|invert").unwrap().expanded(), None);
}

#[test]
fn a_misspelled_preset_is_told_from_one() {
    let mistake = check("invert|preset(thumbnial)").unwrap_err();
    assert_eq!((mistake.offset, mistake.length), (14, 9));
    assert_eq!(mistake.suggestion.as_deref(), Some("thumbnail"));
}

#[test]
fn a_preset_counts_as_what_it_is_made_of() {
    let limits = |max_filters, max_length| ChainLimits { max_filters, max_length, ..ChainLimits::default() };
    let code = |chain: &str, limits| check_within(chain, &limits).err()?.passed.map(|passed| passed.code);
    assert_eq!(code("invert|preset(thumbnail)", limits(3, 4096)), None);
    assert_eq!(code("invert|preset(thumbnail)", limits(2, 4096)), Some(RefusalCode::TooManyChainFilters));
    let whole = check("invert|preset(thumbnail)").unwrap().expanded().unwrap().chars().count();
    assert_eq!(code("invert|preset(thumbnail)", limits(64, whole)), None);
    assert_eq!(code("invert|preset(thumbnail)", limits(64, whole - 1)), Some(RefusalCode::ChainTooLong));
}

#[test]
fn where_only_presets_are_allowed_nothing_else_is() {
    let only = ChainLimits { presets: PresetUse::Only, ..ChainLimits::default() };
    for good in ["preset(thumbnail)", " preset( name = thumbnail ) ", "preset(postcard)|preset(thumbnail)"] {
        assert!(check_within(good, &only).is_ok(), "{good}");
    }
    for (bad, offset, length) in [
        ("", 0, 0),
        ("  ", 2, 0),
        ("invert", 0, 6),
        ("preset(thumbnail)|invert", 18, 6),
        ("look(noir)", 0, 4),
        ("resize(width=320,height=320)|sharpen(1)", 0, 6),
    ] {
        let mistake = check_within(bad, &only).unwrap_err();
        assert_eq!((mistake.offset, mistake.length), (offset, length), "{bad}");
        assert_eq!(mistake.passed.map(|passed| passed.code), Some(RefusalCode::PresetsOnly), "{bad}");
        assert_eq!(mistake.suggestion.as_deref(), Some("preset(postcard)"), "{bad}");
    }
    // What is misspelt stays a plain mistake.
    assert_eq!(check_within("preset(nothing)", &only).unwrap_err().passed, None);
}
