//! Statistics of a dataset.

use std::collections::BTreeMap;

use persona_conversation::{DropRule, People, Replies};
use persona_core::{Id, PairRule, PreferencePair, Split};
use serde::{Deserialize, Serialize};

use crate::{
    balance::{Bound, EpochPlan},
    conversations::BuiltConversation,
    feedback::Judged,
    pairs::Liked,
    tokens,
};

/// Statistics of a dataset, as in `statistics.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Seed of splits and copies.
    pub seed: u64,
    /// Messages read.
    pub messages: u64,
    /// Messages kept.
    pub kept: u64,
    /// Messages left out, by rule.
    pub dropped: BTreeMap<DropRule, u64>,
    /// Conversations found in the kept messages.
    pub conversations_found: u64,
    /// Conversations without a single target; they are not written.
    pub conversations_without_targets: u64,
    /// Numbers of replies by where their answered message was found.
    pub replies: Replies,
    /// Numbers of what was written, by split.
    pub splits: BTreeMap<Split, SplitStatistics>,
    /// Balance of authors in the training split.
    pub balance: BalanceStatistics,
    /// Authors with a target, the most frequent first.
    pub authors: Vec<AuthorStatistics>,
    /// Length of targets in words and punctuation marks.
    pub target_tokens: Percentiles,
    /// Length of the context of targets, in words and punctuation marks.
    pub context_tokens: Percentiles,
    /// Number of targets by turns of context; the index is the number of turns.
    pub context_turns: Vec<u64>,
    /// Emoji used as reactions, the most frequent first.
    pub reactions: Vec<EmojiStatistics>,
    /// Pairs by split and rule.
    pub pairs: BTreeMap<Split, BTreeMap<PairRule, u64>>,
    /// Numbers of liked replies by result.
    pub liked: Liked,
    /// Numbers of judged replies of the bot by result.
    #[serde(default, skip_serializing_if = "Judged::is_empty")]
    pub feedback: Judged,
}

/// Statistics of one split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitStatistics {
    /// Conversations.
    pub conversations: u64,
    /// Turns, quoted ones included.
    pub turns: u64,
    /// Targets.
    pub targets: u64,
    /// Authors of targets.
    pub authors: u64,
}

/// Balance of authors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BalanceStatistics {
    /// Training targets.
    pub targets: u64,
    /// Examples per epoch, copies counted.
    pub epoch: u64,
    /// Configured cap.
    pub cap_wanted: f64,
    /// Cap in force.
    pub cap: f64,
    /// Whether the cap in force is the configured one. It rises when there are too few authors, or too few with enough
    /// messages.
    pub cap_holds: bool,
    /// Authors at the cap.
    pub at_cap: u64,
    /// Authors whose messages are all repeated `max_copies` times; the rest of their share went to the others.
    pub at_max_copies: u64,
}

/// Statistics of one author.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorStatistics {
    /// Pseudonym of the author.
    pub pseudonym: String,
    /// Account name of the author.
    pub name: String,
    /// Targets in all splits.
    pub targets: u64,
    /// Targets in the training split.
    pub train_targets: u64,
    /// Raw share: share of the training targets.
    pub raw_share: f64,
    /// Target share by the formula, before normalising.
    pub target_share: f64,
    /// Realised share of an epoch.
    pub realised_share: f64,
    /// Draws of the author's targets in an epoch.
    pub copies: u64,
    /// Bound that holds the share down.
    pub bound: Option<Bound>,
    /// Positive reactions on the targets.
    pub reactions: u64,
    /// Length of the targets, in words and punctuation marks.
    pub tokens: Percentiles,
}

/// Emoji used as a reaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmojiStatistics {
    /// Character, or `:name:` of a custom emoji.
    pub emoji: String,
    /// Number of reactions.
    pub count: u64,
    /// Whether the emoji counts as praise.
    pub positive: bool,
}

/// Percentiles of a distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percentiles {
    /// 5th percentile.
    pub p5: u64,
    /// 25th percentile.
    pub p25: u64,
    /// Median.
    pub p50: u64,
    /// 75th percentile.
    pub p75: u64,
    /// 95th percentile.
    pub p95: u64,
    /// Largest value.
    pub max: u64,
}

impl Percentiles {
    pub(crate) fn of(mut values: Vec<u64>) -> Self {
        values.sort_unstable();
        let at = |hundredth: usize| {
            let rank = (values.len() * hundredth).div_ceil(100).max(1) - 1;
            values.get(rank).copied().unwrap_or(0)
        };
        Self {
            p5: at(5),
            p25: at(25),
            p50: at(50),
            p75: at(75),
            p95: at(95),
            max: at(100),
        }
    }
}

impl Statistics {
    /// Targets in all splits.
    pub fn targets(&self) -> u64 {
        self.splits.values().map(|split| split.targets).sum()
    }

    /// Pairs in all splits.
    pub fn pair_count(&self) -> u64 {
        self.pairs.values().flat_map(BTreeMap::values).sum()
    }

    /// Pairs of one rule in all splits.
    pub fn pairs_by(&self, rule: PairRule) -> u64 {
        self.pairs
            .values()
            .filter_map(|rules| rules.get(&rule))
            .sum()
    }

    /// Adds `pairs` to the counts by split and rule.
    pub(crate) fn count_pairs(&mut self, pairs: &[PreferencePair]) {
        for pair in pairs {
            let rules = self.pairs.entry(pair.split).or_default();
            *rules.entry(pair.rule).or_default() += 1;
        }
    }

    /// Summary of what was read and dropped, in a sentence.
    pub(crate) fn summary(&self) -> String {
        let dropped: Vec<String> = self
            .dropped
            .iter()
            .map(|(rule, count)| format!("{}: {count}", rule.label()))
            .collect();
        let dropped = if dropped.is_empty() {
            String::new()
        } else {
            format!(" (left out: {})", dropped.join(", "))
        };
        format!(
            "{} messages, {} kept{dropped}, {} conversations, none with a turn that answers another",
            self.messages, self.kept, self.conversations_found
        )
    }

    /// Counts the conversations by split, context and length.
    pub(crate) fn count_conversations(
        &mut self,
        built: &[BuiltConversation],
        context_turns: usize,
    ) {
        let (mut target_tokens, mut context_tokens) = (Vec::new(), Vec::new());
        let mut authors: BTreeMap<Split, std::collections::BTreeSet<Id>> = BTreeMap::new();
        self.splits = Split::ALL
            .map(|split| (split, SplitStatistics::default()))
            .into();
        for one in built {
            let conversation = &one.conversation;
            let split = self.splits.entry(conversation.split).or_default();
            split.conversations += 1;
            split.turns += conversation.turns.len() as u64;
            let lengths: Vec<u64> = conversation
                .turns
                .iter()
                .map(|turn| tokens::count(&turn.text) as u64)
                .collect();
            for target in conversation.targets() {
                split.targets += 1;
                authors
                    .entry(conversation.split)
                    .or_default()
                    .insert(one.author_ids[target]);
                let context = conversation.context(target, context_turns);
                if self.context_turns.len() <= context.len() {
                    self.context_turns.resize(context.len() + 1, 0);
                }
                self.context_turns[context.len()] += 1;
                target_tokens.push(lengths[target]);
                context_tokens.push(context.iter().map(|&position| lengths[position]).sum());
            }
        }
        for (split, authors) in authors {
            self.splits.entry(split).or_default().authors = authors.len() as u64;
        }
        self.target_tokens = Percentiles::of(target_tokens);
        self.context_tokens = Percentiles::of(context_tokens);
    }

    /// Counts targets by author. `plan` has the authors of `planned`, in that order.
    pub(crate) fn count_authors(
        &mut self,
        built: &[BuiltConversation],
        people: &People,
        planned: &[Id],
        plan: &EpochPlan,
        cap_wanted: f64,
    ) {
        let mut by_author: BTreeMap<Id, (AuthorStatistics, Vec<u64>)> = BTreeMap::new();
        for one in built {
            for target in one.conversation.targets() {
                let id = one.author_ids[target];
                let turn = &one.conversation.turns[target];
                let (author, lengths) = by_author.entry(id).or_insert_with(|| {
                    let name = people
                        .get(id)
                        .map_or(String::new(), |person| person.name.clone());
                    (AuthorStatistics::new(turn.author.clone(), name), Vec::new())
                });
                author.targets += 1;
                author.train_targets += u64::from(one.conversation.split == Split::Train);
                author.copies += u64::from(turn.copies);
                author.reactions += u64::from(turn.reactions);
                lengths.push(tokens::count(&turn.text) as u64);
            }
        }
        let train: u64 = by_author
            .values()
            .map(|(author, _)| author.train_targets)
            .sum();
        for (index, id) in planned.iter().enumerate() {
            if let Some((author, _)) = by_author.get_mut(id) {
                author.raw_share = author.train_targets as f64 / train as f64;
                author.target_share = plan.wanted[index];
                author.realised_share = author.copies as f64 / plan.epoch as f64;
                author.bound = plan.bounds[index];
            }
        }
        let at = |wanted| {
            plan.bounds
                .iter()
                .filter(|&&bound| bound == Some(wanted))
                .count() as u64
        };
        self.balance = BalanceStatistics {
            targets: train,
            epoch: plan.epoch,
            cap_wanted,
            cap: plan.cap,
            cap_holds: plan.cap_holds,
            at_cap: at(Bound::Cap),
            at_max_copies: at(Bound::MaxCopies),
        };
        self.authors = by_author
            .into_values()
            .map(|(author, lengths)| AuthorStatistics {
                tokens: Percentiles::of(lengths),
                ..author
            })
            .collect();
        self.authors
            .sort_by_key(|author| std::cmp::Reverse(author.targets));
    }
}

impl AuthorStatistics {
    fn new(pseudonym: String, name: String) -> Self {
        Self {
            pseudonym,
            name,
            targets: 0,
            train_targets: 0,
            raw_share: 0.0,
            target_share: 0.0,
            realised_share: 0.0,
            copies: 0,
            bound: None,
            reactions: 0,
            tokens: Percentiles::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occur() {
        let hundred = Percentiles::of((1..=100).rev().collect());
        assert_eq!(
            (hundred.p5, hundred.p50, hundred.p95, hundred.max),
            (5, 50, 95, 100)
        );
        let one = Percentiles::of(vec![7]);
        assert_eq!((one.p5, one.p50, one.max), (7, 7, 7));
        assert_eq!(Percentiles::of(Vec::new()), Percentiles::default());
    }
}
