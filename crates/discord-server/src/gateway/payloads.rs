//! Payloads that several gateway events share.

use serde_json::{Value, json};

use crate::{
    ids::{iso, time_of},
    message::Reaction,
    render::{self, channels, id, optional_id},
    world::World,
};

/// Payload of READY, the first event of a session.
pub(crate) fn ready(world: &World, session: &str, url: &str, shard: &Value) -> Value {
    let guilds = world
        .guilds
        .keys()
        .map(|guild| json!({"id": id(*guild), "unavailable": true}));
    json!({
        "v": 10,
        "user": render::me(world),
        "guilds": guilds.collect::<Vec<_>>(),
        "session_id": session,
        "resume_gateway_url": url,
        "shard": if shard.is_null() { json!([0, 1]) } else { shard.clone() },
        "application": {"id": id(world.me), "flags": 0},
        "private_channels": [],
        "relationships": [],
        "user_settings": {},
    })
}

/// Payload of `GUILD_CREATE`: a guild with its channels, threads and members.
pub(crate) fn guild_create(world: &World, guild_id: u64) -> Value {
    let Some(guild) = world.guilds.get(&guild_id) else {
        return Value::Null;
    };
    let own = world
        .channels
        .values()
        .filter(|channel| channel.guild_id == Some(guild_id));
    let (threads, channels_of_guild): (Vec<_>, Vec<_>) =
        own.partition(|channel| channel.kind.is_thread());
    let active = threads
        .into_iter()
        .filter(|thread| {
            thread
                .thread
                .is_some_and(|thread| thread.archived_ms.is_none())
        })
        .filter(|thread| world.access(thread.id).view);
    let mut value = channels::guild(guild);
    value["joined_at"] = json!(iso(time_of(guild_id)));
    value["large"] = json!(false);
    value["unavailable"] = json!(false);
    value["member_count"] = json!(world.users.len());
    value["members"] = json!([render::member(world, world.me, true)]);
    value["channels"] = channels_of_guild
        .iter()
        .map(|channel| channels::channel(world, channel))
        .collect();
    value["threads"] = active
        .map(|thread| channels::channel(world, thread))
        .collect();
    for list in [
        "voice_states",
        "presences",
        "stage_instances",
        "guild_scheduled_events",
        "soundboard_sounds",
    ] {
        value[list] = json!([]);
    }
    value
}

/// Payload for a reaction that was added or removed.
pub(crate) fn reaction(
    world: &World,
    channel: u64,
    message: u64,
    user: u64,
    emoji: (&str, Option<u64>),
) -> Value {
    let guild = world
        .channels
        .get(&channel)
        .and_then(|channel| channel.guild_id);
    let reaction = Reaction {
        emoji: emoji.0.to_owned(),
        emoji_id: emoji.1,
        users: Vec::new(),
    };
    let author = world
        .messages
        .get(&channel)
        .and_then(|messages| messages.get(&message))
        .map(|message| message.author_id);
    let mut value = json!({
        "user_id": id(user),
        "channel_id": id(channel),
        "message_id": id(message),
        "message_author_id": optional_id(author),
        "emoji": render::emoji(&reaction),
        "burst": false,
        "type": 0,
    });
    if let Some(guild) = guild {
        value["guild_id"] = id(guild);
        value["member"] = render::member(world, user, true);
    }
    value
}

/// Payload for a message that was deleted.
pub(crate) fn deletion(world: &World, channel: u64, message: u64) -> Value {
    let mut value = json!({"id": id(message), "channel_id": id(channel)});
    if let Some(guild) = world
        .channels
        .get(&channel)
        .and_then(|channel| channel.guild_id)
    {
        value["guild_id"] = id(guild);
    }
    value
}

/// Payload for a slash command that somebody uses.
pub(crate) fn interaction(
    world: &World,
    (number, token): (u64, &str),
    channel: u64,
    user: u64,
    data: &Value,
) -> Value {
    let found = world.channels.get(&channel);
    let guild = found.and_then(|channel| channel.guild_id);
    let mut value = json!({
        "id": id(number),
        "application_id": id(world.me),
        "type": 2,
        "data": data,
        "channel_id": id(channel),
        "channel": found.map(|channel| channels::channel(world, channel)),
        "token": token,
        "version": 1,
        "app_permissions": channels::permissions(world.access(channel)).to_string(),
        "locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": {},
        "context": u8::from(guild.is_none()),
        "attachment_size_limit": 10_485_760,
    });
    match guild {
        Some(guild) => {
            value["guild_id"] = id(guild);
            value["guild_locale"] = json!("en-US");
            value["authorizing_integration_owners"] = json!({"0": id(guild)});
            let mut member = render::member(world, user, true);
            member["permissions"] = json!(channels::permissions_of(world, user).to_string());
            value["member"] = member;
        }
        None => value["user"] = render::user(world, user),
    }
    value
}
