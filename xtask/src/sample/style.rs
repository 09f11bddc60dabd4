//! How an author writes down what a template says.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{
    grammar::{Lines, pick},
    habits::Habit,
};

/// Use of capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// None at all.
    Lower,
    /// Names and "I" only.
    AsIs,
    /// At the start of sentences too.
    Sentence,
    /// Nothing but, every other time.
    Upper,
}

/// A way of writing. Rates are probabilities per message.
#[derive(Debug)]
pub(super) struct Voice {
    /// Planted habits and their rates.
    pub(super) habits: Vec<(Habit, f64)>,
    /// Capitals.
    pub(super) case: Case,
    /// Rate of a final dot.
    pub(super) stops: f64,
    /// Rate of "u", "rn", "bc".
    pub(super) shorthand: f64,
    /// Whether apostrophes are typed.
    pub(super) apostrophes: bool,
    /// Rate of a slip of the finger.
    pub(super) typos: f64,
    /// Rate of breaking one thought into several messages.
    pub(super) bursts: f64,
    /// Rate of an emoji at the end.
    pub(super) emoji_rate: f64,
    /// Which.
    pub(super) emoji: Lines,
    /// Rate of a favourite word at the beginning.
    pub(super) favourite_rate: f64,
    /// Which.
    pub(super) favourites: Lines,
}

const SHORTHAND: [(&str, &str); 14] = [
    (" you ", " u "),
    (" your ", " ur "),
    ("because", "bc"),
    ("right now", "rn"),
    (" people", " ppl"),
    ("I don't know", "idk"),
    (" please", " pls"),
    ("probably", "prob"),
    ("tomorrow", "tmrw"),
    ("though", "tho"),
    (" and ", " n "),
    (" minutes", " min"),
    ("going to", "gonna"),
    ("tonight", "tn"),
];

impl Voice {
    /// Writes `text` down: as one message, or as a burst of several.
    pub(super) fn write(&self, text: &str, rng: &mut ChaCha8Rng) -> Vec<String> {
        let mut text = text.to_owned();
        if text.contains(' ') && rng.random_bool(self.favourite_rate) {
            text = format!("{} {text}", pick(self.favourites, rng));
        }
        for (long, short) in SHORTHAND {
            if text.contains(long) && rng.random_bool(self.shorthand) {
                text = text.replace(long, short);
            }
        }
        if !self.apostrophes {
            text = text.replace('\'', "");
        }
        self.parts(&text, rng)
            .into_iter()
            .map(|part| self.finish(&part, rng))
            .collect()
    }

    fn parts(&self, text: &str, rng: &mut ChaCha8Rng) -> Vec<String> {
        if text.len() > 30 && rng.random_bool(self.bursts) {
            for joint in [", and ", ", "] {
                if let Some((left, right)) = text.split_once(joint)
                    && left.len() > 8
                    && right.len() > 8
                {
                    return vec![left.to_owned(), right.to_owned()];
                }
            }
        }
        vec![text.to_owned()]
    }

    fn finish(&self, text: &str, rng: &mut ChaCha8Rng) -> String {
        let mut text = self.cased(text, rng);
        if rng.random_bool(self.typos) {
            text = slip(&text, rng);
        }
        if !text.ends_with(['.', '!', '?']) && rng.random_bool(self.stops) {
            text.push('.');
        }
        if rng.random_bool(self.emoji_rate) {
            text = format!("{text} {}", pick(self.emoji, rng));
        }
        for &(habit, rate) in &self.habits {
            if rng.random_bool(rate) {
                text = self.recased(&habit.apply(&text, rng));
            }
        }
        text
    }

    fn cased(&self, text: &str, rng: &mut ChaCha8Rng) -> String {
        match self.case {
            Case::Lower => text.to_lowercase(),
            Case::Sentence => capitalised(text),
            Case::Upper if rng.random_bool(0.5) => text.to_uppercase(),
            Case::AsIs | Case::Upper => text.to_owned(),
        }
    }

    /// A habit may have put something before the first word.
    fn recased(&self, text: &str) -> String {
        match self.case {
            Case::Sentence => capitalised(text),
            _ => text.to_owned(),
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}

/// Swaps two neighbouring letters inside a word.
fn slip(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let places: Vec<usize> = characters
        .windows(3)
        .enumerate()
        .filter(|(_, letters)| letters.iter().all(char::is_ascii_lowercase))
        .map(|(at, _)| at + 1)
        .collect();
    if !places.is_empty() {
        let at = pick(&places, rng);
        characters.swap(at, at + 1);
    }
    characters.into_iter().collect()
}
