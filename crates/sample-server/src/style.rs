//! Style: turns the text of a line into messages of its author.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::{
    choices::{Choices, pick},
    habits::Habit,
    words::Words,
};

/// Use of capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// No capitals.
    Lower,
    /// Capitals in names and "I" only.
    AsIs,
    /// Capitals at the start of sentences too.
    Sentence,
    /// Only capitals, in every other message.
    Upper,
}

/// Author's way of writing. Rates are probabilities per message.
#[derive(Debug)]
pub(crate) struct Voice<'w> {
    /// Content of the data files.
    pub(crate) words: &'w Words,
    /// Planted habits and their rates.
    pub(crate) habits: Vec<(Habit, f64)>,
    /// Use of capitals.
    pub(crate) case: Case,
    /// Rate of a final dot.
    pub(crate) stops: f64,
    /// Rate of "u", "rn", "bc".
    pub(crate) shorthand: f64,
    /// Whether apostrophes are typed.
    pub(crate) apostrophes: bool,
    /// Rate of typing mistakes.
    pub(crate) typos: f64,
    /// Rate of splitting a text into several messages.
    pub(crate) bursts: f64,
    /// Rate of an emoji at the end.
    pub(crate) emoji_rate: f64,
    /// Emoji to choose from.
    pub(crate) emoji: &'w Choices<String>,
    /// Rate of a favourite word at the beginning.
    pub(crate) favourite_rate: f64,
    /// Favourite words to choose from.
    pub(crate) favourites: &'w Choices<String>,
}

impl Voice<'_> {
    /// Writes `text` as one message or as a burst of several.
    pub(crate) fn write(&self, text: &str, rng: &mut ChaCha8Rng) -> Vec<String> {
        let mut text = text.to_owned();
        if text.contains(' ') && rng.random_bool(self.favourite_rate) {
            text = format!("{} {text}", self.favourites.pick(rng));
        }
        for [long, short] in &self.words.people.shorthand {
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
            text = format!("{text} {}", self.emoji.pick(rng));
        }
        for &(habit, rate) in &self.habits {
            if rng.random_bool(rate) {
                text = self.recased(&habit.apply(&text, &self.words.habits, rng));
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

    /// Capitalises the beginning again, because a habit may have put something before the first word.
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
        let at = *pick(&places, rng);
        characters.swap(at, at + 1);
    }
    characters.into_iter().collect()
}
