//! Preference pairs of real replies: one that people liked, and a counterpart that nobody reacted to.

use std::{cmp::Reverse, collections::BTreeMap};

use persona_core::{
    ChatMessage, ConversationForm, Id, PairRule, PreferencePair, Split, prompt, random,
};
use serde::{Deserialize, Serialize};

use crate::{config::Config, conversations::BuiltConversation, tokens};

/// Numbers of liked replies by whether they became pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Liked {
    /// Targets with at least one positive reaction.
    pub replies: u64,
    /// Liked replies that are too short to be chosen.
    pub too_short: u64,
    /// Liked replies without a counterpart in the conversation.
    pub without_rejected: u64,
    /// Pairs left out because there are more than `count_max`.
    pub over_count: u64,
}

/// Pair by its position: index of the conversation, and of two turns in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundPair {
    reactions: u32,
    chosen_id: Id,
    pub(crate) conversation: usize,
    chosen: usize,
    rejected: usize,
    rule: PairRule,
}

/// Finds the pairs of all conversations, oldest first; if there are too many, those with the most reactions.
pub(crate) fn find(
    built: &[BuiltConversation],
    config: &Config,
    form: &ConversationForm,
    seed: u64,
    liked: &mut Liked,
) -> Vec<FoundPair> {
    let mut found: Vec<FoundPair> = Vec::new();
    for (index, one) in built.iter().enumerate() {
        in_conversation(one, index, config, form, seed, liked, &mut found);
    }
    found.sort_by_key(|pair| (Reverse(pair.reactions), pair.chosen_id));
    liked.over_count = found.len().saturating_sub(config.pairs.count_max) as u64;
    found.truncate(config.pairs.count_max);
    found.sort_by_key(|pair| pair.chosen_id);
    found
}

/// Record of a pair, with texts.
pub(crate) fn record(
    pair: &FoundPair,
    built: &[BuiltConversation],
    form: &ConversationForm,
) -> PreferencePair {
    let conversation = &built[pair.conversation].conversation;
    let (chosen, rejected) = (
        &conversation.turns[pair.chosen],
        &conversation.turns[pair.rejected],
    );
    PreferencePair {
        prompt: prompt::prompt_for(form, conversation, pair.chosen),
        chosen: vec![ChatMessage::reply(&chosen.text)],
        rejected: vec![ChatMessage::reply(&rejected.text)],
        split: conversation.split,
        rule: pair.rule,
        reactions: pair.reactions,
        chosen_id: pair.chosen_id,
        rejected_id: rejected.message_ids.first().copied(),
    }
}

/// Numbers of pairs by split and rule.
pub(crate) fn counted(
    pairs: &[FoundPair],
    built: &[BuiltConversation],
) -> BTreeMap<Split, BTreeMap<PairRule, u64>> {
    let mut counts: BTreeMap<Split, BTreeMap<PairRule, u64>> = BTreeMap::new();
    for pair in pairs {
        let split = built[pair.conversation].conversation.split;
        *counts
            .entry(split)
            .or_default()
            .entry(pair.rule)
            .or_default() += 1;
    }
    counts
}

/// Finds the pairs of a conversation. The best liked replies choose first, so that they get the nearest counterpart.
fn in_conversation(
    built: &BuiltConversation,
    index: usize,
    config: &Config,
    form: &ConversationForm,
    seed: u64,
    liked: &mut Liked,
    found: &mut Vec<FoundPair>,
) {
    let turns = &built.conversation.turns;
    let reactions = |position: usize| turns[position].reactions.min(config.pairs.reactions_max);
    let mut chosen: Vec<usize> = built
        .conversation
        .targets()
        .filter(|&position| reactions(position) > 0)
        .collect();
    if chosen.is_empty() {
        return;
    }
    chosen.sort_by_key(|&position| (Reverse(reactions(position)), position));
    let mut search = Search {
        built,
        config,
        form,
        seed,
        lengths: turns.iter().map(|turn| tokens::count(&turn.text)).collect(),
        uses: vec![0; turns.len()],
    };
    for position in chosen {
        liked.replies += 1;
        if search.lengths[position] < config.pairs.chosen_tokens_min {
            liked.too_short += 1;
        } else if let Some((rule, rejected)) = search.rejected_for(position) {
            search.uses[rejected] += 1;
            found.push(FoundPair {
                reactions: reactions(position),
                chosen_id: turns[position].message_ids[0],
                conversation: index,
                chosen: position,
                rejected,
                rule,
            });
        } else {
            liked.without_rejected += 1;
        }
    }
}

struct Search<'a> {
    built: &'a BuiltConversation,
    config: &'a Config,
    form: &'a ConversationForm,
    seed: u64,
    lengths: Vec<usize>,
    /// Number of pairs that reject each turn.
    uses: Vec<u32>,
}

impl Search<'_> {
    fn rejected_for(&self, chosen: usize) -> Option<(PairRule, usize)> {
        let context = self
            .built
            .conversation
            .context(chosen, self.form.context_turns);
        let candidates: Vec<usize> = (0..self.lengths.len())
            .filter(|&other| self.may_be_rejected(chosen, other) && !context.contains(&other))
            .collect();
        let same_context = || {
            let replies = candidates
                .iter()
                .filter(|&&other| self.replies_alike(chosen, other));
            let nearest = self.nearest(chosen, replies).or_else(|| {
                let next = candidates
                    .iter()
                    .find(|&&other| self.follows(chosen, other));
                next.copied()
            });
            Some((PairRule::SameContext, nearest?))
        };
        let same_conversation = || {
            let alike = candidates
                .iter()
                .filter(|&&other| self.is_alike(chosen, other));
            Some((PairRule::SameConversation, self.nearest(chosen, alike)?))
        };
        same_context().or_else(same_conversation)
    }

    /// Whether `other` may be the rejected side: a real turn without reactions that says something else.
    fn may_be_rejected(&self, chosen: usize, other: usize) -> bool {
        let turns = &self.built.conversation.turns;
        other != chosen
            && !turns[other].quoted
            && !self.built.reacted[other]
            && self.uses[other] < self.config.pairs.rejected_uses_max
            && turns[other].text != turns[chosen].text
    }

    /// Whether `other` is a reply to the turn that `chosen` answers.
    fn replies_alike(&self, chosen: usize, other: usize) -> bool {
        let turns = &self.built.conversation.turns;
        let answered = turns[chosen].reply_to.or(self.previous(chosen));
        answered.is_some_and(|answered| {
            turns[other].reply_to == Some(answered) && self.by_others([chosen, other], answered)
        })
    }

    /// Whether `other` comes right after `chosen`, from a third person and soon enough to answer the turn before both.
    fn follows(&self, chosen: usize, other: usize) -> bool {
        let turns = &self.built.conversation.turns;
        let Some(answered) = self.previous(chosen) else {
            return false;
        };
        let gap_ms = i64::from(self.form.turn_gap_minutes) * 60_000;
        self.previous(other) == Some(chosen)
            && turns[other].reply_to.is_none()
            && turns[chosen]
                .reply_to
                .is_none_or(|position| position == answered)
            && turns[other]
                .timestamp_ms
                .saturating_sub(turns[chosen].timestamp_ms)
                <= gap_ms
            && self.built.author_ids[other] != self.built.author_ids[chosen]
            && !mentions(&turns[other].text, &turns[chosen].author)
            && self.by_others([chosen, other], answered)
    }

    /// Whether other people than the author of `answered` wrote both turns: authors who continue their own words answer
    /// nobody.
    fn by_others(&self, positions: [usize; 2], answered: usize) -> bool {
        let authors = &self.built.author_ids;
        positions
            .iter()
            .all(|&position| authors[position] != authors[answered])
    }

    /// Whether `other` is a reply of like length.
    fn is_alike(&self, chosen: usize, other: usize) -> bool {
        let (a, b) = (self.lengths[chosen], self.lengths[other]);
        let ratio = a.max(b) as f64 / a.min(b).max(1) as f64;
        let is_reply = self.previous(other).is_some()
            || self.built.conversation.turns[other].reply_to.is_some();
        is_reply && ratio <= self.config.pairs.length_ratio_max
    }

    /// Turn before `position`, quoted ones left out.
    fn previous(&self, position: usize) -> Option<usize> {
        (0..position)
            .rev()
            .find(|&before| !self.built.conversation.turns[before].quoted)
    }

    /// Turn of `others` with the nearest length; chance decides between equals.
    fn nearest<'c>(&self, chosen: usize, others: impl Iterator<Item = &'c usize>) -> Option<usize> {
        let id = |position: usize| self.built.conversation.turns[position].message_ids[0];
        others.copied().min_by_key(|&other| {
            let distance = self.lengths[chosen].abs_diff(self.lengths[other]);
            let label = format!("pair {} {}", id(chosen), id(other));
            (distance, random::derive_seed(self.seed, &label))
        })
    }
}

/// Whether `text` mentions the author with this pseudonym. It then answers that author, not the turn before.
fn mentions(text: &str, pseudonym: &str) -> bool {
    text.split('@').skip(1).any(|after| {
        after
            .strip_prefix(pseudonym)
            .is_some_and(|after| !after.starts_with(|char: char| char.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests;
