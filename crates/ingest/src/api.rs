//! Bare message objects of Discord's API, as scripts and Discrub write them.

use persona_core::{Author, Id, Mention, Message, MessageKind, Reaction};
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    elements::Bad,
    fields::{Code, Length, Snowflake, optional_id},
    kinds,
    record::Record,
    time,
};

/// `message_reference.type` of a forwarded message.
const FORWARD: &str = "1";

#[derive(Deserialize)]
struct MessageField {
    id: Snowflake,
    #[serde(default, deserialize_with = "optional_id")]
    channel_id: Option<Id>,
    #[serde(rename = "type")]
    kind: Option<Code>,
    timestamp: String,
    edited_timestamp: Option<String>,
    content: Option<String>,
    author: User,
    member: Option<Member>,
    #[serde(default, deserialize_with = "optional_id")]
    webhook_id: Option<Id>,
    #[serde(default)]
    attachments: Length,
    #[serde(default)]
    embeds: Length,
    #[serde(default)]
    sticker_items: Length,
    #[serde(default)]
    message_snapshots: Length,
    reactions: Option<Vec<ReactionField>>,
    mentions: Option<Vec<MentionField>>,
    message_reference: Option<Reference>,
}

#[derive(Deserialize)]
struct User {
    id: Snowflake,
    username: Option<String>,
    global_name: Option<String>,
    bot: Option<bool>,
}

#[derive(Deserialize)]
struct Member {
    nick: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum MentionField {
    Person(Mentioned),
    /// Scripts that post-process messages put names or bare ids here.
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Mentioned {
    id: Snowflake,
    username: Option<String>,
    global_name: Option<String>,
    member: Option<Member>,
}

#[derive(Deserialize)]
struct ReactionField {
    emoji: EmojiField,
    count: u32,
}

#[derive(Deserialize)]
struct EmojiField {
    #[serde(default, deserialize_with = "optional_id")]
    id: Option<Id>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "type")]
    kind: Option<Code>,
    #[serde(default, deserialize_with = "optional_id")]
    message_id: Option<Id>,
}

/// One message object. `channel` stands in where the object does not name its channel.
pub(crate) fn decode(channel: Option<Id>, json: &[u8]) -> Result<Record, Bad> {
    let field: MessageField = serde_json::from_slice(json)?;
    let channel_id = field
        .channel_id
        .or(channel)
        .ok_or_else(|| "no `channel_id`, and the names of file and folder hold no id".to_owned())?;
    let kind = kinds::message(field.kind.as_ref().map(|code| code.0.as_str()));
    let reply_to = field
        .message_reference
        .filter(|reference| {
            let forward = reference
                .kind
                .as_ref()
                .is_some_and(|code| code.0 == FORWARD);
            kind == MessageKind::Reply && !forward
        })
        .and_then(|reference| reference.message_id);
    let author = Author {
        id: field.author.id.0,
        display_name: display_name(
            field.member,
            field.author.global_name,
            field.author.username.as_deref(),
        ),
        name: field.author.username.unwrap_or_default(),
        is_bot: field.author.bot.unwrap_or(false) || field.webhook_id.is_some(),
    };
    let message = Message {
        id: field.id.0,
        channel_id,
        author_id: author.id,
        timestamp_ms: time::parse(&field.timestamp)?,
        edited_ms: field
            .edited_timestamp
            .as_deref()
            .map(time::parse)
            .transpose()?,
        kind,
        content: field.content.unwrap_or_default(),
        reply_to,
        attachments: field.attachments.0
            + field.embeds.0
            + field.sticker_items.0
            + field.message_snapshots.0,
        reactions: reactions(field.reactions.unwrap_or_default()),
        mentions: mentions(field.mentions.unwrap_or_default()),
    };
    Ok(Record::new(author, message, None))
}

/// Nickname, else global name, else user name, as the server shows it.
fn display_name(member: Option<Member>, global: Option<String>, username: Option<&str>) -> String {
    member
        .and_then(|member| member.nick)
        .or(global)
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| username.unwrap_or_default().to_owned())
}

fn reactions(fields: Vec<ReactionField>) -> Vec<Reaction> {
    fields
        .into_iter()
        .filter(|field| field.count > 0)
        .map(|field| Reaction {
            emoji: field
                .emoji
                .name
                // A custom emoji that was deleted; the other exporter names it so.
                .unwrap_or_else(|| "Unknown Emoji".to_owned()),
            emoji_id: field.emoji.id,
            count: field.count,
        })
        .collect()
}

fn mentions(fields: Vec<MentionField>) -> Vec<Mention> {
    fields
        .into_iter()
        .filter_map(|field| match field {
            MentionField::Person(person) => Some(Mention {
                id: person.id.0,
                display_name: display_name(
                    person.member,
                    person.global_name,
                    person.username.as_deref(),
                ),
                name: person.username.unwrap_or_default(),
            }),
            MentionField::Other(_) => None,
        })
        .collect()
}
