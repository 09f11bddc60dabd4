//! Words of a conversation: turns templates into text.

use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    authors::Author,
    choices::{Choices, pick},
    script::Topic,
    template::{Piece, Slot, Template},
    words::Words,
};

/// People and topic of a conversation, and the words it has settled on.
pub(crate) struct Scene<'a> {
    /// Content of the data files.
    pub(crate) words: &'a Words,
    /// Topic of the conversation.
    pub(crate) topic: &'a Topic,
    /// Author who leads the current exchange.
    pub(crate) lead: &'a Author<'a>,
    /// People who take part.
    pub(crate) friends: Vec<&'a Author<'a>>,
    bound: BTreeMap<&'a str, &'a str>,
}

impl<'a> Scene<'a> {
    /// Scene before the first line.
    pub(crate) fn new(words: &'a Words, topic: &'a Topic, friends: Vec<&'a Author<'a>>) -> Self {
        Self {
            words,
            topic,
            lead: friends[0],
            friends,
            bound: BTreeMap::new(),
        }
    }

    /// Drops some of the words, so that a long conversation moves on.
    pub(crate) fn drift(&mut self, rng: &mut ChaCha8Rng) {
        self.bound.retain(|_, _| rng.random_bool(0.7));
    }

    fn slot(&mut self, slot: &'a Slot, speaker: &'a Author, rng: &mut ChaCha8Rng) -> &'a str {
        match slot {
            Slot::Friend => self.friend(speaker, rng),
            Slot::Lead => self.lead.handle,
            Slot::OfLead(fact) => self.lead.fact(*fact),
            Slot::OfSpeaker(fact) => speaker.fact(*fact),
            Slot::Fresh(name) => self.choices(name).pick(rng),
            Slot::Kept(name) => {
                let choices = self.choices(name);
                self.bound.entry(name).or_insert_with(|| choices.pick(rng))
            }
        }
    }

    fn friend(&self, speaker: &Author, rng: &mut ChaCha8Rng) -> &'a str {
        let others: Vec<_> = self
            .friends
            .iter()
            .filter(|friend| friend.index != speaker.index)
            .collect();
        others
            .choose(rng)
            .map_or("everyone", |friend| friend.handle)
    }

    fn choices(&self, slot: &str) -> &'a Choices<String> {
        let choices = self.words.slot(self.topic, slot);
        choices.expect("every slot was looked for when the words were loaded")
    }

    fn expand(
        &mut self,
        pieces: &'a [Piece],
        speaker: &'a Author,
        rng: &mut ChaCha8Rng,
        text: &mut String,
    ) {
        for piece in pieces {
            match piece {
                Piece::Text(same) => text.push_str(same),
                Piece::Choice(options) => {
                    let option: &Vec<Piece> = pick(options, rng);
                    self.expand(option, speaker, rng, text);
                }
                Piece::Slot(slot) => text.push_str(self.slot(slot, speaker, rng)),
            }
        }
    }
}

/// Lines that were used so far, so that people rarely repeat each other.
#[derive(Debug, Default)]
pub(crate) struct UsedLines<'a> {
    said: BTreeSet<String>,
    uses: BTreeMap<&'a str, u32>,
}

impl<'a> UsedLines<'a> {
    /// Chooses one of `lines`, preferably one that was used less. Returns its index.
    pub(crate) fn choose(&mut self, lines: &'a [Template], rng: &mut ChaCha8Rng) -> usize {
        let uses = |at: usize| {
            let source = lines[at].source.as_str();
            self.uses.get(source).copied().unwrap_or(0)
        };
        let (left, right) = (
            rng.random_range(0..lines.len()),
            rng.random_range(0..lines.len()),
        );
        let at = if uses(left) <= uses(right) {
            left
        } else {
            right
        };
        *self.uses.entry(&lines[at].source).or_default() += 1;
        at
    }

    /// Expands `template`, preferably to a text that nobody has said.
    pub(crate) fn say(
        &mut self,
        template: &'a Template,
        scene: &mut Scene<'a>,
        speaker: &'a Author,
        rng: &mut ChaCha8Rng,
    ) -> String {
        let mut text = String::new();
        for _ in 0..6 {
            text.clear();
            scene.expand(&template.pieces, speaker, rng, &mut text);
            if self.said.insert(text.clone()) || text.split_whitespace().count() < 4 {
                break;
            }
        }
        text
    }
}
