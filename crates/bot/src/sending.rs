//! Sending of replies, edits and typing. Nothing that is sent pings anybody.

use std::{sync::Arc, time::Duration};

use persona_core::Id;
use serenity::all::{
    ChannelId, CreateAllowedMentions, CreateMessage, EditMessage, MessageId, MessageReference,
    Nonce,
};
use tokio::task::JoinHandle;

use crate::{error::Error, state::BotState};

/// Interval between typing indicators; Discord shows one for ten seconds.
const TYPING_EVERY: Duration = Duration::from_secs(8);

/// One part of a reply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) channel: Id,
    pub(crate) text: &'a str,
    /// Id of the answered message.
    pub(crate) answers: Id,
    /// Number of the part, from 0. Only part 0 is a Discord reply.
    pub(crate) number: usize,
}

/// Sends a part and returns its id.
///
/// The nonce is made of the answered message and the number of the part. Discord takes a second message with the same nonce
/// for the first, so that a request can be repeated when its answer was lost.
pub(crate) async fn send(state: &BotState, part: Part<'_>) -> Result<Id, Error> {
    let mut message = CreateMessage::new()
        .content(part.text)
        .allowed_mentions(nobody())
        .nonce(Nonce::String(format!("{}-{}", part.answers, part.number)))
        .enforce_nonce(true);
    if part.number == 0 {
        let place = (ChannelId::new(part.channel), MessageId::new(part.answers));
        message =
            message.reference_message(MessageReference::from(place).fail_if_not_exists(false));
    }
    Ok(state.rest.create_message(part.channel, &message).await?)
}

/// Changes the text of a message of the bot.
pub(crate) async fn edit(
    state: &BotState,
    channel: Id,
    message: Id,
    text: &str,
) -> Result<(), Error> {
    let body = EditMessage::new().content(text).allowed_mentions(nobody());
    Ok(state.rest.edit_message(channel, message, &body).await?)
}

/// Allowed mentions: none.
pub(crate) fn nobody() -> CreateAllowedMentions {
    CreateAllowedMentions::new().replied_user(false)
}

/// Shows that the bot is typing until it is dropped. A failure to show it stops nothing.
#[derive(Debug)]
pub(crate) struct Typing(JoinHandle<()>);

impl Typing {
    pub(crate) fn start(state: Arc<BotState>, channel: Id) -> Self {
        Self(tokio::spawn(async move {
            loop {
                if let Err(error) = state.rest.typing(channel).await {
                    tracing::debug!(channel_id = channel, %error, "cannot show that it is typing");
                }
                tokio::time::sleep(TYPING_EVERY).await;
            }
        }))
    }
}

impl Drop for Typing {
    fn drop(&mut self) {
        self.0.abort();
    }
}
