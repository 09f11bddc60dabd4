//! The order to forget a person.

use std::sync::Arc;

use persona_core::Id;

use crate::{error::Error, shared::Shared};

/// Removes a person from the store and from everything the bot holds in memory. Gives what is answered.
pub(crate) async fn forget(shared: &Arc<Shared>, person: Id) -> Result<String, Error> {
    let (gone, channels) = shared
        .database
        .run(move |store| {
            let gone = store.forget(person)?;
            let channels = store.channels()?;
            Ok((gone, channels))
        })
        .await?;
    shared.people().remove(person);
    for stored in channels {
        // What was computed of their words goes with them.
        shared.backend.forget(&stored.channel.id.to_string());
    }
    tracing::info!(messages = gone.messages, "a person was forgotten");
    Ok(format!(
        "removed: {} messages with {} reactions, {} mentions, {} vectors, {} messages of my memory and {} of my replies that \
         they had a part in. Whatever they write from now on is not read. Models that learnt from them still did: \
         `cargo xtask pipeline` trains again without them",
        gone.messages, gone.reactions, gone.mentions, gone.embeddings, gone.memory, gone.feedback
    ))
}
