//! Answers to slash commands.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    Answer, Call, error,
    messages::{is_ephemeral, unfit},
};
use crate::{interaction::Interaction, message::Message, state::ServerState};

/// Time in which the first answer must arrive.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn callback(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let id = call.id("interaction_id");
    let token = call.text("interaction_token");
    let body = call.body.cloned().unwrap_or_default();
    let data = body["data"].clone();
    let kind = body["type"].as_u64().unwrap_or(0);
    let known = state
        .interactions
        .get(&id)
        .filter(|known| known.token == token);
    match known {
        None => return error(404, 10_062, "Unknown interaction"),
        Some(known) if known.sent.elapsed() > PATIENCE && known.acknowledged.is_none() => {
            return error(404, 10_062, "Unknown interaction");
        }
        Some(known) if known.acknowledged.is_some() => {
            return error(400, 40_060, "Interaction has already been acknowledged.");
        }
        Some(_) => {}
    }
    if kind == 4
        && let Some(refusal) = unfit(state, &data)
    {
        return refusal;
    }
    let message_id = state.world.next_message_id();
    if let Some(interaction) = state.interactions.get_mut(&id) {
        interaction.acknowledged = Some(Instant::now());
        interaction.deferred = kind == 5;
        interaction.ephemeral = is_ephemeral(&data["flags"]);
        interaction.message_id = message_id;
        interaction.content = data["content"].as_str().map(str::to_owned);
        interaction.allowed_mentions = data["allowed_mentions"].clone();
    }
    Answer::empty(204)
}

pub(super) fn edit(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let body = call.body.cloned().unwrap_or_default();
    if let Some(refusal) = unfit(state, &body) {
        return refusal;
    }
    let Some(interaction) = acknowledged(state, call) else {
        return error(404, 10_015, "Unknown Webhook");
    };
    interaction.content = body["content"].as_str().map(str::to_owned);
    interaction.allowed_mentions = body["allowed_mentions"].clone();
    let interaction = interaction.clone();
    Answer::json(message(state, &interaction))
}

pub(super) fn original(state: &mut ServerState, call: &Call<'_>) -> Answer {
    match acknowledged(state, call).cloned() {
        Some(interaction) if !interaction.deleted => Answer::json(message(state, &interaction)),
        Some(_) => error(404, 10_008, "Unknown Message"),
        None => error(404, 10_015, "Unknown Webhook"),
    }
}

pub(super) fn delete(state: &mut ServerState, call: &Call<'_>) -> Answer {
    match acknowledged(state, call) {
        Some(interaction) => {
            interaction.deleted = true;
            Answer::empty(204)
        }
        None => error(404, 10_015, "Unknown Webhook"),
    }
}

pub(super) fn follow_up(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let body = call.body.cloned().unwrap_or_default();
    if let Some(refusal) = unfit(state, &body) {
        return refusal;
    }
    let content = body["content"].as_str().unwrap_or_default().to_owned();
    let Some(interaction) = acknowledged(state, call) else {
        return error(404, 10_015, "Unknown Webhook");
    };
    interaction.follow_ups.push(content.clone());
    let mut shown = interaction.clone();
    shown.message_id = state.world.next_message_id();
    shown.content = Some(content);
    Answer::json(message(state, &shown))
}

fn acknowledged<'a>(state: &'a mut ServerState, call: &Call<'_>) -> Option<&'a mut Interaction> {
    let token = call.text("webhook_token");
    let mut all = state.interactions.values_mut();
    all.find(|interaction| interaction.token == token && interaction.acknowledged.is_some())
}

/// Answer of an interaction as a message.
fn message(state: &ServerState, interaction: &Interaction) -> Value {
    let content = interaction.content.as_deref().unwrap_or_default();
    let mut message = Message::new(
        interaction.message_id,
        interaction.channel_id,
        state.world.me,
        content,
    );
    message.kind = 20;
    message.webhook_id = Some(state.world.me);
    let flags = if interaction.ephemeral { 64 } else { 0 };
    message.extra.insert("flags".to_owned(), json!(flags));
    message.extra.insert(
        "application_id".to_owned(),
        json!(state.world.me.to_string()),
    );
    crate::render::message(&state.world, &message)
}
