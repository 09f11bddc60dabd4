use proptest::prelude::*;

use super::*;

#[test]
fn a_short_text_stays_as_it_is() {
    assert_eq!(split("hi\nthere", 100), ["hi\nthere"]);
    assert_eq!(split("```rs\nfn\n```", 100), ["```rs\nfn\n```"]);
    let exact = "x".repeat(MESSAGE_MAX);
    assert_eq!(split(&exact, MESSAGE_MAX), [exact]);
    assert!(split(" \n ", 100).is_empty());
}

#[test]
fn lines_go_before_words_and_words_before_characters() {
    let lines = format!("{}\n{}", "a ".repeat(40).trim(), "b ".repeat(40).trim());
    assert_eq!(
        split(&lines, 100),
        [
            "a ".repeat(40).trim().to_owned(),
            "b ".repeat(40).trim().to_owned()
        ]
    );
    let words = "word ".repeat(30);
    assert!(
        split(&words, 100)
            .iter()
            .all(|part| part.split(' ').all(|word| word == "word"))
    );
    let lengths: Vec<usize> = split(&"x".repeat(250), 100)
        .iter()
        .map(String::len)
        .collect();
    assert_eq!(lengths, [96, 96, 58]);
}

#[test]
fn a_cut_code_block_is_closed_and_opened_again() {
    let code = "let x = 1;\n".repeat(20);
    let parts = split(&format!("look:\n```rust\n{code}```\ndone"), 100);
    assert!(parts.len() > 2);
    for (index, part) in parts.iter().enumerate() {
        assert_eq!(part.matches(FENCE).count() % 2, 0, "{part}");
        assert!(index == 0 || part.starts_with("```rust\n"), "{part}");
    }
    assert!(parts.last().unwrap().ends_with("```\ndone"));
}

#[test]
fn a_block_that_would_stay_empty_begins_in_the_next_part() {
    let text = format!("{}\n```py\n{}\n```", "a".repeat(85), "b".repeat(60));
    assert_eq!(
        split(&text, 100),
        ["a".repeat(85), format!("```py\n{}\n```", "b".repeat(60))]
    );
}

#[test]
fn a_block_that_nobody_closes_fits_with_its_end() {
    for length in 170..200 {
        let code = "x".repeat(length);
        let parts = split(&format!("{}\n```\n{code}", "a".repeat(95)), 100);
        assert!(parts.iter().all(|part| units(part) <= 100), "{parts:?}");
        assert_eq!(parts.concat().matches('x').count(), length);
    }
}

#[test]
fn a_line_that_begins_with_a_fence_is_no_language_where_it_is_cut() {
    for length in 80..100 {
        let text = format!(
            "```\n{}\n{}\n```\n```a b c",
            "x".repeat(90),
            "y".repeat(length)
        );
        let together = split(&text, 100).concat();
        assert_eq!(together.matches('a').count(), 1, "{together}");
    }
}

#[test]
fn families_and_flags_stay_whole() {
    let family = "👨‍👩‍👧‍👦";
    for part in split(&family.repeat(60), 100) {
        assert_eq!(part.replace(family, ""), "");
    }
}

#[test]
fn a_character_longer_than_a_message_is_cut_all_the_same() {
    let tower = format!("a{}", "\u{301}".repeat(300));
    let parts = split(&tower, 100);
    assert_eq!(parts.concat(), tower);
    assert!(parts.iter().all(|part| units(part) <= 100));
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-z ]{0,60}",
        2 => Just("\n".to_owned()),
        1 => Just("```".to_owned()),
        1 => Just("```rust\n".to_owned()),
        1 => "`{1,5}",
        1 => Just("👨‍👩‍👧‍👦🇩🇪e\u{301}".to_owned()),
        1 => "\\PC{0,40}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// `text` as people read it: without white space, backticks and the letters of `rust`, the language name that may be
/// repeated.
fn bare(text: &str) -> String {
    text.chars()
        .filter(|char| !char.is_whitespace() && !"`rust".contains(*char))
        .collect()
}

proptest! {
    #[test]
    fn every_part_fits_and_nothing_is_lost(text in text(), max in 100..300_usize) {
        let parts = split(&text, max);
        for part in &parts {
            prop_assert!(units(part) <= max, "{} units: {part:?}", units(part));
            prop_assert!(!part.trim().is_empty());
            prop_assert_eq!(part.matches(FENCE).count() % 2, 0, "{:?}", part);
        }
        // With other languages than `rust` a repeated name would look like text.
        let odd = text.split(FENCE).any(|after| !language(after).is_empty() && language(after) != "rust");
        if !odd {
            prop_assert_eq!(bare(&parts.concat()), bare(&text));
        }
    }

    #[test]
    fn a_plain_text_comes_back_grapheme_by_grapheme(text in "([\\PC&&[^`]]{0,30}[ \n]){0,30}") {
        let visible = |text: &str| -> Vec<String> {
            text.graphemes(true).map(str::trim).filter(|grapheme| !grapheme.is_empty()).map(str::to_owned).collect()
        };
        let together: Vec<String> = split(&text, 100).iter().flat_map(|part| visible(part)).collect();
        prop_assert_eq!(together, visible(text.trim()));
    }
}
