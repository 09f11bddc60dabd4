//! Profile of a reply: length, words, style features and hashed character n-grams.

use std::collections::BTreeMap;

use persona_core::hash::fnv1a;
use unicode_segmentation::UnicodeSegmentation;

/// Words without a topic. How often people use them is a habit of style.
const FUNCTION_WORDS: &[&str] = &[
    "a", "and", "are", "be", "but", "can", "do", "for", "i", "if", "in", "is", "it", "just",
    "like", "me", "my", "no", "not", "of", "on", "or", "so", "that", "the", "this", "to", "we",
    "what", "with", "yeah", "yes", "you",
];

/// Number of hash buckets for character n-grams.
pub(crate) const GRAM_BUCKETS: usize = 1 << 11;

/// Measurements of one reply.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// Number of characters (Unicode scalar values).
    pub(crate) length: f64,
    /// Lower-case words in order; an emoji is a word too.
    pub(crate) words: Vec<String>,
    /// Values in the order of [`feature_names`].
    pub(crate) features: Vec<f64>,
    /// Buckets and values of the hashed n-grams, scaled to length 1.
    pub(crate) grams: Vec<(usize, f64)>,
    /// Sentence embedding; empty until it is set.
    pub(crate) embedding: Vec<f32>,
}

impl Profile {
    pub(crate) fn of(text: &str) -> Self {
        let words = words(text);
        Self {
            length: text.chars().count() as f64,
            features: features(text, &words),
            grams: grams(text),
            words,
            embedding: Vec::new(),
        }
    }
}

/// Splits a text into lower-case words; punctuation and spaces are dropped, emoji are kept.
pub fn words(text: &str) -> Vec<String> {
    text.split_word_bounds()
        .filter(|piece| piece.chars().any(|c| c.is_alphanumeric() || is_emoji(c)))
        .map(str::to_lowercase)
        .collect()
}

/// Names of the style features, in the order of their values.
pub(crate) fn feature_names() -> Vec<String> {
    SHAPES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .chain(FUNCTION_WORDS.iter().map(|word| format!("word `{word}`")))
        .collect()
}

fn features(text: &str, words: &[String]) -> Vec<f64> {
    let shape = Shape {
        text,
        words,
        chars: text.chars().count().max(1) as f64,
        letters: text.chars().filter(|c| c.is_alphabetic()).count().max(1) as f64,
    };
    let per_word = words.len().max(1) as f64;
    SHAPES
        .iter()
        .map(|(_, measure)| measure(&shape))
        .chain(FUNCTION_WORDS.iter().map(|function_word| {
            words.iter().filter(|word| word == function_word).count() as f64 / per_word
        }))
        .collect()
}

struct Shape<'a> {
    text: &'a str,
    words: &'a [String],
    chars: f64,
    letters: f64,
}

impl Shape<'_> {
    fn rate(&self, wanted: impl Fn(char) -> bool) -> f64 {
        self.text.chars().filter(|c| wanted(*c)).count() as f64 / self.chars
    }

    fn ends_with(&self, wanted: impl Fn(char) -> bool) -> f64 {
        f64::from(self.text.trim_end().chars().next_back().is_some_and(wanted))
    }

    fn starts_upper(&self) -> f64 {
        f64::from(
            self.text
                .chars()
                .find(|c| c.is_alphabetic())
                .is_some_and(char::is_uppercase),
        )
    }
}

type Measure = fn(&Shape<'_>) -> f64;

const SHAPES: &[(&str, Measure)] = &[
    ("characters (log)", |s| {
        (1.0 + s.text.chars().count() as f64).ln()
    }),
    ("words (log)", |s| (1.0 + s.words.len() as f64).ln()),
    ("word length", |s| {
        let letters: usize = s.words.iter().map(|word| word.chars().count()).sum();
        letters as f64 / s.words.len().max(1) as f64
    }),
    ("distinct words", |s| {
        let distinct: std::collections::BTreeSet<&String> = s.words.iter().collect();
        distinct.len() as f64 / s.words.len().max(1) as f64
    }),
    ("capitals among letters", |s| {
        s.text.chars().filter(|c| c.is_uppercase()).count() as f64 / s.letters
    }),
    ("starts with a capital", |s| s.starts_upper()),
    ("ends with a stop", |s| s.ends_with(|c| c == '.')),
    ("ends with `?`", |s| s.ends_with(|c| c == '?')),
    ("ends with `!`", |s| s.ends_with(|c| c == '!')),
    ("ends with an emoji", |s| s.ends_with(is_emoji)),
    ("`.` rate", |s| s.rate(|c| c == '.')),
    ("`,` rate", |s| s.rate(|c| c == ',')),
    ("`?` rate", |s| s.rate(|c| c == '?')),
    ("`!` rate", |s| s.rate(|c| c == '!')),
    ("apostrophe rate", |s| s.rate(|c| c == '\'' || c == '’')),
    ("`:` rate", |s| s.rate(|c| c == ':')),
    ("bracket rate", |s| s.rate(|c| "()[]{}".contains(c))),
    ("other mark rate", |s| {
        s.rate(|c| c.is_ascii_punctuation() && !".,?!':()[]{}".contains(c))
    }),
    ("digit rate", |s| s.rate(|c| c.is_ascii_digit())),
    ("emoji rate", |s| s.rate(is_emoji)),
    ("line break rate", |s| s.rate(|c| c == '\n')),
    ("mentions somebody", |s| f64::from(s.text.contains("@u"))),
    ("has a link", |s| f64::from(s.text.contains("://"))),
    ("stretched letters", |s| f64::from(has_stretch(s.text))),
];

/// Whether a letter stands three times in a row: `sooo`.
fn has_stretch(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    letters
        .windows(3)
        .any(|three| three[0].is_alphabetic() && three[0] == three[1] && three[1] == three[2])
}

fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x2190..=0x2BFF | 0x1F000..=0x1FAFF)
}

/// Character 1- to 4-grams with a mark at both ends, counted on a log scale, hashed and scaled to length 1.
fn grams(text: &str) -> Vec<(usize, f64)> {
    let marked: Vec<char> = std::iter::once('\u{2}')
        .chain(text.chars())
        .chain(std::iter::once('\u{3}'))
        .collect();
    let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
    for size in 1..=4 {
        for gram in marked.windows(size) {
            *counts.entry(bucket(gram)).or_default() += 1.0;
        }
    }
    for count in counts.values_mut() {
        *count = (1.0 + *count).ln();
    }
    let norm = counts.values().map(|v| v * v).sum::<f64>().sqrt();
    counts
        .into_iter()
        .map(|(bucket, value)| (bucket, value / norm))
        .collect()
}

/// Hash bucket of a character n-gram.
fn bucket(gram: &[char]) -> usize {
    let hash = fnv1a(gram.iter().map(|char| u64::from(u32::from(*char))));
    ((hash >> 20) % GRAM_BUCKETS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(text: &str, name: &str) -> f64 {
        let position = feature_names().iter().position(|n| n == name).unwrap();
        Profile::of(text).features[position]
    }

    #[test]
    fn words_are_split_from_marks_and_emoji_are_words() {
        assert_eq!(
            words("Well, it's DONE 🎉 (:"),
            ["well", "it's", "done", "🎉"]
        );
        assert!(words("...").is_empty());
    }

    #[test]
    fn features_say_what_their_names_say() {
        assert!((feature("AbC", "capitals among letters") - 2.0 / 3.0).abs() < 1e-12);
        assert!((feature("oh no!", "ends with `!`") - 1.0).abs() < 1e-12);
        assert!((feature("a\nb\n", "line break rate") - 0.5).abs() < 1e-12);
        assert!((feature("sooo good", "stretched letters") - 1.0).abs() < 1e-12);
        assert!((feature("nice 👍", "ends with an emoji") - 1.0).abs() < 1e-12);
        assert!((feature("you and you", "word `you`") - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn an_empty_reply_has_finite_features() {
        let profile = Profile::of("");
        assert_eq!(profile.features.len(), feature_names().len());
        assert!(profile.features.iter().all(|value| value.is_finite()));
        assert!(profile.words.is_empty());
    }

    #[test]
    fn grams_are_a_unit_vector() {
        let norm: f64 = Profile::of("hello there")
            .grams
            .iter()
            .map(|(_, v)| v * v)
            .sum();
        assert!((norm - 1.0).abs() < 1e-9);
    }
}
