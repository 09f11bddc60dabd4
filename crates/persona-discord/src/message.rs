//! Message objects of Discord's API, as the API sends them and as scripts and Discrub write them.
//!
//! The text of a message is not always in `content`:
//!
//! - The text displays of a message built from components become its text. Only programs can send such messages.
//! - The question and the answers of a poll become its text, one line each, because the author wrote them.
//! - The text of a forwarded message is left out, because somebody else wrote it. The forward counts as an attachment,
//!   as embeds do.

use persona_core::{Author, Id, Mention, Message, MessageKind};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

use crate::{
    fields::{Code, Length, ReactionField, Snowflake, optional_id, reactions},
    kinds, time,
};

/// `message_reference.type` of a forwarded message.
const FORWARD: &str = "1";
/// Type of a text display among components.
const TEXT_DISPLAY: u64 = 10;

/// Reason for which something could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Description of the fault.
    pub reason: String,
    /// Whether the text is not valid JSON; the end of the record is then uncertain.
    pub broken: bool,
}

impl From<serde_json::Error> for DecodeError {
    fn from(error: serde_json::Error) -> Self {
        Self {
            reason: error.to_string(),
            broken: !error.is_data(),
        }
    }
}

impl From<String> for DecodeError {
    fn from(reason: String) -> Self {
        Self {
            reason,
            broken: false,
        }
    }
}

/// A decoded message with its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedMessage {
    /// Author of the message.
    pub author: Author,
    /// The message.
    pub message: Message,
    /// Whether a person's message has no text and no attachment. That is how Discord shows others' messages to a bot
    /// without the Message Content Intent.
    pub is_empty: bool,
}

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
    // New kinds of components must not make a message odd.
    components: Option<Box<RawValue>>,
    poll: Option<Box<RawValue>>,
    activity: Option<IgnoredAny>,
    call: Option<IgnoredAny>,
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
struct Reference {
    #[serde(rename = "type")]
    kind: Option<Code>,
    #[serde(default, deserialize_with = "optional_id")]
    message_id: Option<Id>,
}

#[derive(Deserialize)]
struct Poll {
    question: PollText,
    #[serde(default)]
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    poll_media: PollText,
}

#[derive(Deserialize)]
struct PollText {
    text: Option<String>,
}

/// Decodes one message object. `channel` is used where the object does not name its own.
pub fn decode(channel: Option<Id>, json: &[u8]) -> Result<DecodedMessage, DecodeError> {
    let field: MessageField = serde_json::from_slice(json)?;
    let channel_id = field
        .channel_id
        .or(channel)
        .ok_or_else(|| "no `channel_id`, and the names of file and folder hold no id".to_owned())?;
    let kind = kinds::message(field.kind.as_ref().map(|code| code.0.as_str()));
    let content = text(&field);
    let attachments = [
        field.attachments,
        field.embeds,
        field.sticker_items,
        field.message_snapshots,
    ]
    .iter()
    .fold(0, |sum: u32, length| sum.saturating_add(length.0));
    let is_empty = content.is_empty()
        && attachments == 0
        && matches!(kind, MessageKind::Default | MessageKind::Reply)
        && !has_elements(field.components.as_deref())
        && field.poll.is_none()
        && field.activity.is_none()
        && field.call.is_none();
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
        content,
        reply_to: reply_to(kind, field.message_reference),
        attachments,
        reactions: reactions(field.reactions),
        mentions: mentions(field.mentions.unwrap_or_default()),
    };
    Ok(DecodedMessage {
        author,
        message,
        is_empty,
    })
}

/// Text of the author: content, text displays and poll.
fn text(field: &MessageField) -> String {
    let mut text = field.content.clone().unwrap_or_default();
    let mut add = |part: &str| {
        if !part.trim().is_empty() {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(part);
        }
    };
    let components = field.components.as_deref().map(RawValue::get);
    if let Some(components) = components.filter(|json| json.contains("\"content\"")) {
        let mut parts = Vec::new();
        collect_text(
            &serde_json::from_str(components).unwrap_or_default(),
            &mut parts,
        );
        for part in &parts {
            add(part);
        }
    }
    let poll: Option<Poll> = field
        .poll
        .as_deref()
        .and_then(|poll| serde_json::from_str(poll.get()).ok());
    if let Some(poll) = poll {
        let answers = poll.answers.into_iter().map(|answer| answer.poll_media);
        for part in [poll.question].into_iter().chain(answers) {
            add(part.text.as_deref().unwrap_or_default());
        }
    }
    text
}

/// Collects the text displays among components, also inside containers and sections.
fn collect_text(components: &Value, parts: &mut Vec<String>) {
    match components {
        Value::Array(components) => {
            for component in components {
                collect_text(component, parts);
            }
        }
        Value::Object(component) => {
            if component.get("type").and_then(Value::as_u64) == Some(TEXT_DISPLAY)
                && let Some(content) = component.get("content").and_then(Value::as_str)
            {
                parts.push(content.to_owned());
            }
            for inner in ["components", "component"] {
                if let Some(inner) = component.get(inner) {
                    collect_text(inner, parts);
                }
            }
        }
        _ => {}
    }
}

fn has_elements(list: Option<&RawValue>) -> bool {
    list.is_some_and(|list| !["[]", "null"].contains(&list.get()))
}

/// Message that is answered. Pins, thread starters, cross-posts and forwards have a reference too, but answer nothing.
fn reply_to(kind: MessageKind, reference: Option<Reference>) -> Option<Id> {
    let reference = reference.filter(|_| kind == MessageKind::Reply)?;
    let forward = reference.kind.is_some_and(|code| code.0 == FORWARD);
    reference.message_id.filter(|_| !forward)
}

/// Name that the server shows: nickname, else global name, else user name.
fn display_name(member: Option<Member>, global: Option<String>, username: Option<&str>) -> String {
    member
        .and_then(|member| member.nick)
        .or(global)
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| username.unwrap_or_default().to_owned())
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
