//! Writing, editing and deleting messages, as the bot.

use serde_json::{Value, json};

use super::{Answer, Call, channels::closed, error};
use crate::{
    gateway::Event,
    ids::now_ms,
    message::{Message, mentions_in},
    render,
    state::ServerState,
};

/// Longest message of a bot, in characters.
const CONTENT_MAX: usize = 2000;
/// Bit in a message's `flags`: only the user who gave the command sees it.
const EPHEMERAL: u64 = 1 << 6;

pub(super) fn create(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let channel = call.id("channel_id");
    if let Some(refusal) = closed(state, channel).or_else(|| mute(state, channel)) {
        return refusal;
    }
    let body = call.body.cloned().unwrap_or_default();
    if let Some(refusal) = unfit(state, &body) {
        return refusal;
    }
    if let Some(known) = same_nonce(state, channel, &body) {
        return Answer::json(known);
    }
    let reply_to = body["message_reference"]["message_id"]
        .as_str()
        .and_then(|id| id.parse().ok());
    if let Some(to) = reply_to {
        let known = state
            .world
            .messages
            .get(&channel)
            .is_some_and(|messages| messages.contains_key(&to));
        if !known && body["message_reference"]["fail_if_not_exists"] != json!(false) {
            return error(400, 50_035, "Invalid Form Body");
        }
    }
    let me = state.world.me;
    let id = state.world.next_message_id();
    let mut message = Message::new(
        id,
        channel,
        me,
        body["content"].as_str().unwrap_or_default(),
    );
    if let Some(to) = reply_to {
        message = message.replying(to);
    }
    set_pings(state, &mut message, &body["allowed_mentions"]);
    message.nonce = Some(body["nonce"].clone()).filter(|nonce| !nonce.is_null());
    Answer::json(publish(state, message))
}

/// Adds a message to the world and dispatches the event. Returns the message as its sender sees it.
pub(super) fn publish(state: &mut ServerState, message: Message) -> Value {
    let value = state.message_value(&message);
    let event = render::dispatched(&state.world, &message);
    state.world.put(message);
    state.dispatch(Event::MessageCreate, &event);
    value
}

/// Error for a body that cannot become a message; `None` where it can.
pub(super) fn unfit(state: &mut ServerState, body: &Value) -> Option<Answer> {
    let content = body["content"].as_str().unwrap_or_default();
    if content.chars().count() > CONTENT_MAX {
        state.violations.push(format!(
            "request: `content` is longer than {CONTENT_MAX} characters"
        ));
        return Some(error(400, 50_035, "Invalid Form Body"));
    }
    let embeds = body["embeds"]
        .as_array()
        .is_some_and(|embeds| !embeds.is_empty());
    if content.trim().is_empty() && !embeds {
        return Some(error(400, 50_006, "Cannot send an empty message"));
    }
    None
}

fn mute(state: &ServerState, channel: u64) -> Option<Answer> {
    let send = state.world.access(channel).send;
    (!send).then(|| error(403, 50_013, "Missing Permissions"))
}

/// With `enforce_nonce`, the message of an earlier request with the same nonce.
fn same_nonce(state: &ServerState, channel: u64, body: &Value) -> Option<Value> {
    if body["enforce_nonce"] != json!(true) || body["nonce"].is_null() {
        return None;
    }
    let mut messages = state.world.messages.get(&channel)?.values().rev().take(100);
    let same = messages.find(|message| {
        message.author_id == state.world.me && message.nonce.as_ref() == Some(&body["nonce"])
    });
    same.map(|message| state.message_value(message))
}

/// Sets the users who are notified: all mentioned ones, unless `allowed_mentions` says otherwise.
pub(super) fn set_pings(state: &ServerState, message: &mut Message, allowed: &Value) {
    let named = mentions_in(&message.content);
    let everyone = message.content.contains("@everyone") || message.content.contains("@here");
    let answered = message
        .reply_to
        .and_then(|to| state.world.messages.get(&message.channel_id)?.get(&to))
        .map(|answered| answered.author_id);
    message.mentions.clone_from(&named);
    let has = |kind: &str| {
        allowed["parse"]
            .as_array()
            .is_some_and(|parse| parse.contains(&json!(kind)))
    };
    let listed = |user: u64| {
        let users = allowed["users"].as_array();
        users.is_some_and(|users| users.contains(&json!(user.to_string())))
    };
    let free = allowed.is_null();
    message.pinged = named
        .into_iter()
        .filter(|user| free || has("users") || listed(*user))
        .collect();
    message.pinged_everyone = everyone && (free || has("everyone"));
    // Without `allowed_mentions`, the author of the answered message is notified too.
    let replied = if free {
        true
    } else {
        allowed["replied_user"] == json!(true)
    };
    if let Some(answered) = answered.filter(|_| replied) {
        message.pinged.push(answered);
        if !message.mentions.contains(&answered) {
            message.mentions.push(answered);
        }
    }
}

pub(super) fn edit(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let channel = call.id("channel_id");
    if let Some(refusal) = closed(state, channel) {
        return refusal;
    }
    let id = call.id("message_id");
    let body = call.body.cloned().unwrap_or_default();
    let found = state
        .world
        .messages
        .get(&channel)
        .and_then(|messages| messages.get(&id));
    let Some(mut message) = found.cloned() else {
        return error(404, 10_008, "Unknown Message");
    };
    if message.author_id != state.world.me {
        return error(
            403,
            50_005,
            "Cannot edit a message authored by another user",
        );
    }
    if let Some(refusal) = unfit(state, &body) {
        return refusal;
    }
    body["content"]
        .as_str()
        .unwrap_or_default()
        .clone_into(&mut message.content);
    message.edited_ms = Some(now_ms());
    set_pings(state, &mut message, &body["allowed_mentions"]);
    Answer::json(state.replace(message))
}

pub(super) fn delete(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let channel = call.id("channel_id");
    if let Some(refusal) = closed(state, channel) {
        return refusal;
    }
    let id = call.id("message_id");
    if state.remove(channel, id) {
        Answer::empty(204)
    } else {
        error(404, 10_008, "Unknown Message")
    }
}

pub(super) fn typing(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let channel = call.id("channel_id");
    closed(state, channel)
        .or_else(|| mute(state, channel))
        .unwrap_or_else(|| Answer::empty(204))
}

/// Whether only one person sees a message with these flags.
pub(super) fn is_ephemeral(flags: &Value) -> bool {
    flags.as_u64().is_some_and(|flags| flags & EPHEMERAL != 0)
}
