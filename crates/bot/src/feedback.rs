//! What people think of the bot's messages: reactions become the pairs of the next training.

use std::sync::Arc;

use persona_conversation::Positive;
use persona_core::{Id, Reaction};
use persona_discord::Error as ApiError;

use crate::{error::Error, rules, shared::Shared};

/// Reactions under `message` changed; `added` says who added which.
///
/// The message is read again and its reactions counted: what was missed while the bot was away comes right with the next
/// reaction. An admin's disapproval takes the message back, here and out of the context of what comes after it.
pub(crate) async fn reacted(
    shared: &Arc<Shared>,
    channel: Id,
    message: Id,
    added: Option<(Id, Reaction)>,
) -> Result<(), Error> {
    let reader = shared.clone();
    let known = shared
        .database
        .run(move |store| {
            let first = store.first_part(message)?;
            if store.feedback_of(first)?.is_none() {
                return Ok(None);
            }
            let guild = store
                .channel(channel)?
                .map(|stored| stored.channel.guild_id);
            Ok(Some((
                first,
                rules::settings(&reader.config, &reader.sampling, store, guild)?,
            )))
        })
        .await?;
    let Some((first, settings)) = known else {
        return Ok(());
    };
    let negative = Positive::new(&shared.config.negative);
    if let Some((by, reaction)) = added
        && settings.admins.contains(&by)
        && negative.contains(&reaction)
    {
        return take_back(shared, channel, first).await;
    }
    let record = match shared.rest.message(channel, message).await {
        Ok(record) => record,
        Err(ApiError::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let positive = Positive::new(&shared.config.positive);
    let reactions = &record.message.reactions;
    let (praise, disapproval) = (positive.count(reactions), negative.count(reactions));
    shared
        .database
        .run(move |store| store.count_feedback(message, praise, disapproval))
        .await?;
    Ok(())
}

/// Deletes a reply of the bot with all its parts, and what it remembers of it.
async fn take_back(shared: &Shared, channel: Id, first: Id) -> Result<(), Error> {
    let parts = shared
        .database
        .run(move |store| {
            store.retract(first)?;
            store.remove_remembered(channel, first)?;
            store.parts(first)
        })
        .await?;
    shared.backend.drop_cache(&channel.to_string());
    for message in parts.into_iter().rev().chain([first]) {
        shared.rest.delete_message(channel, message).await?;
    }
    tracing::info!(
        channel_id = channel,
        message_id = first,
        "an admin took a message back"
    );
    Ok(())
}
