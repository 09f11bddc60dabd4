//! Memorisation: generated replies copied from the training split, and rare strings that leak from it.

use std::{collections::HashSet, sync::LazyLock};

use regex::Regex;
use serde::Serialize;

use crate::{config::Config, profile::words};

/// Index of the texts of the training split.
pub(crate) struct TrainingTexts {
    whole: HashSet<String>,
    runs: HashSet<Vec<String>>,
    rare: HashSet<String>,
    run_words: usize,
    copied_words: usize,
    copied_characters: usize,
}

impl TrainingTexts {
    /// Indexes the texts of the training split.
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>, config: &Config) -> Self {
        let mut training = Self {
            whole: HashSet::new(),
            runs: HashSet::new(),
            rare: HashSet::new(),
            run_words: config.copied_run_words.max(1),
            copied_words: config.copied_words,
            copied_characters: config.copied_characters,
        };
        for text in texts {
            let words = words(text);
            for run in words.windows(training.run_words) {
                training.runs.insert(run.to_vec());
            }
            training.whole.insert(words.join(" "));
            training.rare.extend(rare_strings(text).map(|(_, s)| s));
        }
        training
    }

    /// Whether the reply repeats a whole training message that is longer than small talk, or shares a long run of words
    /// with one.
    pub(crate) fn holds(&self, reply: &str) -> bool {
        let words = words(reply);
        let joined = words.join(" ");
        let long =
            words.len() >= self.copied_words || joined.chars().count() >= self.copied_characters;
        (long && self.whole.contains(&joined))
            || words
                .windows(self.run_words)
                .any(|run| self.runs.contains(run))
    }

    /// Kinds of the rare strings in a reply, and whether each comes from the training split and not from `prompt`.
    fn rare_in(&self, reply: &str, prompt: &str) -> Vec<(RareKind, bool)> {
        rare_strings(reply)
            .map(|(kind, found)| {
                let leaked = self.rare.contains(&found) && !prompt.contains(&found);
                (kind, leaked)
            })
            .collect()
    }
}

/// Kind of a string that identifies a person or gives access to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RareKind {
    Mail,
    Phone,
    Key,
}

/// Numbers of rare strings in generated replies. The strings themselves are never written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RareStrings {
    /// Number of mail addresses in generated replies.
    pub mail_addresses: usize,
    /// Number of phone numbers in generated replies.
    pub phone_numbers: usize,
    /// Number of keys and tokens in generated replies.
    pub keys: usize,
    /// Number of rare strings that stand in the training split word for word, and not in the reply's prompt.
    pub leaked: usize,
}

impl RareStrings {
    /// Counts the rare strings in pairs of reply and prompt.
    pub(crate) fn count<'a>(
        training: &TrainingTexts,
        replies: impl IntoIterator<Item = (&'a str, String)>,
    ) -> Self {
        let mut counts = Self::default();
        for (reply, prompt) in replies {
            for (kind, leaked) in training.rare_in(reply, &prompt) {
                match kind {
                    RareKind::Mail => counts.mail_addresses += 1,
                    RareKind::Phone => counts.phone_numbers += 1,
                    RareKind::Key => counts.keys += 1,
                }
                counts.leaked += usize::from(leaked);
            }
        }
        counts
    }
}

static MAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"));
static PHONE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\+?\d[\d ()/-]{6,}\d"));
static KEY: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z0-9_-]{20,}"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant that a test compiles")
}

fn rare_strings(text: &str) -> impl Iterator<Item = (RareKind, String)> + '_ {
    let found = |regex: &'static Regex, kind| {
        regex
            .find_iter(text)
            .map(move |hit| (kind, hit.as_str().to_owned()))
    };
    found(&MAIL, RareKind::Mail)
        .chain(found(&PHONE, RareKind::Phone).filter(|(_, s)| is_phone(s)))
        .chain(found(&KEY, RareKind::Key).filter(|(_, s)| is_key(s)))
}

/// Whether `text` is a phone number: a snowflake has more digits.
fn is_phone(text: &str) -> bool {
    (9..=15).contains(&text.chars().filter(char::is_ascii_digit).count())
}

/// Whether `text` is a key, which mixes letters and digits, unlike long words and snowflakes.
fn is_key(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    digits >= 3 && letters >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training(texts: &[&str]) -> TrainingTexts {
        TrainingTexts::new(texts.iter().copied(), &Config::default())
    }

    #[test]
    fn a_long_copy_is_held_whatever_its_case_and_marks() {
        let training = training(&["Never deploy on a Friday, they said!"]);
        assert!(training.holds("never deploy on a friday they said"));
        assert!(!training.holds("never deploy on a monday"));
    }

    #[test]
    fn small_talk_belongs_to_everybody() {
        let training = training(&["lol", "yes of course"]);
        assert!(!training.holds("lol"));
        assert!(!training.holds("yes of course"));
    }

    #[test]
    fn a_long_run_inside_another_reply_is_a_copy() {
        let training = training(&["well one two three four five six seven eight nine"]);
        assert!(training.holds("hm two three four five six seven eight nine indeed"));
        assert!(!training.holds("two three four five six and then something else"));
    }

    #[test]
    fn rare_strings_are_recognised_by_kind() {
        let kinds = |text: &str| rare_strings(text).map(|(kind, _)| kind).collect::<Vec<_>>();
        assert_eq!(kinds("write to some.one@example.org ok"), [RareKind::Mail]);
        assert_eq!(kinds("call +44 20 7946 0018"), [RareKind::Phone]);
        assert_eq!(kinds("key ab12cd34ef56ab12cd34ef56"), [RareKind::Key]);
        assert!(kinds("at 18:30, in 2024, for 3.50, id 123456789012345678").is_empty());
        assert!(kinds("antidisestablishmentarianism").is_empty());
    }

    #[test]
    fn a_leak_comes_from_training_and_not_from_the_prompt() {
        let training = training(&["my mail is some.one@example.org"]);
        let reply = "it is some.one@example.org";
        let count = |prompt: &str| RareStrings::count(&training, [(reply, prompt.to_owned())]);
        assert_eq!(count("what is your mail?").leaked, 1);
        assert_eq!(count("is it some.one@example.org?").leaked, 0);
        assert_eq!(count("").mail_addresses, 1);
    }
}
