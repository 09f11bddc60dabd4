//! Feedback: reactions to the bot's messages become preference pairs of the next training.

use std::sync::Arc;

use persona_conversation::Positive;
use persona_core::{Id, Reaction};
use persona_discord::Error as ApiError;

use crate::{error::Error, rules, state::BotState};

/// Handles a change of the reactions under `message`; `added` says who added which.
///
/// The message is read again and its reactions are counted, so that reactions missed while the bot was away are counted with
/// the next one. An admin's disapproval deletes the message on Discord and from the live memory.
pub(crate) async fn reacted(
    state: &Arc<BotState>,
    channel: Id,
    message: Id,
    added: Option<(Id, Reaction)>,
) -> Result<(), Error> {
    let reader = state.clone();
    let known = state
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
    let negative = Positive::new(&state.config.negative);
    if let Some((by, reaction)) = added
        && settings.admins.contains(&by)
        && negative.contains(&reaction)
    {
        return take_back(state, channel, first).await;
    }
    let record = match state.rest.message(channel, message).await {
        Ok(record) => record,
        Err(ApiError::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let positive = Positive::new(&state.config.positive);
    let reactions = &record.message.reactions;
    let (praise, disapproval) = (positive.count(reactions), negative.count(reactions));
    state
        .database
        .run(move |store| store.count_feedback(message, praise, disapproval))
        .await?;
    Ok(())
}

/// Deletes a reply of the bot with all its parts, also from the live memory.
async fn take_back(state: &BotState, channel: Id, first: Id) -> Result<(), Error> {
    let parts = state
        .database
        .run(move |store| {
            store.retract(first)?;
            store.remove_remembered(channel, first)?;
            store.parts(first)
        })
        .await?;
    state.backend.drop_cache(&channel.to_string());
    for message in parts.into_iter().rev().chain([first]) {
        state.rest.delete_message(channel, message).await?;
    }
    tracing::info!(
        channel_id = channel,
        message_id = first,
        "an admin took a message back"
    );
    Ok(())
}
