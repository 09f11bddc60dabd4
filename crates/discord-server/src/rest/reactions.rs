//! Reactions to messages.

use super::{Answer, Call, channels::closed, error};
use crate::{message::Reaction, render, state::ServerState};

/// Parses an emoji in a path: the character, or `name:id`.
fn parse(text: &str) -> (String, Option<u64>) {
    match text.rsplit_once(':') {
        Some((name, id)) if id.parse::<u64>().is_ok() => (name.to_owned(), id.parse().ok()),
        _ => (text.to_owned(), None),
    }
}

pub(super) fn list(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let (channel, id) = (call.id("channel_id"), call.id("message_id"));
    if let Some(refusal) = closed(state, channel) {
        return refusal;
    }
    let (emoji, emoji_id) = parse(&call.text("emoji_name"));
    let messages = state.world.messages.get(&channel);
    let Some(message) = messages.and_then(|messages| messages.get(&id)) else {
        return error(404, 10_008, "Unknown Message");
    };
    let is_it =
        |one: &&Reaction| one.emoji_id == emoji_id && (emoji_id.is_some() || one.emoji == emoji);
    let mut users: Vec<u64> = message
        .reactions
        .iter()
        .find(is_it)
        .map(|reaction| reaction.users.clone())
        .unwrap_or_default();
    users.sort_unstable();
    let after = call.number("after").unwrap_or(0);
    let limit = call.number("limit").unwrap_or(25) as usize;
    let page = users.into_iter().filter(|user| *user > after).take(limit);
    Answer::json(page.map(|user| render::user(&state.world, user)).collect())
}

pub(super) fn add(state: &mut ServerState, call: &Call<'_>) -> Answer {
    change(state, call, true)
}

pub(super) fn remove(state: &mut ServerState, call: &Call<'_>) -> Answer {
    change(state, call, false)
}

fn change(state: &mut ServerState, call: &Call<'_>, add: bool) -> Answer {
    let (channel, id) = (call.id("channel_id"), call.id("message_id"));
    if let Some(refusal) = closed(state, channel) {
        return refusal;
    }
    let (emoji, emoji_id) = parse(&call.text("emoji_name"));
    let me = state.world.me;
    if state.react(channel, id, me, (&emoji, emoji_id), add) {
        Answer::empty(204)
    } else {
        error(404, 10_008, "Unknown Message")
    }
}
