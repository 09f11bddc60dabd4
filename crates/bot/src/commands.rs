//! Orders: what admins and members can tell the bot, as slash commands and, for admins, as messages that begin with `!`.

mod caller;
mod data;
mod order;
mod perform;
mod slash;
mod wording;

use std::sync::Arc;

use persona_core::Author;
use serde_json::json;
use serenity::all::{
    CommandInteraction, CreateInteractionResponse, CreateInteractionResponseMessage,
};
use tokio::sync::mpsc;

use crate::{
    error::Error,
    gateway::Seen,
    internal_event::InternalEvent,
    lanes::QueueLoad,
    rules,
    sending::{self, Part},
    shared::Shared,
    text::{MESSAGE_MAX, split},
};

use caller::Caller;
pub use order::{ChannelOrder, Order};
pub(crate) use slash::definitions;

/// Whether the text behind a `!` begins with the name of an order.
pub(crate) fn is_order(text: &str) -> bool {
    let name = text.split_whitespace().next().unwrap_or_default();
    order::NAMES.iter().any(|order| order.name == name)
}

/// Carries out an order that an admin wrote as a message.
pub(crate) async fn text(
    shared: &Arc<Shared>,
    internal: &mpsc::Sender<InternalEvent>,
    load: QueueLoad,
    seen: &Seen,
    order: &str,
) -> Result<(), Error> {
    let message = &seen.record.message;
    let caller = Caller {
        author: seen.record.author.clone(),
        channel: message.channel_id,
        guild: seen.guild,
        is_admin: true,
    };
    let answer = match Order::parse(order) {
        Ok(order) => perform::perform(shared, internal, load, &caller, order).await?,
        Err(problem) => problem,
    };
    for (number, text) in split(&answer, MESSAGE_MAX).iter().enumerate() {
        let part = Part {
            channel: message.channel_id,
            text,
            answers: message.id,
            number,
        };
        sending::send(shared, part).await?;
    }
    Ok(())
}

/// Carries out a slash command. Only who called it sees the answer.
pub(crate) async fn slash(
    shared: &Arc<Shared>,
    internal: &mpsc::Sender<InternalEvent>,
    load: QueueLoad,
    command: &CommandInteraction,
) -> Result<(), Error> {
    // Discord waits three seconds for this, and fifteen minutes for what follows.
    let message = CreateInteractionResponseMessage::new().ephemeral(true);
    let later = CreateInteractionResponse::Defer(message);
    let (id, token) = (command.id.get(), &*command.token);
    shared.rest.respond(id, token, &later).await?;

    let user = &command.user;
    let guild = command.guild_id.map(serenity::all::GuildId::get);
    let reader = shared.clone();
    let settings = shared
        .database
        .run(move |store| rules::settings(&reader.config, &reader.sampling, store, guild))
        .await?;
    let caller = Caller {
        author: Author {
            id: user.id.get(),
            name: user.name.clone(),
            display_name: display_name(command),
            is_bot: user.bot,
        },
        channel: command.channel_id.get(),
        guild,
        is_admin: settings.admins.contains(&user.id.get()),
    };
    let answer = match slash::order(command) {
        Ok(order) if order.is_for_admins() && !caller.is_admin => {
            "only the admins that the bot's owner named may do that".to_owned()
        }
        Ok(order) => match perform::perform(shared, internal, load, &caller, order).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(%error, command = command.data.name, "a command failed");
                "that failed; the log says why".to_owned()
            }
        },
        Err(problem) => problem,
    };
    let first = split(&answer, MESSAGE_MAX).into_iter().next();
    let body = json!({
        "content": first.unwrap_or_else(|| "done".to_owned()),
        "allowed_mentions": { "parse": [] },
    });
    let application = command.application_id.get();
    shared.rest.edit_response(application, token, &body).await?;
    Ok(())
}

/// What the server calls whoever gave the command.
fn display_name(command: &CommandInteraction) -> String {
    let nick = command
        .member
        .as_ref()
        .and_then(|member| member.nick.clone());
    nick.unwrap_or_else(|| command.user.display_name().to_owned())
}
