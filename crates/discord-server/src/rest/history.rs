//! Pages of history.

use super::{Answer, Call, channels::closed, error};
use crate::state::ServerState;

/// Messages of a page without `limit`.
const LIMIT: usize = 50;

/// A page of history, always newest first. `after` selects the messages next to it, not the newest ones.
pub(super) fn page(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let channel = call.id("channel_id");
    if let Some(refusal) = closed(state, channel) {
        return refusal;
    }
    if !state.world.channels[&channel].kind.holds_messages() {
        return error(400, 50_008, "Cannot send messages in a non-text channel");
    }
    let limit = call.number("limit").map_or(LIMIT, |limit| limit as usize);
    let mut ids = select(state, call, channel, limit);
    if !state.world.access(channel).history {
        ids.clear();
    }
    Answer::page(state.page(channel, &ids), ids)
}

fn select(state: &ServerState, call: &Call<'_>, channel: u64, limit: usize) -> Vec<u64> {
    let Some(messages) = state.world.messages.get(&channel) else {
        return Vec::new();
    };
    let older = |before: u64, limit: usize| -> Vec<u64> {
        messages
            .range(..before)
            .rev()
            .take(limit)
            .map(|(id, _)| *id)
            .collect()
    };
    let newer = |after: u64, limit: usize| -> Vec<u64> {
        let next = messages.range(after.saturating_add(1)..).take(limit);
        let ids: Vec<u64> = next.map(|(id, _)| *id).collect();
        ids.into_iter().rev().collect()
    };
    if let Some(around) = call.number("around") {
        let after = newer(around.saturating_sub(1), limit.div_ceil(2));
        let before = older(around, limit - after.len());
        return [after, before].concat();
    }
    if let Some(after) = call.number("after") {
        return newer(after, limit);
    }
    older(call.number("before").unwrap_or(u64::MAX), limit)
}

pub(super) fn one(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let channel = call.id("channel_id");
    if let Some(refusal) = closed(state, channel) {
        return refusal;
    }
    let id = call.id("message_id");
    let messages = state.world.messages.get(&channel);
    match messages.and_then(|messages| messages.get(&id)) {
        Some(message) => Answer::json(state.message_value(message)),
        None => error(404, 10_008, "Unknown Message"),
    }
}
