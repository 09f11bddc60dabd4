//! Copies of each target in an epoch, by author and by reactions.

use std::collections::BTreeMap;

use persona_core::{Id, Split, random};

use crate::{
    balance::{self, EpochPlan},
    config::Config,
    conversations::BuiltConversation,
    resample,
};

/// Sets the copies of every training target. Returns the authors in the order of the plan, and the plan.
pub(crate) fn assign_copies(
    built: &mut [BuiltConversation],
    config: &Config,
    seed: u64,
) -> (Vec<Id>, EpochPlan) {
    // Sorted by author and message id, so that the order of conversations makes no difference.
    let mut positions: BTreeMap<Id, BTreeMap<Id, (usize, usize)>> = BTreeMap::new();
    for (index, one) in built.iter().enumerate() {
        if one.conversation.split == Split::Train {
            for target in one.conversation.targets() {
                let message = one.conversation.turns[target].message_ids[0];
                positions
                    .entry(one.author_ids[target])
                    .or_default()
                    .insert(message, (index, target));
            }
        }
    }
    let counts: Vec<u64> = positions
        .values()
        .map(|targets| targets.len() as u64)
        .collect();
    let settings = &config.balance;
    let plan = balance::plan(&counts, settings);
    for ((author, targets), &quota) in positions.iter().zip(&plan.quotas) {
        let boosts: Vec<f64> = targets
            .values()
            .map(|&(index, target)| {
                let reactions = built[index].conversation.turns[target].reactions;
                let counted = f64::from(reactions.min(settings.boost_reactions_max));
                1.0 + settings.boost_per_reaction * counted
            })
            .collect();
        let offset = (random::derive_seed(seed, &format!("copies {author}")) >> 32) as u32;
        let copies = resample::copies(&boosts, quota, settings.max_copies, offset);
        for (&(index, target), copies) in targets.values().zip(copies) {
            built[index].conversation.turns[target].copies = copies;
        }
    }
    (positions.into_keys().collect(), plan)
}

#[cfg(test)]
mod tests {
    use persona_core::{Conversation, Turn};
    use proptest::prelude::*;

    use super::*;

    /// Conversation with a training target per author and number of reactions.
    fn assembled(index: usize, rows: &[(u64, u32)]) -> BuiltConversation {
        let id = 1_000 * (index as Id + 1);
        let turns = rows
            .iter()
            .enumerate()
            .map(|(position, &(author, reactions))| Turn {
                message_ids: vec![id + position as Id],
                author: format!("u{author}"),
                text: "text".to_owned(),
                timestamp_ms: 0,
                reply_to: None,
                is_target: position > 0,
                quoted: false,
                copies: 0,
                reactions,
            });
        BuiltConversation {
            conversation: Conversation {
                id,
                channel_id: 1,
                split: if index % 7 == 3 {
                    Split::Test
                } else {
                    Split::Train
                },
                turns: turns.collect(),
            },
            reacted: vec![false; rows.len()],
            author_ids: rows.iter().map(|row| row.0).collect(),
        }
    }

    fn copies(built: &[BuiltConversation]) -> BTreeMap<Id, u32> {
        let turns = built.iter().flat_map(|one| &one.conversation.turns);
        turns
            .map(|turn| (turn.message_ids[0], turn.copies))
            .collect()
    }

    proptest! {
        #[test]
        fn copies_depend_on_the_seed_but_not_on_the_order(
            rows in prop::collection::vec(prop::collection::vec((1..15_u64, 0..9_u32), 2..12), 4..20),
            seed in any::<u64>(),
        ) {
            let config = Config::default();
            let mut forward: Vec<BuiltConversation> = rows.iter().enumerate().map(|(index, rows)| assembled(index, rows)).collect();
            let mut backward: Vec<BuiltConversation> = forward.iter().rev().cloned().collect();
            let (_, plan) = assign_copies(&mut forward, &config, seed);
            assign_copies(&mut backward, &config, seed);
            prop_assert_eq!(copies(&forward), copies(&backward));
            prop_assert_eq!(copies(&forward).values().map(|&copies| u64::from(copies)).sum::<u64>(), plan.epoch);
            for turn in forward.iter().flat_map(|one| &one.conversation.turns) {
                prop_assert!(turn.copies <= config.balance.max_copies);
                prop_assert!(turn.is_target || turn.copies == 0);
            }
            for one in forward.iter().filter(|one| one.conversation.split != Split::Train) {
                prop_assert!(one.conversation.turns.iter().all(|turn| turn.copies == 0));
            }
        }
    }

    #[test]
    fn reactions_move_weight_between_an_authors_own_messages() {
        let plain: Vec<(u64, u32)> = (0..401).map(|_| (1, 0)).collect();
        let liked: Vec<(u64, u32)> = (0..401).map(|_| (1, 9)).collect();
        let mut built = [assembled(0, &plain), assembled(1, &liked)];
        assign_copies(&mut built, &Config::default(), 1);
        let sum = |one: &BuiltConversation| {
            one.conversation
                .turns
                .iter()
                .map(|turn| turn.copies)
                .sum::<u32>()
        };
        // Weights 1 and 1.5: of 800 copies 320 and 480.
        assert_eq!((sum(&built[0]), sum(&built[1])), (320, 480));
    }
}
