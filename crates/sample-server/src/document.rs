//! Messages as JSON, in DiscordChatExporter's form.

use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};
use persona_core::chat::DELETED_USER;
use serde_json::{Map, Value, json};

use crate::{
    authors::Author,
    channels::Channel,
    emoji::{self, CUSTOM, CUSTOM_NAMES, MENTION},
    message::{By, Message},
    server::Server,
    snowflake::snowflake,
};

/// Writes the messages of one file.
pub(crate) struct MessageWriter<'a> {
    /// The server.
    pub(crate) server: &'a Server<'a>,
    /// The channel of the file.
    pub(crate) channel: &'a Channel,
}

impl MessageWriter<'_> {
    /// JSON object of a message, with all keys in the exporter's order.
    pub(crate) fn message(&self, message: &Message) -> Value {
        let old = self.channel.old;
        let guild = self.server.guild;
        let kind = match message.kind {
            "Reply" if old => "Default",
            kind => kind,
        };
        let time = |at_ms| timestamp(at_ms, self.channel.offset_minutes);
        let mut fields = Map::new();
        let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        put("id", message.id.to_string().into());
        put("type", kind.into());
        put("timestamp", time(message.at_ms).into());
        put("timestampEdited", message.edited_ms.map(time).into());
        put("callEndedTimestamp", Value::Null);
        put("isPinned", message.pinned.into());
        put("content", self.content(&message.text).into());
        put("author", self.author(message.by));
        put("attachments", self.attachments(message));
        put("embeds", embeds(message));
        if !old {
            put("stickers", stickers(message));
        }
        put("reactions", self.reactions(message));
        put("mentions", self.mentions(message).into());
        if let (Some(to), false) = (message.reference, old) {
            put(
                "reference",
                json!({
                    "type": "Default",
                    "messageId": to.id().map(|id| id.to_string()),
                    "channelId": self.server.channels[message.channel].to_string(),
                    "guildId": guild.to_string(),
                }),
            );
        }
        if let Some(text) = &message.forwarded {
            put(
                "forwardedMessage",
                json!({
                    "timestamp": time(message.at_ms - 3_600_000),
                    "timestampEdited": null,
                    "content": self.content(text),
                    "attachments": [],
                    "embeds": [],
                    "stickers": [],
                }),
            );
        }
        if let ("20", Some(friend)) = (message.kind, message.pings) {
            let user = friend_value(&self.server.cast[friend], old);
            put(
                "interaction",
                json!({ "id": snowflake(message.at_ms - 800, 3).to_string(), "name": "roll", "user": user }),
            );
        }
        if !old {
            put("inlineEmojis", emoji::inline(&message.text, guild).into());
        }
        fields.into()
    }

    /// Text of a message, raw as with `--markdown false` or rendered.
    fn content(&self, text: &str) -> String {
        text.chars()
            .map(|character| self.written(character))
            .collect()
    }

    fn written(&self, character: char) -> String {
        let code = character as u32;
        let mentioned = code
            .checked_sub(MENTION)
            .and_then(|at| self.server.cast.get(at as usize));
        let custom = code
            .checked_sub(CUSTOM)
            .and_then(|at| CUSTOM_NAMES.get(at as usize));
        match (mentioned, custom) {
            (Some(author), _) if self.channel.raw => format!("<@{}>", author.id),
            (Some(author), _) => format!("@{}", author.nickname),
            (None, Some((name, animated))) if self.channel.raw => {
                let id = emoji::custom_id((code - CUSTOM) as usize, self.server.guild);
                let mark = if *animated { "a" } else { "" };
                format!("<{mark}:{name}:{id}>")
            }
            (None, Some((name, _))) => format!(":{name}:"),
            (None, None) => character.to_string(),
        }
    }

    fn author(&self, by: By) -> Value {
        let born = self.server.start_ms - 86_400_000;
        match by {
            By::Friend(at) => friend_value(&self.server.cast[at], self.channel.old),
            By::Deleted => deleted(),
            By::Bot => program(snowflake(born, 20), "teapot-bot", "4418"),
            By::Webhook(name) => program(snowflake(born, 21), name, "0000"),
        }
    }

    fn attachments(&self, message: &Message) -> Value {
        let Some(name) = message.attachment else {
            return json!([]);
        };
        let id = snowflake(message.at_ms - 500, 11);
        let channel = self.server.channels[message.channel];
        json!([{
            "id": id.to_string(),
            "url": format!("https://cdn.discordapp.com/attachments/{channel}/{id}/{name}?ex=0&is=0&hm=0&"),
            "fileName": name,
            "fileSizeBytes": 20_000 + message.id % 900_000,
        }])
    }

    fn reactions(&self, message: &Message) -> Value {
        let reactions = message.reactions.iter().map(|&(emoji, count)| {
            let mut emoji = emoji.export(self.server.guild);
            if self.channel.old {
                let fields = emoji.as_object_mut().expect("an emoji is an object");
                fields.shift_remove("code");
                return json!({ "emoji": fields, "count": count });
            }
            json!({ "emoji": emoji, "count": count, "users": [] })
        });
        reactions.collect()
    }

    fn mentions(&self, message: &Message) -> Vec<Value> {
        let cast = &self.server.cast;
        let named = cast.iter().filter(|author| {
            let mark = char::from_u32(MENTION + author.index as u32);
            let pinged = message.kind == "Reply" && message.pings == Some(author.index);
            pinged || mark.is_some_and(|mark| message.text.contains(mark))
        });
        named
            .map(|author| friend_value(author, self.channel.old))
            .collect()
    }
}

fn friend_value(author: &Author, old: bool) -> Value {
    let mut fields = json!({
        "id": author.id.to_string(),
        "name": author.name,
        "discriminator": if old { format!("{:04}", author.id % 10_000) } else { "0000".to_owned() },
        "nickname": author.nickname,
        "color": author.colour,
        "isBot": false,
        "roles": [],
        "avatarUrl": null,
    });
    if old && let Some(fields) = fields.as_object_mut() {
        fields.shift_remove("roles");
    }
    fields
}

fn program(id: u64, name: &str, discriminator: &str) -> Value {
    json!({
        "id": id.to_string(),
        "name": name,
        "discriminator": discriminator,
        "nickname": name,
        "color": null,
        "isBot": true,
        "roles": [],
        "avatarUrl": null,
    })
}

fn embeds(message: &Message) -> Value {
    let By::Webhook(name) = message.by else {
        return json!([]);
    };
    json!([{
        "title": name,
        "url": "https://feed.example/",
        "timestamp": null,
        "description": "",
        "color": null,
        "images": [],
        "fields": [],
        "inlineEmojis": [],
    }])
}

fn stickers(message: &Message) -> Value {
    let Some(name) = message.sticker else {
        return json!([]);
    };
    json!([{
        "id": "1100000000000000017",
        "name": name,
        "format": "Png",
        "sourceUrl": "https://cdn.discordapp.com/stickers/1100000000000000017.png",
    }])
}

/// ISO 8601 with the exporter's offset, the fraction without zeros at its end.
pub(crate) fn timestamp(at_ms: i64, offset_minutes: i32) -> String {
    let offset = Offset::from_seconds(60 * offset_minutes).expect("offsets are less than a day");
    let zoned = Timestamp::from_millisecond(at_ms)
        .expect("lies in this century")
        .to_zoned(TimeZone::fixed(offset));
    let fraction = format!(".{:03}", at_ms.rem_euclid(1_000));
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!(
        "{}{fraction}{}",
        zoned.strftime("%Y-%m-%dT%H:%M:%S"),
        zoned.strftime("%:z"),
    )
}

/// Author object of a deleted account.
fn deleted() -> Value {
    json!({
        "id": DELETED_USER.to_string(),
        "name": "Deleted User",
        "discriminator": "0000",
        "nickname": "Deleted User",
        "color": null,
        "isBot": false,
        "roles": [],
        "avatarUrl": null,
    })
}
