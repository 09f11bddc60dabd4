//! Lengths in words and punctuation marks, because this stage has no tokenizer.

/// Number of words and punctuation marks in `text`: a run of letters, digits, apostrophes and underscores counts as
/// one, and so does every other visible character. A composed emoji counts once.
pub(crate) fn count(text: &str) -> usize {
    let mut count = 0;
    let mut in_word = false;
    for char in text.chars() {
        let word = char.is_alphanumeric() || matches!(char, '_' | '\'' | '’');
        if word {
            count += usize::from(!in_word);
        } else if !(char.is_whitespace() || char.is_control() || joins(char)) {
            count += 1;
        }
        in_word = word;
    }
    count
}

/// Whether `char` belongs to the character before it: joiners, variation selectors, skin tones and combining marks.
fn joins(char: char) -> bool {
    matches!(char, '\u{200B}'..='\u{200F}' | '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{300}'..='\u{36F}' | '\u{20E3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_marks_count() {
        for (text, expected) in [
            ("", 0),
            ("ok", 1),
            ("don't do_that", 2),
            ("what?!", 3),
            ("👍🏽 ❤️", 2),
            ("a-b c\n\nd", 5),
        ] {
            assert_eq!(count(text), expected, "{text:?}");
        }
    }
}
