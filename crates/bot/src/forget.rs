//! The order `forget`.

use std::{path::Path, sync::Arc};

use persona_core::Id;
use persona_run::forgotten;
use persona_store::Store;

use crate::{error::Error, state::BotState};

/// Forgets a person: store, live memory, and notes on stages made from their messages. Returns the answer to the order.
pub(crate) async fn forget(state: &Arc<BotState>, person: Id) -> Result<String, Error> {
    let runs = state.files.run.root().parent().map(Path::to_owned);
    let (gone, channels, marked) = state
        .database
        .run(move |store| {
            // Notes first: a kill between both leaves notes too many, never one too few.
            let marked = match &runs {
                Some(runs) => mark(store, runs, person)?,
                None => 0,
            };
            let gone = store.forget(person)?;
            let channels = store.channels()?;
            Ok((gone, channels, marked))
        })
        .await?;
    state.known.people().remove(person);
    for stored in channels {
        // The KV cache holds their words too.
        state.backend.drop_cache(&stored.channel.id.to_string());
    }
    tracing::info!(messages = gone.messages, "a person was forgotten");
    Ok(format!(
        "removed: {} messages with {} reactions, {} mentions, {} vectors, {} messages of my memory and {} of my replies that \
         they had a part in. Whatever they write from now on is not read. {marked} datasets and models were made from their messages and \
         are marked: `cargo xtask pipeline` builds them again without them",
        gone.messages, gone.reactions, gone.mentions, gone.embeddings, gone.memory, gone.feedback
    ))
}

/// Leaves notes in the stages of the runs that hold something of the person, and returns how many there are.
fn mark(store: &Store, runs: &Path, person: Id) -> Result<usize, persona_store::Error> {
    let Some(traces) = store.traces(person)? else {
        return Ok(0);
    };
    let held = forgotten::held(runs, store.path(), &store.content_hash()?, &traces)?;
    forgotten::note(&held)?;
    Ok(held.len())
}
