//! Planted habits: features of one author's texts that nobody else's have, checkable by a regular expression.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::{
    choices::{Choices, pick},
    words::HabitWords,
};

/// Recognisable way of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Habit {
    /// A tilde at the end.
    Tilde,
    /// "okay so" at the beginning.
    OkaySo,
    /// "innit" at the end.
    Innit,
    /// The ellipsis character.
    Ellipsis,
    /// Vowels drawn out.
    Stretch,
    /// Emoji of the server's blob.
    Blob,
    /// "tbh".
    Tbh,
    /// Clauses joined by semicolons.
    Semicolon,
    /// The face of a cat.
    CatFace,
    /// Stage directions between asterisks.
    Stage,
}

/// An entry of `habits.json`.
#[derive(Debug, Serialize)]
pub(crate) struct Planted {
    /// Id of the author in the export.
    pub(crate) author: String,
    /// Short name.
    pub(crate) name: &'static str,
    /// Description of the habit.
    pub(crate) description: &'static str,
    /// Regular expression, in the syntax of the `regex` crate, that finds it in a message or turn.
    pub(crate) pattern: &'static str,
}

const BLOBS: [char; 3] = ['\u{e100}', '\u{e101}', '\u{e102}'];

impl Habit {
    /// Entry of `habits.json` for the habit of `author`.
    pub(crate) fn described(self, author: u64) -> Planted {
        let (name, description, pattern) = match self {
            Self::Tilde => ("tilde", "ends messages with `~`", r"(?m)~\s*$"),
            Self::OkaySo => (
                "okay-so",
                "starts messages with \"okay so\"",
                r"(?im)^okay so\b",
            ),
            Self::Innit => ("innit", "says \"innit\"", r"(?i)\binnit\b"),
            Self::Ellipsis => ("ellipsis", "uses the ellipsis character `…`", "…"),
            Self::Stretch => (
                "stretch",
                "draws vowels out: \"sooo\"",
                r"(?i)(?:a{3,}|e{3,}|i{3,}|o{3,}|u{3,}|y{3,})",
            ),
            Self::Blob => ("blob", "uses the custom emoji of the blob", r":blob[a-z]+:"),
            Self::Tbh => ("tbh", "says \"tbh\"", r"(?i)\btbh\b"),
            Self::Semicolon => ("semicolon", "joins clauses with a semicolon", r"\w; \w"),
            Self::CatFace => ("cat-face", "writes `:3`", r"(?m)(?:^|\s):3\s*$"),
            Self::Stage => (
                "stage",
                "writes stage directions: \"*yawns*\"",
                r"\*[a-z]+s\b[^*\n]*\*",
            ),
        };
        Planted {
            author: author.to_string(),
            name,
            description,
            pattern,
        }
    }

    /// Returns `text` with the habit applied.
    pub(crate) fn apply(self, text: &str, words: &HabitWords, rng: &mut ChaCha8Rng) -> String {
        match self {
            Self::Tilde => format!("{} ~", text.trim_end_matches('.')),
            Self::OkaySo => format!("okay so {text}"),
            Self::Innit => innit(text),
            Self::Ellipsis => ellipsis(text, rng),
            Self::Stretch => stretch(text, &words.stretched),
            Self::Blob => format!("{text} {}", pick(&BLOBS, rng)),
            Self::Tbh if rng.random_bool(0.3) => format!("tbh {text}"),
            Self::Tbh => append(text, " tbh"),
            Self::Semicolon => semicolon(text, &words.clause_tails, rng),
            Self::CatFace => format!("{} :3", text.trim_end_matches('.')),
            Self::Stage if rng.random_bool(0.4) => {
                format!("{} {text}", words.stage_directions.pick(rng))
            }
            Self::Stage => format!("{text} {}", words.stage_directions.pick(rng)),
        }
    }
}

/// Puts `words` before the punctuation at the end.
fn append(text: &str, words: &str) -> String {
    let body = text.trim_end_matches(['.', '!', '?']);
    format!("{body}{words}{}", &text[body.len()..])
}

fn innit(text: &str) -> String {
    append(
        text,
        if text.contains(' ') {
            ", innit"
        } else {
            " innit"
        },
    )
}

fn ellipsis(text: &str, rng: &mut ChaCha8Rng) -> String {
    let joined = text.replacen(", ", "… ", 1);
    if joined != text && rng.random_bool(0.6) {
        joined
    } else if text.ends_with(['!', '?']) || rng.random_bool(0.2) {
        format!("…{text}")
    } else {
        format!("{}…", text.trim_end_matches('.'))
    }
}

/// Draws out the last vowel of the first word of `candidates`, or else of the longest word.
fn stretch(text: &str, candidates: &[String]) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let bare = |word: &str| {
        word.trim_matches(|c: char| !c.is_alphabetic())
            .to_lowercase()
    };
    let chosen = words
        .iter()
        .position(|word| candidates.contains(&bare(word)))
        .or_else(|| {
            (0..words.len())
                .filter(|&at| vowel(words[at]).is_some())
                .max_by_key(|&at| (bare(words[at]).len(), at))
        });
    let Some(chosen) = chosen else {
        return format!("sooo {text}");
    };
    let mut drawn: Vec<String> = words.iter().map(ToString::to_string).collect();
    if let Some((at, vowel)) = vowel(words[chosen]) {
        drawn[chosen].insert_str(at, &vowel.to_string().repeat(2));
    }
    drawn.join(" ")
}

fn vowel(word: &str) -> Option<(usize, char)> {
    word.char_indices()
        .rev()
        .find(|(_, character)| "aeiouyAEIOUY".contains(*character))
}

fn semicolon(text: &str, tails: &Choices<String>, rng: &mut ChaCha8Rng) -> String {
    let joints = [", but ", " but ", ", "];
    if let Some(joint) = joints.iter().find(|joint| text.contains(**joint))
        && rng.random_bool(0.85)
    {
        return text.replacen(joint, "; ", 1);
    }
    let body = text.trim_end_matches(['.', '!', '?']);
    format!("{body}; {}.", tails.pick(rng))
}
