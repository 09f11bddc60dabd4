//! Pairs from what people thought of the bot's own replies.
//!
//! A reply is liked or disliked by the majority of its reactions; one that was taken back is disliked. Then, in this order:
//!
//! 1. A liked reply against a disliked one to the same prompt.
//! 2. A liked reply against a disliked one of like length from the same channel. The prompt is that of the liked one.
//! 3. A disliked reply that no liked one stands against, against the real reply that somebody gave to the same message:
//!    one that answers it expressly, or that came right after it and before the bot spoke. What came after the bot
//!    may be about the bot, and stands for nothing.
//!
//! The prompt is what the model really saw. A pair belongs to the split of the conversation whose message the bot
//! answered; where the store does not have that message, to the split that a conversation would have that begins with the
//! bot's first judged reply after a silence. So no real reply of the test split is ever trained on as the better side, and
//! replies to one talk stay together.

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

use crate::{config::Config, conversations::Assembled, error::Error, split, tokens};

/// What became of the replies of the bot that somebody judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Judged {
    /// Replies that somebody judged.
    pub replies: u64,
    /// Of those, in channels that are not allowed or not known, or older than the limit.
    pub elsewhere: u64,
    /// Of those, with words of somebody in the prompt who opted out.
    pub opted_out: u64,
    /// Of those, with a prompt in another form of conversations than this dataset has.
    pub other_form: u64,
    /// Of those, as many for as against, or without text.
    pub undecided: u64,
    /// Of the rest, liked.
    pub liked: u64,
    /// Of the rest, disliked.
    pub disliked: u64,
    /// Liked ones that are too short to be preferred.
    pub too_short: u64,
    /// Liked and disliked ones that nothing stands against.
    pub alone: u64,
}

impl Judged {
    /// Whether nobody judged anything.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A judged reply with what is needed to match it.
struct Reply {
    row: FeedbackRow,
    length: usize,
    /// Where the message that it answers stands: a conversation in the list and a turn in it.
    place: Option<(usize, usize)>,
    split: Split,
}

impl Reply {
    fn is_liked(&self) -> bool {
        !self.row.retracted && self.row.positive > self.row.negative
    }

    fn same_prompt(&self, other: &Self) -> bool {
        self.row.prompt == other.row.prompt
            || self.row.reply_to.is_some() && self.row.reply_to == other.row.reply_to
    }
}

/// What is the same for all replies.
pub(crate) struct Matcher<'a> {
    pub(crate) config: &'a Config,
    pub(crate) form: &'a ConversationForm,
    pub(crate) seed: u64,
    pub(crate) built: &'a [Assembled],
    /// The oldest message that counts, as time and id.
    pub(crate) oldest: Option<(i64, Id)>,
}

impl Matcher<'_> {
    /// The pairs, oldest better side first.
    pub(crate) fn pairs(
        &self,
        store: &Store,
        judged: &mut Judged,
    ) -> Result<Vec<PreferencePair>, Error> {
        let rows = self.usable(store, judged)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let (liked, disliked): (Vec<Reply>, Vec<Reply>) =
            self.placed(rows).into_iter().partition(Reply::is_liked);
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

    /// Replies that say clearly what was thought of them, and that may be used.
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

    /// Finds what each reply answers, and its split.
    fn placed(&self, mut rows: Vec<FeedbackRow>) -> Vec<Reply> {
        let wanted: BTreeSet<Id> = rows.iter().filter_map(|row| row.reply_to).collect();
        let mut places = BTreeMap::new();
        for (index, one) in self.built.iter().enumerate() {
            for (position, turn) in one.conversation.turns.iter().enumerate() {
                let own = turn.message_ids.iter().filter(|_| !turn.quoted);
                places.extend(
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
                let place = row.reply_to.and_then(|id| places.get(&id).copied());
                let split = match place {
                    Some((index, _)) => self.built[index].conversation.split,
                    None => split::split(self.config, self.seed, first),
                };
                Reply {
                    length: tokens::count(&row.reply),
                    row,
                    place,
                    split,
                }
            })
            .collect()
    }

    /// Liked replies against disliked ones. The best liked choose first.
    fn against_disliked(
        &self,
        mut liked: Vec<Reply>,
        disliked: &[Reply],
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

    fn reactions(&self, reply: &Reply) -> u32 {
        reply.row.positive.min(self.config.pairs.reactions_max)
    }

    fn counterpart(&self, liked: &Reply, disliked: &[Reply], uses: &[u32]) -> Option<usize> {
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

    fn is_alike(&self, one: &Reply, other: &Reply) -> bool {
        let (a, b) = (one.length, other.length);
        a.max(b) as f64 / a.min(b).max(1) as f64 <= self.config.pairs.length_ratio_max
    }

    /// A disliked reply against what somebody really answered.
    fn real_reply(&self, disliked: &Reply) -> Option<PreferencePair> {
        let (index, answered) = disliked.place?;
        let one = &self.built[index];
        let turns = &one.conversation.turns;
        // A turn may go on after the bot spoke; ids tell, for those of messages and the bot's grow together.
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

/// Whether one of `people` says a line of `message`.
fn speaks(message: &ChatMessage, people: &BTreeSet<String>) -> bool {
    !people.is_empty()
        && message
            .content
            .lines()
            .filter_map(speaker_of)
            .any(|speaker| people.contains(speaker))
}
