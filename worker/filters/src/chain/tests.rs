use super::*;

fn mistake(chain: &str) -> (usize, usize, Option<String>) {
    let mistake = check(chain).expect_err(chain);
    assert!(!mistake.message.is_empty());
    (mistake.offset, mistake.length, mistake.suggestion)
}

fn canonical(chain: &str) -> String {
    check(chain).unwrap_or_else(|mistake| panic!("{chain}: {mistake}")).canonical()
}

#[test]
fn an_empty_chain_is_right() {
    for chain in ["", "  ", "\n"] {
        assert_eq!(canonical(chain), "");
        assert!(check(chain).unwrap().links().is_empty());
    }
}

#[test]
fn arguments_are_positional_or_named() {
    for chain in ["sepia(0.8)", " sepia ( amount = 0.8 ) ", "sepia(amount=0.80)", "sepia(8e-1)"] {
        assert_eq!(canonical(chain), "sepia(amount=0.8)");
    }
    assert_eq!(canonical("sepia|grayscale()|invert"), "sepia(amount=1)|grayscale(weights=rec709)|invert");
}

#[test]
fn equations_keep_their_own_commas_and_signs() {
    let chain = "sepia|equation(m = max(r, g), r = m; g = (r > 0.5 || b < 0.1) ? 1 : 0)|invert";
    let right = "sepia(amount=1)|equation(m=max(r,g),r=m,g=(r>0.5||b<0.1)?1:0)|invert";
    assert_eq!(canonical(chain), right);
    assert_eq!(canonical(right), right);
}

#[test]
fn mistakes_have_their_place_and_a_hint() {
    for (chain, offset, length, suggestion) in [
        ("speia", 0, 5, Some("sepia")),
        ("invert|greyscale", 7, 9, Some("grayscale")),
        ("négatif", 0, 7, None),
        ("invert | é", 9, 1, None),
        ("invert|", 7, 0, None),
        ("|invert", 0, 1, None),
        ("invert||invert", 7, 1, None),
        ("invert invert", 7, 1, None),
        ("invert)", 6, 1, None),
        ("sepia(", 6, 0, None),
        ("sepia(1", 5, 1, None),
        ("sepia(1,", 8, 0, None),
        ("sepia(1,)", 8, 1, None),
        ("sepia(1, 2)", 9, 1, None),
        ("invert(1)", 7, 1, None),
        ("sepia(amout=1)", 6, 5, Some("amount")),
        ("sepia(amount=1, amount=1)", 16, 6, None),
        ("sepia(amount=1, 1)", 16, 1, None),
        ("sepia(2)", 6, 1, Some("1")),
        ("sepia(-0.1)", 6, 4, Some("0")),
        ("sepia(nan)", 6, 3, None),
        ("sepia(inf)", 6, 3, None),
        ("brightness(20%)", 11, 3, Some("20")),
        ("brightness", 0, 10, Some("brightness(15)")),
        ("equation", 0, 8, Some("equation(r = 0.9*r + 0.1*luma, b = b*smoothstep(0, 0.8, y))")),
        ("equation(r = 1", 8, 1, None),
        ("invert|equation(g = r, r = lmua)", 27, 4, Some("luma")),
        ("equation(q = 1)", 14, 0, None),
    ] {
        assert_eq!(mistake(chain), (offset, length, suggestion.map(str::to_owned)), "{chain}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(chain in "[ -~\\né]{0,40}") {
        if let Err(mistake) = check(&chain) {
            proptest::prop_assert!(mistake.offset + mistake.length <= chain.chars().count());
        }
    }

    #[test]
    fn what_is_right_has_one_spelling(
        links in proptest::collection::vec(
            proptest::sample::select(vec![
                "sepia( 0.25 )", "invert", "gamma(value=2)", "hue( -90)", "equation(r=g)", "saturation(+5)",
            ]),
            1..6,
        )
    ) {
        let once = check(&links.join(" | ")).unwrap().canonical();
        proptest::prop_assert_eq!(check(&once).unwrap().canonical(), once);
    }
}
