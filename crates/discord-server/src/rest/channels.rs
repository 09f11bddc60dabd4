//! Channels and threads.

use serde_json::{Value, json};

use super::{Answer, Call, error};
use crate::{
    ids::parse_iso,
    render::channels,
    state::ServerState,
    world::{Channel, Kind},
};

/// Error for a channel that the bot cannot use; `None` where it can.
pub(super) fn closed(state: &ServerState, channel: u64) -> Option<Answer> {
    if !state.world.channels.contains_key(&channel) {
        return Some(error(404, 10_003, "Unknown Channel"));
    }
    let view = state.world.access(channel).view;
    (!view).then(|| error(403, 50_001, "Missing Access"))
}

pub(super) fn one(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let id = call.id("channel_id");
    if let Some(refusal) = closed(state, id) {
        return refusal;
    }
    Answer::json(channels::channel(&state.world, &state.world.channels[&id]))
}

/// All channels of a guild, without threads, even those that the bot may not see.
pub(super) fn of_guild(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let guild = call.id("guild_id");
    if !state.world.guilds.contains_key(&guild) {
        return error(404, 10_004, "Unknown Guild");
    }
    let all = state.world.channels.values();
    let own = all.filter(|channel| channel.guild_id == Some(guild) && !channel.kind.is_thread());
    Answer::json(
        own.map(|channel| channels::channel(&state.world, channel))
            .collect(),
    )
}

/// Threads that are not archived, of all channels that the bot may see.
pub(super) fn active_threads(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let guild = call.id("guild_id");
    let world = &state.world;
    let mut threads: Vec<&Channel> = world
        .channels
        .values()
        .filter(|channel| channel.guild_id == Some(guild))
        .filter(|channel| {
            channel
                .thread
                .is_some_and(|thread| thread.archived_ms.is_none())
        })
        .filter(|channel| world.access(channel.id).view)
        .collect();
    threads.sort_by_key(|thread| std::cmp::Reverse(thread.id));
    Answer::json(list(state, &threads, false))
}

pub(super) fn archived_public(state: &mut ServerState, call: &Call<'_>) -> Answer {
    archived(state, call, &[Kind::PublicThread, Kind::AnnouncementThread])
}

pub(super) fn archived_private(state: &mut ServerState, call: &Call<'_>) -> Answer {
    if !state.world.access(call.id("channel_id")).manage_threads {
        return error(403, 50_013, "Missing Permissions");
    }
    archived(state, call, &[Kind::PrivateThread])
}

/// Archived private threads that the bot is in, sorted by id; `before` is an id too.
pub(super) fn archived_joined(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let parent = call.id("channel_id");
    if let Some(refusal) = closed(state, parent) {
        return refusal;
    }
    let before = call.number("before").unwrap_or(u64::MAX);
    let limit = call.number("limit").unwrap_or(50) as usize;
    let world = &state.world;
    let mut threads: Vec<&Channel> = world
        .channels
        .values()
        .filter(|channel| channel.parent_id == Some(parent) && channel.id < before)
        .filter(|channel| channel.kind == Kind::PrivateThread)
        .filter(|channel| {
            channel
                .thread
                .is_some_and(|thread| thread.joined && thread.archived_ms.is_some())
        })
        .collect();
    threads.reverse();
    let more = threads.len() > limit;
    threads.truncate(limit);
    Answer::json(list(state, &threads, more))
}

/// Archived threads older than `before`, newest first by time of archiving.
fn archived(state: &ServerState, call: &Call<'_>, kinds: &[Kind]) -> Answer {
    let parent = call.id("channel_id");
    if let Some(refusal) = closed(state, parent) {
        return refusal;
    }
    let before = call.query("before").and_then(parse_iso).unwrap_or(i64::MAX);
    let limit = call.number("limit").unwrap_or(50) as usize;
    let mut threads: Vec<(i64, &Channel)> = state
        .world
        .channels
        .values()
        .filter(|channel| channel.parent_id == Some(parent) && kinds.contains(&channel.kind))
        .filter_map(|channel| Some((channel.thread?.archived_ms?, channel)))
        .filter(|(archived, _)| *archived < before)
        .collect();
    threads.sort_by_key(|(archived, thread)| std::cmp::Reverse((*archived, thread.id)));
    let more = threads.len() > limit;
    let threads: Vec<&Channel> = threads
        .into_iter()
        .take(limit)
        .map(|(_, thread)| thread)
        .collect();
    Answer::json(list(state, &threads, more))
}

fn list(state: &ServerState, threads: &[&Channel], has_more: bool) -> Value {
    let world = &state.world;
    let joined = threads
        .iter()
        .filter(|thread| thread.thread.is_some_and(|thread| thread.joined));
    json!({
        "threads": threads.iter().map(|thread| channels::channel(world, thread)).collect::<Vec<_>>(),
        "members": joined.map(|thread| channels::thread_member(world, thread)).collect::<Vec<_>>(),
        "has_more": has_more,
    })
}

pub(super) fn join_thread(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let id = call.id("channel_id");
    if let Some(refusal) = closed(state, id) {
        return refusal;
    }
    match &mut state.world.channel_mut(id).thread {
        Some(thread) => {
            thread.joined = true;
            Answer::empty(204)
        }
        None => error(400, 50_024, "Cannot execute action on this channel type"),
    }
}
