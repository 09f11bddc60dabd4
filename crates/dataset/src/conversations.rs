//! From the kept messages of a channel to conversations, with what replies answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use persona_core::{Conversation, Id, Turn};
use serde::{Deserialize, Serialize};

use crate::{
    config::Config,
    people::People,
    split::split,
    turns::{Line, conversations, turns},
};

const MINUTE_MS: i64 = 60_000;

/// A conversation, with what pairs need to know of its turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assembled {
    pub(crate) conversation: Conversation,
    /// Whether a turn has any reaction, positive or not.
    pub(crate) reacted: Vec<bool>,
    /// The author of each turn.
    pub(crate) author_ids: Vec<Id>,
}

/// Where the answered messages of replies were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replies {
    /// In the same conversation.
    pub inside: u64,
    /// In an earlier one: pulled in as a quoted turn.
    pub quoted: u64,
    /// Nowhere: dropped, deleted, in another channel, or never ingested.
    pub unknown: u64,
}

/// What the assembly of a channel looks up.
#[derive(Debug)]
pub(crate) struct Assembler<'a> {
    pub(crate) config: &'a Config,
    pub(crate) seed: u64,
    pub(crate) people: &'a People,
    /// Whom to learn from; `None` for everybody.
    pub(crate) persona: Option<&'a BTreeSet<Id>>,
}

impl Assembler<'_> {
    /// All conversations of one channel, oldest first. `lines` are sorted by time.
    pub(crate) fn channel(
        &self,
        channel_id: Id,
        lines: &[Line],
        replies: &mut Replies,
    ) -> Vec<Assembled> {
        let turns = turns(lines, i64::from(self.config.turn_gap_minutes) * MINUTE_MS);
        let silence_ms = i64::from(self.config.silence_minutes) * MINUTE_MS;
        let index: BTreeMap<Id, usize> = lines
            .iter()
            .enumerate()
            .map(|(i, line)| (line.id, i))
            .collect();
        conversations(lines, &turns, silence_ms)
            .into_iter()
            .map(|range| self.conversation(channel_id, lines, &index, &turns[range], replies))
            .collect()
    }

    fn conversation(
        &self,
        channel_id: Id,
        lines: &[Line],
        index: &BTreeMap<Id, usize>,
        turns: &[Range<usize>],
        replies: &mut Replies,
    ) -> Assembled {
        let start = turns[0].start;
        let id = lines[start].id;
        let mut built = Assembled {
            conversation: Conversation {
                id,
                channel_id,
                split: split(self.config, self.seed, id),
                turns: Vec::with_capacity(turns.len()),
            },
            reacted: Vec::with_capacity(turns.len()),
            author_ids: Vec::with_capacity(turns.len()),
        };
        // Position in the conversation of the turn that holds a line.
        let mut position_of: BTreeMap<usize, usize> = BTreeMap::new();
        for range in turns {
            let answered = lines[range.start]
                .reply_to
                .map(|id| index.get(&id).copied());
            let reply_to = match answered {
                None => None,
                Some(Some(line)) if line < range.start => {
                    if line >= start {
                        replies.inside += 1;
                    } else {
                        replies.quoted += 1;
                    }
                    Some(*position_of.entry(line).or_insert_with(|| {
                        built.push(
                            self.turn(&lines[line..=line], None, true),
                            &lines[line..=line],
                        )
                    }))
                }
                Some(_) => {
                    replies.unknown += 1;
                    None
                }
            };
            let own = &lines[range.clone()];
            let mut turn = self.turn(own, reply_to, false);
            turn.is_target =
                self.is_target(own[0].author_id, range.start == start && reply_to.is_none());
            let position = built.push(turn, own);
            position_of.extend(range.clone().map(|line| (line, position)));
        }
        built
    }

    fn turn(&self, lines: &[Line], reply_to: Option<usize>, quoted: bool) -> Turn {
        let author_id = lines[0].author_id;
        let text: Vec<&str> = lines.iter().map(|line| &*line.text).collect();
        Turn {
            message_ids: lines.iter().map(|line| line.id).collect(),
            author: self.people.get(author_id).map_or_else(
                || format!("u{author_id}"),
                |person| person.pseudonym.clone(),
            ),
            text: text.join("\n"),
            timestamp_ms: lines[0].timestamp_ms,
            reply_to,
            is_target: false,
            quoted,
            copies: 0,
            reactions: lines
                .iter()
                .fold(0, |sum, line| sum.saturating_add(line.positive)),
        }
    }

    fn is_target(&self, author_id: Id, opens: bool) -> bool {
        (self.config.openers || !opens)
            && self
                .persona
                .is_none_or(|persona| persona.contains(&author_id))
    }
}

impl Assembled {
    /// Returns the position of the new turn.
    fn push(&mut self, turn: Turn, lines: &[Line]) -> usize {
        self.conversation.turns.push(turn);
        self.reacted.push(lines.iter().any(|line| line.reacted));
        self.author_ids.push(lines[0].author_id);
        self.conversation.turns.len() - 1
    }
}

#[cfg(test)]
mod tests;
