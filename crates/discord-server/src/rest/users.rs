//! Accounts, guilds, and the address of the gateway.

use serde_json::json;

use super::{Answer, Call, error};
use crate::{
    render::{self, channels},
    state::ServerState,
};

pub(super) fn me(state: &mut ServerState, _: &Call<'_>) -> Answer {
    Answer::json(render::me(&state.world))
}

pub(super) fn user(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let id = call.id("user_id");
    if state.world.users.contains_key(&id) {
        Answer::json(render::user(&state.world, id))
    } else {
        error(404, 10_013, "Unknown User")
    }
}

pub(super) fn guilds(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let after = call.number("after").unwrap_or(0);
    let limit = call.number("limit").unwrap_or(200) as usize;
    let guilds = state.world.guilds.range(after + 1..).take(limit);
    Answer::json(guilds.map(|(_, guild)| channels::my_guild(guild)).collect())
}

pub(super) fn guild(state: &mut ServerState, call: &Call<'_>) -> Answer {
    match state.world.guilds.get(&call.id("guild_id")) {
        Some(guild) => Answer::json(channels::guild(guild)),
        None => error(404, 10_004, "Unknown Guild"),
    }
}

pub(super) fn member(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let user = call.id("user_id");
    if state.world.guilds.contains_key(&call.id("guild_id"))
        && state.world.users.contains_key(&user)
    {
        Answer::json(render::member(&state.world, user, true))
    } else {
        error(404, 10_007, "Unknown Member")
    }
}

/// Channel of direct messages with a user, created if there is none.
pub(super) fn direct(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let recipient = call
        .body
        .and_then(|body| body["recipient_id"].as_str()?.parse().ok());
    let Some(recipient) = recipient.filter(|recipient| state.world.users.contains_key(recipient))
    else {
        return error(400, 50_033, "Invalid Recipient(s)");
    };
    let id = state.world.direct(recipient);
    Answer::json(channels::channel(&state.world, &state.world.channels[&id]))
}

pub(super) fn gateway(state: &mut ServerState, _: &Call<'_>) -> Answer {
    Answer::json(json!({"url": state.gateway.url}))
}

pub(super) fn gateway_bot(state: &mut ServerState, _: &Call<'_>) -> Answer {
    Answer::json(json!({
        "url": state.gateway.url,
        "shards": 1,
        "session_start_limit": {"total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 1},
    }))
}
