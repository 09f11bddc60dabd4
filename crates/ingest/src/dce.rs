//! Documents of DiscordChatExporter: an object with guild, channel and messages.

use persona_core::{Author, Channel, Guild, Id, Mention, Message, MessageKind};
use persona_discord::{
    DecodeError,
    fields::{Code, Length, ReactionField, Snowflake, optional_id, reactions},
    kinds, time,
};
use serde::{Deserialize, de::IgnoredAny};

use crate::record::{ObservedMessage, SourceChannel};

/// Keys of an export that stand before the list of messages.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) source_channel: SourceChannel,
    pub(crate) exported_ms: Option<i64>,
}

/// Parts of a header, collected key by key.
#[derive(Debug, Default)]
pub(crate) struct HeaderParts {
    guild: Option<GuildField>,
    channel: Option<ChannelField>,
    exported_ms: Option<i64>,
    keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct GuildField {
    #[serde(default, deserialize_with = "optional_id")]
    id: Option<Id>,
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChannelField {
    id: Snowflake,
    #[serde(rename = "type")]
    kind: Option<Code>,
    #[serde(default, deserialize_with = "optional_id")]
    category_id: Option<Id>,
    name: Option<String>,
    topic: Option<String>,
}

impl HeaderParts {
    /// Takes one top-level value. Unexpected values count as absent.
    pub(crate) fn take(&mut self, key: &str, value: &[u8]) {
        match key {
            "guild" => self.guild = serde_json::from_slice(value).ok(),
            "channel" => self.channel = serde_json::from_slice(value).ok(),
            "exportedAt" => {
                self.exported_ms = serde_json::from_slice::<String>(value)
                    .ok()
                    .and_then(|text| time::parse(&text).ok());
            }
            _ => {}
        }
        self.keys.push(key.to_owned());
    }

    /// Keys read so far.
    pub(crate) fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Header, once guild and channel were read.
    pub(crate) fn header(&self) -> Option<Header> {
        let (guild, channel) = (self.guild.as_ref()?, self.channel.as_ref()?);
        let guild = Guild {
            id: guild.id.unwrap_or(0),
            name: guild.name.clone().unwrap_or_default(),
        };
        let source_channel = SourceChannel {
            channel: Channel {
                id: channel.id.0,
                guild_id: guild.id,
                // In exports, direct messages have the category 0.
                parent_id: channel.category_id.filter(|id| *id != 0),
                kind: kinds::channel(channel.kind.as_ref().map(|code| code.0.as_str())),
                name: channel
                    .name
                    .clone()
                    .unwrap_or_else(|| channel.id.0.to_string()),
                topic: channel.topic.clone().filter(|topic| !topic.is_empty()),
            },
            guild: Some(guild),
            observed_ms: self.exported_ms.unwrap_or(SourceChannel::UNDATED_MS),
        };
        Some(Header {
            source_channel,
            exported_ms: self.exported_ms,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageField {
    id: Snowflake,
    #[serde(rename = "type")]
    kind: Option<Code>,
    timestamp: String,
    timestamp_edited: Option<String>,
    content: Option<String>,
    author: Person,
    #[serde(default)]
    attachments: Length,
    #[serde(default)]
    embeds: Length,
    #[serde(default)]
    stickers: Length,
    reactions: Option<Vec<ReactionField>>,
    mentions: Option<Vec<Person>>,
    reference: Option<Reference>,
    forwarded_message: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    id: Snowflake,
    name: Option<String>,
    nickname: Option<String>,
    is_bot: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    #[serde(default, deserialize_with = "optional_id")]
    message_id: Option<Id>,
}

/// Decodes one element of `messages`.
pub(crate) fn decode(header: &Header, json: &[u8]) -> Result<ObservedMessage, DecodeError> {
    let field: MessageField = serde_json::from_slice(json)?;
    let kind = kinds::message(field.kind.as_ref().map(|code| code.0.as_str()));
    // Pins, thread starters, cross-posts and forwards have a reference too.
    let reply_to = field
        .reference
        .filter(|_| kind == MessageKind::Reply)
        .and_then(|reference| reference.message_id);
    let author = Author {
        id: field.author.id.0,
        name: field.author.name(),
        display_name: field.author.display_name(),
        is_bot: field.author.is_bot.unwrap_or(false),
    };
    let message = Message {
        id: field.id.0,
        channel_id: header.source_channel.channel.id,
        author_id: author.id,
        timestamp_ms: time::parse(&field.timestamp)?,
        edited_ms: field
            .timestamp_edited
            .as_deref()
            .map(time::parse)
            .transpose()?,
        kind,
        content: field.content.unwrap_or_default(),
        reply_to,
        attachments: field.attachments.0
            + field.embeds.0
            + field.stickers.0
            + u32::from(field.forwarded_message.is_some()),
        reactions: reactions(field.reactions),
        mentions: mentions(field.mentions.unwrap_or_default()),
    };
    Ok(ObservedMessage::new(author, message, header.exported_ms))
}

impl Person {
    fn name(&self) -> String {
        self.name.clone().unwrap_or_default()
    }

    /// Old exports have no nickname.
    fn display_name(&self) -> String {
        match &self.nickname {
            Some(nickname) if !nickname.is_empty() => nickname.clone(),
            _ => self.name(),
        }
    }
}

fn mentions(people: Vec<Person>) -> Vec<Mention> {
    people
        .into_iter()
        .map(|person| Mention {
            id: person.id.0,
            name: person.name(),
            display_name: person.display_name(),
        })
        .collect()
}
