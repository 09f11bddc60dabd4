//! Guilds, channels and threads as Discord's JSON.

use serde_json::{Value, json};

use super::{id, optional_id, user};
use crate::{
    ids::{iso, time_of},
    world::{Access, Channel, Guild, Kind, World},
};

const VIEW_CHANNEL: u64 = 1 << 10;
const SEND_MESSAGES: u64 = 1 << 11;
const READ_MESSAGE_HISTORY: u64 = 1 << 16;
const MANAGE_THREADS: u64 = 1 << 34;
const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;
const ADD_REACTIONS: u64 = 1 << 6;
const ADMINISTRATOR: u64 = 1 << 3;

/// Permissions as Discord's bits.
pub(crate) fn permissions(access: Access) -> u64 {
    let mut bits = 0;
    for (granted, bit) in [
        (access.view, VIEW_CHANNEL),
        (access.history, READ_MESSAGE_HISTORY),
        (
            access.send,
            SEND_MESSAGES | SEND_MESSAGES_IN_THREADS | ADD_REACTIONS,
        ),
        (access.manage_threads, MANAGE_THREADS),
    ] {
        if granted {
            bits |= bit;
        }
    }
    bits
}

/// Permissions of an account in a channel.
pub(crate) fn permissions_of(world: &World, user_id: u64) -> u64 {
    let admin = world.users.get(&user_id).is_some_and(|user| user.admin);
    permissions(Access::ALL) | if admin { ADMINISTRATOR } else { 0 }
}

/// A guild as JSON, in the form of the list of the bot's guilds.
pub(crate) fn my_guild(guild: &Guild) -> Value {
    json!({
        "id": id(guild.id),
        "name": guild.name,
        "icon": null,
        "banner": null,
        "owner": false,
        "permissions": permissions(Access::ALL).to_string(),
        "features": [],
    })
}

/// A guild as JSON.
pub(crate) fn guild(guild: &Guild) -> Value {
    json!({
        "id": id(guild.id),
        "name": guild.name,
        "icon": null,
        "description": null,
        "home_header": null,
        "splash": null,
        "discovery_splash": null,
        "features": [],
        "banner": null,
        "owner_id": id(guild.owner_id),
        "application_id": null,
        "region": "deprecated",
        "afk_channel_id": null,
        "afk_timeout": 300,
        "system_channel_id": null,
        "system_channel_flags": 0,
        "widget_enabled": false,
        "widget_channel_id": null,
        "verification_level": 1,
        "roles": [everyone(guild)],
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": null,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": null,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "rules_channel_id": null,
        "safety_alerts_channel_id": null,
        "public_updates_channel_id": null,
        "premium_progress_bar_enabled": false,
        "nsfw": false,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": null,
    })
}

fn everyone(guild: &Guild) -> Value {
    json!({
        "id": id(guild.id),
        "name": "@everyone",
        "permissions": permissions(Access::ALL).to_string(),
        "position": 0,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null},
        "hoist": false,
        "managed": false,
        "mentionable": false,
        "icon": null,
        "unicode_emoji": null,
        "flags": 0,
    })
}

/// A channel or thread as JSON, in the form of its kind.
pub(crate) fn channel(world: &World, channel: &Channel) -> Value {
    let mut value = json!({
        "id": id(channel.id),
        "type": channel.kind as u8,
        "flags": 0,
        "last_message_id": last_message_id(world, channel.id),
    });
    if let Some(recipient) = channel.recipient_id {
        value["recipients"] = json!([user(world, recipient)]);
        return value;
    }
    value["guild_id"] = optional_id(channel.guild_id);
    value["name"] = json!(channel.name);
    value["parent_id"] = optional_id(channel.parent_id);
    value["rate_limit_per_user"] = json!(0);
    match channel.thread {
        Some(_) => add_thread_fields(&mut value, world, channel),
        None => add_channel_fields(&mut value, world, channel),
    }
    value
}

fn add_channel_fields(value: &mut Value, world: &World, channel: &Channel) {
    value["position"] = json!(channel.position);
    value["topic"] = json!(channel.topic);
    value["nsfw"] = json!(false);
    let denied = permissions(Access::ALL) & !permissions(channel.access);
    value["permission_overwrites"] = if denied == 0 {
        json!([])
    } else {
        json!([{"id": id(world.me), "type": 1, "allow": "0", "deny": denied.to_string()}])
    };
    match channel.kind {
        Kind::Voice | Kind::Stage => {
            value["bitrate"] = json!(64_000);
            value["user_limit"] = json!(0);
            value["rtc_region"] = Value::Null;
        }
        Kind::Forum | Kind::Media => {
            value["available_tags"] = json!([]);
            value["default_reaction_emoji"] = Value::Null;
            value["default_sort_order"] = Value::Null;
        }
        _ => {}
    }
}

fn add_thread_fields(value: &mut Value, world: &World, channel: &Channel) {
    let Some(thread) = channel.thread else { return };
    let messages = world
        .messages
        .get(&channel.id)
        .map_or(0, std::collections::BTreeMap::len);
    let created = time_of(channel.id);
    value["owner_id"] = id(thread.owner_id);
    value["message_count"] = json!(messages);
    value["member_count"] = json!(1 + u32::from(thread.joined));
    value["total_message_sent"] = json!(messages);
    value["thread_metadata"] = json!({
        "archived": thread.archived_ms.is_some(),
        "archive_timestamp": iso(thread.archived_ms.unwrap_or(created)),
        "auto_archive_duration": 1440,
        "locked": false,
        "create_timestamp": iso(created),
    });
    if channel.kind == Kind::PrivateThread {
        value["thread_metadata"]["invitable"] = json!(true);
    }
}

/// The bot's membership in a thread as JSON.
pub(crate) fn thread_member(world: &World, channel: &Channel) -> Value {
    json!({
        "id": id(channel.id),
        "user_id": id(world.me),
        "join_timestamp": iso(time_of(channel.id)),
        "flags": 0,
    })
}

fn last_message_id(world: &World, channel: u64) -> Value {
    let messages = world.messages.get(&channel);
    optional_id(messages.and_then(|messages| messages.keys().next_back().copied()))
}
