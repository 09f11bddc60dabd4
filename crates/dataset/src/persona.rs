//! Choice of the people to learn from.

use std::collections::BTreeSet;

use persona_conversation::People;
use persona_core::Id;

use crate::error::Error;

/// Ids of the people to learn from; `None` for everybody.
pub(crate) fn learnt_from(
    people: &People,
    names: &[String],
) -> Result<Option<BTreeSet<Id>>, Error> {
    let mut ids = BTreeSet::new();
    for name in names {
        let person = people.find(name)?;
        let unusable = |reason| {
            Err(Error::UnusablePerson {
                name: name.clone(),
                reason,
            })
        };
        if person.opted_out {
            return unusable("they asked not to be used");
        }
        if person.is_bot {
            return unusable("it is a bot or webhook, and not in `dataset.keep_bots`");
        }
        ids.insert(person.id);
    }
    Ok((!ids.is_empty()).then_some(ids))
}
