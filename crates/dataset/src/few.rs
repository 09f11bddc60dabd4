//! A few conversations with something for every stage: for a trial, which shows that everything works and no more.

use std::{cmp::Reverse, collections::BTreeSet};

use persona_core::{ConversationForm, Split};

use crate::{config::Config, conversations::BuiltConversation, error::Error, pairs};

/// Training, validation and test need one each.
const FEWEST: usize = 3;

/// A conversation with more replies than this is left to longer runs while there are others.
const LONG: usize = 24;

/// One in so many conversations is held out for validation, and as many for the test.
const HELD_OUT: usize = 6;

/// Keeps `count` of the conversations `built`, the latest ones, those with a preference pair before others, and shares them out so
/// that no split is empty.
pub(crate) fn choose(
    built: Vec<BuiltConversation>,
    count: usize,
    config: &Config,
    form: &ConversationForm,
    seed: u64,
) -> Result<Vec<BuiltConversation>, Error> {
    if built.len() < FEWEST {
        return Err(Error::TooFewConversations {
            found: built.len(),
            needed: FEWEST,
        });
    }
    let count = count.max(FEWEST);
    let pairs = pairs::find(&built, config, form, seed, &mut pairs::Liked::default());
    let paired: BTreeSet<u64> = pairs
        .iter()
        .map(|pair| built[pair.conversation].conversation.id)
        .collect();
    let mut latest = built;
    latest.sort_by_key(|one| {
        let conversation = &one.conversation;
        (
            conversation.targets().count() > LONG,
            Reverse(conversation.id),
        )
    });
    // Pairs in half of them are enough.
    let (mut chosen, others): (Vec<_>, Vec<_>) = latest
        .into_iter()
        .partition(|one| paired.contains(&one.conversation.id));
    let spare = chosen.split_off(chosen.len().min(count.div_ceil(2)));
    let room = count - chosen.len();
    chosen.extend(others.into_iter().chain(spare).take(room));
    // The last of the list are held out: pairs are learnt from.
    let held_out = (chosen.len() / HELD_OUT).max(1);
    let total = chosen.len();
    for (index, one) in chosen.iter_mut().enumerate() {
        let from_the_end = total - 1 - index;
        one.conversation.split = match from_the_end / held_out {
            0 => Split::Test,
            1 => Split::Validation,
            _ => Split::Train,
        };
    }
    chosen.sort_by_key(|one| one.conversation.id);
    Ok(chosen)
}
