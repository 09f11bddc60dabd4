//! Pairs from feedback on the bot's own replies.
//!
//! A reply is liked or disliked by the majority of its reactions; one that was taken back is disliked. Then, in this order:
//!
//! 1. A liked reply against a disliked one to the same prompt.
//! 2. A liked reply against a disliked one of like length from the same channel. The prompt is that of the liked one.
//! 3. A disliked reply without a liked counterpart, against a person's reply to the same message: one that answers it
//!    by Discord's reply link, or that follows it directly and came before the bot's reply. Messages after the bot's
//!    reply may be about the bot, and are not used.
//!
//! The prompt is the one that the model really saw. A pair belongs to the split of the conversation whose message the
//! bot answered. If the store does not have that message, the pair gets the split of a conversation that begins with
//! the bot's first judged reply after a silence. So no real reply of the test split is ever trained on as the chosen
//! side, and replies of one conversation stay together.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use persona_conversation::is_blank;
use persona_core::{
    ChatMessage, ConversationForm, Id, PairRule, PreferencePair, Split, random, speaker::speaker_of,
};
use persona_store::{FeedbackRow, Store};
use serde::{Deserialize, Serialize};

use crate::{config::Config, conversations::BuiltConversation, error::Error, split, tokens};

/// Numbers of judged replies of the bot by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Judged {
    /// Replies that somebody judged.
    pub replies: u64,
    /// Judged replies in channels that are not allowed or unknown, or older than the limit.
    pub elsewhere: u64,
    /// Judged replies whose prompt holds words of a person who opted out.
    pub opted_out: u64,
    /// Judged replies with a prompt in another form of conversations than this dataset has.
    pub other_form: u64,
    /// Judged replies with as much praise as disapproval, or without text.
    pub undecided: u64,
    /// Liked replies among the usable ones: allowed, by nobody who opted out, decided.
    pub liked: u64,
    /// Disliked replies among the usable ones.
    pub disliked: u64,
    /// Liked replies that are too short to be chosen.
    pub too_short: u64,
    /// Liked and disliked replies without a counterpart.
    pub alone: u64,
}

impl Judged {
    /// Whether no reply was judged.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Judged reply with the facts that matching needs.
struct JudgedReply {
    row: FeedbackRow,
    length: usize,
    /// Position of the answered message: index of the conversation and of the turn.
    answered_at: Option<(usize, usize)>,
    split: Split,
}

impl JudgedReply {
    fn is_liked(&self) -> bool {
        !self.row.retracted && self.row.positive > self.row.negative
    }

    fn same_prompt(&self, other: &Self) -> bool {
        self.row.prompt == other.row.prompt
            || self.row.reply_to.is_some() && self.row.reply_to == other.row.reply_to
    }
}

/// Matches judged replies to pairs.
pub(crate) struct Matcher<'a> {
    pub(crate) config: &'a Config,
    pub(crate) form: &'a ConversationForm,
    pub(crate) seed: u64,
    pub(crate) built: &'a [BuiltConversation],
    /// Time and id of the oldest message that counts.
    pub(crate) oldest: Option<(i64, Id)>,
}

impl Matcher<'_> {
    /// Pairs of the bot's replies, in the order of their chosen side's time.
    pub(crate) fn pairs(
        &self,
        store: &Store,
        judged: &mut Judged,
    ) -> Result<Vec<PreferencePair>, Error> {
        let rows = self.usable(store, judged)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let (liked, disliked): (Vec<JudgedReply>, Vec<JudgedReply>) = self
            .placed(rows)
            .into_iter()
            .partition(JudgedReply::is_liked);
        judged.liked = liked.len() as u64;
        judged.disliked = disliked.len() as u64;
        let mut uses = vec![0; disliked.len()];
        let mut pairs = self.against_disliked(liked, &disliked, &mut uses, judged);
        for (reply, _) in disliked.iter().zip(&uses).filter(|(_, uses)| **uses == 0) {
            match self.real_reply(reply) {
                Some(pair) => pairs.push(pair),
                None => judged.alone += 1,
            }
        }
        pairs.sort_by_key(|pair| (Reverse(pair.reactions), pair.chosen_id, pair.rejected_id));
        pairs.truncate(self.config.pairs.count_max);
        pairs.sort_by_key(|pair| (pair.chosen_id, pair.rejected_id));
        Ok(pairs)
    }

    /// Replies with a clear judgement that may be used.
    fn usable(&self, store: &Store, judged: &mut Judged) -> Result<Vec<FeedbackRow>, Error> {
        let mut rows = store.feedback()?;
        if rows.is_empty() {
            return Ok(rows);
        }
        let channels = store.channels()?.into_iter();
        let allowed: BTreeSet<Id> = channels
            .filter(|stored| stored.allowed)
            .map(|stored| stored.channel.id)
            .collect();
        let authors = store.authors()?.into_iter();
        let silent: BTreeSet<String> = authors
            .filter(|stored| stored.opted_out)
            .map(|stored| stored.pseudonym())
            .collect();
        rows.retain(|row| {
            judged.replies += 1;
            let count = if !allowed.contains(&row.channel_id) || self.is_too_old(row) {
                &mut judged.elsewhere
            } else if row.prompt.iter().any(|message| speaks(message, &silent)) {
                &mut judged.opted_out
            } else if !self.form.is_of(&row.prompt) {
                &mut judged.other_form
            } else if is_blank(&row.reply) || !row.retracted && row.positive == row.negative {
                &mut judged.undecided
            } else {
                return true;
            };
            *count += 1;
            false
        });
        Ok(rows)
    }

    fn is_too_old(&self, row: &FeedbackRow) -> bool {
        self.oldest
            .is_some_and(|oldest| (row.timestamp_ms, row.message_id) < oldest)
    }

    /// Finds the answered message and the split of each reply.
    fn placed(&self, mut rows: Vec<FeedbackRow>) -> Vec<JudgedReply> {
        let wanted: BTreeSet<Id> = rows.iter().filter_map(|row| row.reply_to).collect();
        let mut positions = BTreeMap::new();
        for (index, one) in self.built.iter().enumerate() {
            for (position, turn) in one.conversation.turns.iter().enumerate() {
                let own = turn.message_ids.iter().filter(|_| !turn.quoted);
                positions.extend(
                    own.filter(|id| wanted.contains(id))
                        .map(|id| (*id, (index, position))),
                );
            }
        }
        rows.sort_by_key(|row| (row.channel_id, row.timestamp_ms, row.message_id));
        let silence_ms = i64::from(self.form.silence_minutes) * 60_000;
        let mut talk: Option<(Id, i64, Id)> = None;
        rows.into_iter()
            .map(|row| {
                let first = match talk {
                    Some((channel, before, first))
                        if channel == row.channel_id
                            && row.timestamp_ms.saturating_sub(before) <= silence_ms =>
                    {
                        first
                    }
                    _ => row.message_id,
                };
                talk = Some((row.channel_id, row.timestamp_ms, first));
                let answered_at = row.reply_to.and_then(|id| positions.get(&id).copied());
                let split = match answered_at {
                    Some((index, _)) => self.built[index].conversation.split,
                    None => split::split(self.config, self.seed, first),
                };
                JudgedReply {
                    length: tokens::count(&row.reply),
                    row,
                    answered_at,
                    split,
                }
            })
            .collect()
    }

    /// Pairs of liked and disliked replies. The best liked replies choose first.
    fn against_disliked(
        &self,
        mut liked: Vec<JudgedReply>,
        disliked: &[JudgedReply],
        uses: &mut [u32],
        judged: &mut Judged,
    ) -> Vec<PreferencePair> {
        liked.sort_by_key(|reply| (Reverse(self.reactions(reply)), reply.row.message_id));
        let mut pairs = Vec::new();
        for reply in &liked {
            if reply.length < self.config.pairs.chosen_tokens_min {
                judged.too_short += 1;
            } else if let Some(index) = self.counterpart(reply, disliked, uses) {
                uses[index] += 1;
                pairs.push(PreferencePair {
                    prompt: reply.row.prompt.clone(),
                    chosen: vec![ChatMessage::reply(&reply.row.reply)],
                    rejected: vec![ChatMessage::reply(&disliked[index].row.reply)],
                    split: reply.split,
                    rule: PairRule::Feedback,
                    reactions: self.reactions(reply),
                    chosen_id: reply.row.message_id,
                    rejected_id: Some(disliked[index].row.message_id),
                });
            } else {
                judged.alone += 1;
            }
        }
        pairs
    }

    fn reactions(&self, reply: &JudgedReply) -> u32 {
        reply.row.positive.min(self.config.pairs.reactions_max)
    }

    fn counterpart(
        &self,
        liked: &JudgedReply,
        disliked: &[JudgedReply],
        uses: &[u32],
    ) -> Option<usize> {
        let candidates = disliked.iter().enumerate().filter(|(index, other)| {
            uses[*index] < self.config.pairs.rejected_uses_max
                && other.row.reply != liked.row.reply
                && (other.same_prompt(liked)
                    || other.row.channel_id == liked.row.channel_id && self.is_alike(liked, other))
        });
        let nearest = candidates.min_by_key(|(_, other)| {
            let label = format!("feedback {} {}", liked.row.message_id, other.row.message_id);
            let distance = liked.length.abs_diff(other.length);
            (
                !other.same_prompt(liked),
                distance,
                random::derive_seed(self.seed, &label),
            )
        });
        nearest.map(|(index, _)| index)
    }

    fn is_alike(&self, one: &JudgedReply, other: &JudgedReply) -> bool {
        let (a, b) = (one.length, other.length);
        a.max(b) as f64 / a.min(b).max(1) as f64 <= self.config.pairs.length_ratio_max
    }

    /// Pair of a disliked reply and a person's real reply.
    fn real_reply(&self, disliked: &JudgedReply) -> Option<PreferencePair> {
        let (index, answered) = disliked.answered_at?;
        let one = &self.built[index];
        let turns = &one.conversation.turns;
        // A turn may go on after the bot's reply. Ids decide, because those of people's and the bot's messages grow
        // together.
        let before_the_bot = |position: usize| {
            position == answered + 1
                && turns[position].reply_to.is_none()
                && turns[position].timestamp_ms < disliked.row.timestamp_ms
                && turns[position]
                    .message_ids
                    .iter()
                    .all(|id| *id < disliked.row.message_id)
        };
        let real = (answered + 1..turns.len())
            .filter(|&position| {
                let turn = &turns[position];
                turn.is_target
                    && one.author_ids[position] != one.author_ids[answered]
                    && (turn.reply_to == Some(answered) || before_the_bot(position))
                    && turn.text != disliked.row.reply
                    && tokens::count(&turn.text) >= self.config.pairs.chosen_tokens_min
            })
            .max_by_key(|&position| (turns[position].reactions, Reverse(position)))?;
        Some(PreferencePair {
            prompt: disliked.row.prompt.clone(),
            chosen: vec![ChatMessage::reply(&turns[real].text)],
            rejected: vec![ChatMessage::reply(&disliked.row.reply)],
            split: disliked.split,
            rule: PairRule::Feedback,
            reactions: turns[real].reactions.min(self.config.pairs.reactions_max),
            chosen_id: turns[real].message_ids[0],
            rejected_id: Some(disliked.row.message_id),
        })
    }
}

/// Whether one of `people` is the speaker of a line of `message`.
fn speaks(message: &ChatMessage, people: &BTreeSet<String>) -> bool {
    !people.is_empty()
        && message
            .content
            .lines()
            .filter_map(speaker_of)
            .any(|speaker| people.contains(speaker))
}
