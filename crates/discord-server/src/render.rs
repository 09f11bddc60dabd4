//! People and messages as Discord's JSON.

use serde_json::{Map, Value, json};

use crate::{
    ids::iso,
    message::{Attachment, Message, REPLY, Reaction},
    world::{Kind, User, World},
};

pub(crate) mod channels;

/// A snowflake as JSON.
pub(crate) fn id(id: u64) -> Value {
    Value::String(id.to_string())
}

/// A snowflake or null.
pub(crate) fn optional_id(value: Option<u64>) -> Value {
    value.map_or(Value::Null, id)
}

/// An account as JSON. A deleted one has the fields that Discord shows for it.
pub(crate) fn user(world: &World, user_id: u64) -> Value {
    let deleted = User {
        id: user_id,
        name: format!("deleted_user_{}", user_id % 1_000_000),
        global_name: None,
        bot: false,
        nick: None,
        admin: false,
    };
    let user = world.users.get(&user_id).unwrap_or(&deleted);
    let mut value = json!({
        "id": id(user.id),
        "username": user.name,
        "avatar": null,
        "discriminator": if user.bot { "4321" } else { "0" },
        "public_flags": 0,
        "flags": 0,
        "global_name": user.global_name,
        "primary_guild": null,
    });
    if user.bot {
        value["bot"] = json!(true);
    }
    value
}

/// The bot's own account as JSON.
pub(crate) fn me(world: &World) -> Value {
    let mut value = user(world, world.me);
    value["mfa_enabled"] = json!(true);
    value["locale"] = json!("en-US");
    value["verified"] = json!(true);
    value["email"] = Value::Null;
    value
}

/// A guild member as JSON.
pub(crate) fn member(world: &World, user_id: u64, with_user: bool) -> Value {
    let user_found = world.users.get(&user_id);
    let mut value = json!({
        "avatar": null,
        "banner": null,
        "communication_disabled_until": null,
        "flags": 0,
        "joined_at": iso(crate::ids::time_of(user_id)),
        "nick": user_found.and_then(|user| user.nick.clone()),
        "pending": false,
        "premium_since": null,
        "roles": [],
        "mute": false,
        "deaf": false,
    });
    if with_user {
        value["user"] = user(world, user_id);
    }
    value
}

/// A message as JSON, in the form of history.
pub(crate) fn message(world: &World, message: &Message) -> Value {
    let mut value = basic(world, message);
    if message.kind == REPLY {
        let referenced = message
            .reply_to
            .and_then(|id| world.messages.get(&message.channel_id)?.get(&id));
        // A deleted message is null, as with Discord.
        value["referenced_message"] = referenced
            .filter(|referenced| referenced.odd.is_none())
            .map_or(Value::Null, |referenced| basic(world, referenced));
    }
    overlay(&mut value, &message.extra);
    value
}

/// `value` with empty contents, as a bot without the intent receives it.
pub(crate) fn without_contents(value: &mut Value) {
    value["content"] = json!("");
    for list in ["attachments", "embeds", "components"] {
        value[list] = json!([]);
    }
    if let Some(fields) = value.as_object_mut() {
        fields.remove("poll");
    }
    if value["referenced_message"].is_object() {
        without_contents(&mut value["referenced_message"]);
    }
}

fn basic(world: &World, message: &Message) -> Value {
    let mut author = user(world, message.author_id);
    if message.webhook_id.is_some() {
        author["bot"] = json!(true);
    }
    let mut value = json!({
        "id": id(message.id),
        "channel_id": id(message.channel_id),
        "type": message.kind,
        "content": message.content,
        "timestamp": iso(message.time_ms()),
        "edited_timestamp": message.edited_ms.map(iso),
        "author": author,
        "mentions": message.mentions.iter().map(|mentioned| user(world, *mentioned)).collect::<Vec<_>>(),
        "mention_roles": [],
        "mention_everyone": message.pinged_everyone,
        "attachments": message.attachments.iter().map(|file| attachment(message.channel_id, file)).collect::<Vec<_>>(),
        "embeds": [],
        "components": [],
        "flags": 0,
        "pinned": false,
        "tts": false,
    });
    if let Some(webhook) = message.webhook_id {
        value["webhook_id"] = id(webhook);
    }
    if let Some(to) = message.reply_to {
        value["message_reference"] = reference(world, message.channel_id, to);
    }
    if !message.reactions.is_empty() {
        let reactions = message.reactions.iter();
        value["reactions"] = reactions.map(|one| reaction(world, one)).collect();
    }
    value
}

fn reference(world: &World, channel: u64, message: u64) -> Value {
    let mut value = json!({"type": 0, "channel_id": id(channel), "message_id": id(message)});
    if let Some(guild) = world
        .channels
        .get(&channel)
        .and_then(|channel| channel.guild_id)
    {
        value["guild_id"] = id(guild);
    }
    value
}

fn attachment(channel: u64, file: &Attachment) -> Value {
    let path = format!("attachments/{channel}/{}/{}", file.id, file.name);
    json!({
        "id": id(file.id),
        "filename": file.name,
        "size": file.size,
        "url": format!("https://cdn.discordapp.com/{path}"),
        "proxy_url": format!("https://media.discordapp.net/{path}"),
        "content_type": "image/png",
        "width": 640,
        "height": 480,
    })
}

fn reaction(world: &World, reaction: &Reaction) -> Value {
    json!({
        "emoji": emoji(reaction),
        "count": reaction.users.len(),
        "count_details": {"burst": 0, "normal": reaction.users.len()},
        "burst_colors": [],
        "me_burst": false,
        "me": reaction.users.contains(&world.me),
    })
}

/// Emoji of a reaction as JSON.
pub(crate) fn emoji(reaction: &Reaction) -> Value {
    json!({"id": optional_id(reaction.emoji_id), "name": reaction.emoji})
}

/// A message as JSON, in the form of `MESSAGE_CREATE` and `MESSAGE_UPDATE`: with guild and member.
pub(crate) fn dispatched(world: &World, sent: &Message) -> Value {
    let mut value = message(world, sent);
    let Some(channel) = world.channels.get(&sent.channel_id) else {
        return value;
    };
    value["channel_type"] = json!(channel.kind as u8);
    if let Some(guild) = channel.guild_id {
        value["guild_id"] = id(guild);
        if sent.webhook_id.is_none() {
            value["member"] = member(world, sent.author_id, false);
        }
        let mentions = sent.mentions.iter().map(|mentioned| {
            let mut value = user(world, *mentioned);
            value["member"] = member(world, *mentioned, false);
            value
        });
        value["mentions"] = mentions.collect();
    }
    if let Some(nonce) = &sent.nonce {
        value["nonce"] = nonce.clone();
    }
    value
}

/// Whether a bot without the Message Content Intent sees the text nevertheless.
pub(crate) fn always_visible(world: &World, message: &Message) -> bool {
    let direct = world
        .channels
        .get(&message.channel_id)
        .is_some_and(|channel| channel.kind == Kind::Direct);
    direct || message.author_id == world.me || message.mentions.contains(&world.me)
}

fn overlay(value: &mut Value, extra: &Map<String, Value>) {
    for (key, field) in extra {
        value[key] = field.clone();
    }
}
