//! From the kept messages of a channel to conversations, with what replies answer.

use std::{collections::BTreeMap, ops::Range};

use persona_core::{ConversationForm, Id, Turn, conversation::ANSWERED_HOPS_MAX};
use serde::{Deserialize, Serialize};

use crate::{
    people::People,
    turns::{Line, conversations, turns},
};

const MINUTE_MS: i64 = 60_000;

/// What the assembly of a channel looks up.
#[derive(Clone, Copy, Debug)]
pub struct Assembler<'a> {
    /// Where turns and conversations end.
    pub form: &'a ConversationForm,
    /// The authors.
    pub people: &'a People,
}

/// A conversation before it is known what it is for: no turn is a target, none has copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled {
    /// Its first message, not counting quoted turns.
    pub id: Id,
    /// The turns, oldest first. Quoted turns stand before the turn that they were quoted for, each behind what it answers.
    pub turns: Vec<Turn>,
    /// Whether a turn has any reaction, positive or not.
    pub reacted: Vec<bool>,
    /// The author of each turn.
    pub author_ids: Vec<Id>,
}

/// Where the answered messages of replies were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replies {
    /// In the same conversation.
    pub inside: u64,
    /// In an earlier one: quoted.
    pub quoted: u64,
    /// Nowhere: dropped, deleted, in another channel, or never ingested.
    pub unknown: u64,
}

impl Assembler<'_> {
    /// All conversations of one channel, oldest first. `lines` are sorted by time.
    pub fn channel(&self, lines: &[Line], replies: &mut Replies) -> Vec<Assembled> {
        let turns = turns(lines, i64::from(self.form.turn_gap_minutes) * MINUTE_MS);
        let silence_ms = i64::from(self.form.silence_minutes) * MINUTE_MS;
        let index: BTreeMap<Id, usize> = lines
            .iter()
            .enumerate()
            .map(|(i, line)| (line.id, i))
            .collect();
        conversations(lines, &turns, silence_ms)
            .into_iter()
            .map(|range| self.conversation(lines, &index, &turns[range], replies))
            .collect()
    }

    fn conversation(
        &self,
        lines: &[Line],
        index: &BTreeMap<Id, usize>,
        turns: &[Range<usize>],
        replies: &mut Replies,
    ) -> Assembled {
        let start = turns[0].start;
        let mut built = Assembled {
            id: lines[start].id,
            turns: Vec::with_capacity(turns.len()),
            reacted: Vec::with_capacity(turns.len()),
            author_ids: Vec::with_capacity(turns.len()),
        };
        let mut quotes = Quotes {
            assembler: self,
            lines,
            index,
            known: BTreeMap::new(),
        };
        // Position in the conversation of the turn that holds a line.
        let mut position_of: BTreeMap<usize, usize> = BTreeMap::new();
        for range in turns {
            let answered = lines[range.start].reply_to;
            let reply_to = match answered_line(lines, index, range.start) {
                Some(line) if line >= start => {
                    replies.inside += 1;
                    position_of.get(&line).copied()
                }
                Some(line) => {
                    replies.quoted += 1;
                    Some(quotes.quote(line, ANSWERED_HOPS_MAX, &mut built))
                }
                None => {
                    replies.unknown += u64::from(answered.is_some());
                    None
                }
            };
            let own = &lines[range.clone()];
            let position = built.push(self.turn(own, reply_to, false), own);
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
}

/// The earlier line that the one at `line` answers.
fn answered_line(lines: &[Line], index: &BTreeMap<Id, usize>, line: usize) -> Option<usize> {
    let answered = *index.get(&lines[line].reply_to?)?;
    (answered < line).then_some(answered)
}

/// Messages of earlier conversations in one that answers them.
struct Quotes<'a> {
    assembler: &'a Assembler<'a>,
    lines: &'a [Line],
    index: &'a BTreeMap<Id, usize>,
    /// By line: the position of its quoted turn, and so many answers back stand before it; `usize::MAX` where that is all of them.
    known: BTreeMap<usize, (usize, usize)>,
}

impl Quotes<'_> {
    /// Position of a quoted turn of `line`, from which `hops` answers can be followed back.
    ///
    /// Where the message was quoted with fewer of them, it is quoted again: turns that stand there already do not change.
    fn quote(&mut self, line: usize, hops: usize, built: &mut Assembled) -> usize {
        if let Some(&(position, reach)) = self.known.get(&line)
            && reach >= hops
        {
            return position;
        }
        let answered = answered_line(self.lines, self.index, line);
        let (reply_to, reach) = match (answered, hops.checked_sub(1)) {
            (None, _) => (None, usize::MAX),
            (Some(_), None) => (None, 0),
            (Some(answered), Some(left)) => {
                let position = self.quote(answered, left, built);
                let (_, reach) = self.known[&answered];
                (Some(position), reach.saturating_add(1))
            }
        };
        let quoted = &self.lines[line..=line];
        let position = built.push(self.assembler.turn(quoted, reply_to, true), quoted);
        self.known.insert(line, (position, reach));
        position
    }
}

impl Assembled {
    /// Returns the position of the new turn.
    fn push(&mut self, turn: Turn, lines: &[Line]) -> usize {
        self.turns.push(turn);
        self.reacted.push(lines.iter().any(|line| line.reacted));
        self.author_ids.push(lines[0].author_id);
        self.turns.len() - 1
    }
}
