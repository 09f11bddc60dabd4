//! Templates: `[a|b]` picks one of several texts and nests; `{slot}` is a word that a conversation keeps;
//! `{+slot}` is picked anew; `{my slot}` belongs to the speaker and `{slot}` otherwise to whoever leads the exchange.

use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use super::{authors::Author, lexicon};

/// A list of templates or words.
pub(super) type Lines = &'static [&'static str];

/// What somebody does by saying something. Reactions follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    /// Asks.
    Ask,
    /// Answers, or gives an opinion or advice.
    Answer,
    /// Makes a joke of a kind the group knows.
    Joke,
    /// Is of the same mind.
    Agree,
    /// Is not.
    Disagree,
    /// Proposes to do something together.
    Plan,
    /// Says hello or goodbye.
    Greet,
    /// Reports a win.
    Brag,
    /// Shows what was cooked.
    Feast,
    /// Shows or tells something sweet about an animal.
    Pet,
    /// Complains.
    Complain,
    /// Cheers somebody up or on.
    Encourage,
    /// Who brings what, when and where.
    Logistics,
    /// Says one or two words to what was just said.
    Nod,
}

/// One subject of talk.
#[derive(Debug)]
pub(super) struct Topic {
    /// Words of this subject, by slot.
    pub(super) slots: &'static [(&'static str, Lines)],
    /// What people say about it.
    pub(super) exchanges: &'static [Exchange],
}

/// A message and what others say to it.
#[derive(Debug)]
pub(super) struct Exchange {
    /// What the first speaker says.
    pub(super) lead: (Act, Lines),
    /// What others say to that.
    pub(super) replies: &'static [(Act, Lines)],
    /// What the first speaker says in the end. Where there are as many replies or closing lines as there are leads,
    /// each belongs to the lead in the same place.
    pub(super) close: (Act, Lines),
}

/// The words a conversation has settled on, and what the server has said before.
pub(super) struct Scene<'a> {
    /// The subject.
    pub(super) topic: &'static Topic,
    /// Who leads the exchange.
    pub(super) lead: &'a Author,
    /// Who takes part.
    pub(super) friends: Vec<&'a Author>,
    bound: BTreeMap<&'static str, &'static str>,
}

impl<'a> Scene<'a> {
    /// A scene in which nothing has been said yet.
    pub(super) fn new(topic: &'static Topic, friends: Vec<&'a Author>) -> Self {
        Self {
            topic,
            lead: friends[0],
            friends,
            bound: BTreeMap::new(),
        }
    }

    /// Forgets some of the words, so that a long conversation moves on.
    pub(super) fn drift(&mut self, rng: &mut ChaCha8Rng) {
        self.bound.retain(|_, _| rng.random_bool(0.7));
    }

    fn slot(&mut self, name: &str, speaker: &Author, rng: &mut ChaCha8Rng) -> String {
        if let Some(own) = name.strip_prefix("my ") {
            return speaker.fact(own).to_owned();
        }
        if name == "friend" {
            return self.friend(speaker, rng);
        }
        if name == "lead" {
            return self.lead.handle.to_owned();
        }
        if let Some(fresh) = name.strip_prefix('+') {
            return pick(self.words(fresh).1, rng).to_owned();
        }
        if self.lead.has_fact(name) {
            return self.lead.fact(name).to_owned();
        }
        let (key, words) = self.words(name);
        (*self.bound.entry(key).or_insert_with(|| pick(words, rng))).to_owned()
    }

    fn friend(&self, speaker: &Author, rng: &mut ChaCha8Rng) -> String {
        let others: Vec<_> = self
            .friends
            .iter()
            .filter(|friend| friend.index != speaker.index)
            .collect();
        others
            .choose(rng)
            .map_or("everyone", |friend| friend.handle)
            .to_owned()
    }

    fn words(&self, name: &str) -> (&'static str, Lines) {
        self.topic
            .slots
            .iter()
            .chain(lexicon::SLOTS)
            .find(|(key, _)| *key == name)
            .copied()
            .unwrap_or_else(|| panic!("no words for the slot `{name}`"))
    }
}

/// Everything said so far, so that the server repeats itself as little as people do.
#[derive(Debug, Default)]
pub(super) struct Memory {
    said: BTreeSet<String>,
    uses: BTreeMap<&'static str, u32>,
}

impl Memory {
    /// Which of `lines` to say: rather one that was used less.
    pub(super) fn choose(&mut self, lines: Lines, rng: &mut ChaCha8Rng) -> usize {
        let uses = |at: usize| self.uses.get(lines[at]).copied().unwrap_or(0);
        let (left, right) = (
            rng.random_range(0..lines.len()),
            rng.random_range(0..lines.len()),
        );
        let at = if uses(left) <= uses(right) {
            left
        } else {
            right
        };
        *self.uses.entry(lines[at]).or_default() += 1;
        at
    }

    /// Expands `template`, rather to a text that nobody has said.
    pub(super) fn say(
        &mut self,
        template: &str,
        scene: &mut Scene,
        speaker: &Author,
        rng: &mut ChaCha8Rng,
    ) -> String {
        let mut text = String::new();
        for _ in 0..6 {
            text = expand(template, scene, speaker, rng);
            if self.said.insert(text.clone()) || text.split_whitespace().count() < 4 {
                break;
            }
        }
        text
    }
}

/// Any of `words`.
pub(super) fn pick<T: Copy>(words: &[T], rng: &mut ChaCha8Rng) -> T {
    *words.choose(rng).expect("word lists are not empty")
}

fn expand(template: &str, scene: &mut Scene, speaker: &Author, rng: &mut ChaCha8Rng) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['[', '{']) {
        text.push_str(&rest[..at]);
        let (inside, after) = enclosed(&rest[at..]);
        if rest[at..].starts_with('[') {
            let options = alternatives(inside);
            let chosen = pick(&options, rng);
            text.push_str(&expand(chosen, scene, speaker, rng));
        } else {
            text.push_str(&scene.slot(inside, speaker, rng));
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

/// Splits `[inside]after` or `{inside}after`.
fn enclosed(text: &str) -> (&str, &str) {
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&text[1..at], &text[at + 1..]);
        }
    }
    panic!("a bracket of the template `{text}` is not closed")
}

fn alternatives(text: &str) -> Vec<&str> {
    let mut depth = 0;
    text.split(|character| {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => {}
        }
        character == '|' && depth == 0
    })
    .collect()
}
