//! Exports a server as DiscordChatExporter does, with the differences between its versions and options.

use std::{fmt::Write, path::Path};

use persona_core::{FileError, atomic};
use serde_json::{Map, Value, json};

use crate::{
    channels::{Channel, Parent},
    document::{MessageWriter, timestamp},
    message::Message,
    server::Server,
    snowflake::snowflake,
};

/// Number of messages that two parts of one channel's export share.
const OVERLAP: usize = 25;

/// One file of an export.
struct Document<'a> {
    name: String,
    channel: usize,
    messages: Vec<&'a Message<'a>>,
    exported_ms: i64,
    after_ms: Option<i64>,
}

/// Names and contents of the export's files.
pub(crate) fn files(server: &Server) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (at, channel) in server.words.channels.iter().enumerate() {
        let mut messages: Vec<Message> = server
            .messages
            .iter()
            .filter(|message| message.channel == at)
            .cloned()
            .collect();
        let stale = stale(&mut messages);
        for document in documents(server, at, channel, &messages, &stale) {
            files.push((document.name.clone(), document.bytes(server)));
        }
    }
    files
}

/// Writes `files` to `folder`.
pub(crate) fn write(files: &[(String, Vec<u8>)], folder: &Path) -> Result<(), FileError> {
    files
        .iter()
        .try_for_each(|(name, bytes)| atomic::write(&folder.join(name), bytes))
}

fn documents<'a>(
    server: &Server,
    at: usize,
    channel: &Channel,
    messages: &'a [Message<'a>],
    stale: &'a [Message<'a>],
) -> Vec<Document<'a>> {
    let end_ms = server.messages.last().map_or(0, |message| message.at_ms) + 86_400_000;
    let channels = &server.words.channels;
    let parent = match &channel.parent {
        Parent::Category(name) => name,
        Parent::Channel(parent) => &channels[*parent].name,
    };
    let name = format!(
        "{} - {parent} - {} [{}]",
        server.name, channel.name, server.channels[at]
    )
    .replace(['/', '"', ':', '?', '*', '<', '>', '|', '\\'], "_");
    let whole = |name: String, messages| Document {
        name: name + ".json",
        channel: at,
        messages,
        exported_ms: end_ms,
        after_ms: None,
    };
    if at == channels.lobby {
        let later = &messages[stale.len() - OVERLAP..];
        let first = Document {
            exported_ms: exported_early_ms(stale),
            ..whole(name.clone(), stale.iter().collect())
        };
        let second = Document {
            after_ms: Some(later[0].at_ms - 1),
            ..whole(name + " [part 2]", later.iter().collect())
        };
        return vec![first, second];
    }
    let mut all: Vec<&Message> = messages.iter().collect();
    if at == channels.repeating {
        for again in [40, 90, 91] {
            all.insert(again, all[again]);
        }
    }
    vec![whole(name, all)]
}

/// First part of a channel's export, from before some messages were edited and reacted to.
fn stale<'w>(messages: &mut [Message<'w>]) -> Vec<Message<'w>> {
    let mut older = messages[..messages.len() * 11 / 20].to_vec();
    let overlap = older.len().saturating_sub(OVERLAP);
    let exported_ms = exported_early_ms(&older);
    let (mut edited, mut reacted) = (0, 0);
    for (message, later) in older[overlap..].iter_mut().zip(&mut messages[overlap..]) {
        if edited < 2 && message.by.is_human() && message.text.split(' ').count() > 4 {
            message.edited_ms = None;
            message.text.push_str(" wait");
            later.edited_ms = Some(exported_ms + 1_800_000);
            edited += 1;
        }
        if reacted < 3 && !message.reactions.is_empty() {
            message.reactions.clear();
            reacted += 1;
        }
    }
    older
}

fn exported_early_ms(messages: &[Message]) -> i64 {
    messages
        .last()
        .map_or(0, |message| message.at_ms + 3_600_000)
}

impl Document<'_> {
    fn bytes(&self, server: &Server) -> Vec<u8> {
        let channel = &server.words.channels[self.channel];
        let writer = MessageWriter { server, channel };
        let mut document = Map::new();
        document.insert(
            "guild".into(),
            json!({ "id": server.guild.to_string(), "name": server.name, "iconUrl": null }),
        );
        document.insert("channel".into(), self.header(server));
        let after = self
            .after_ms
            .map(|at_ms| timestamp(at_ms, channel.offset_minutes));
        document.insert(
            "dateRange".into(),
            json!({ "after": after, "before": null }),
        );
        if !channel.old {
            document.insert(
                "exportedAt".into(),
                timestamp(self.exported_ms, channel.offset_minutes).into(),
            );
        }
        let messages: Vec<Value> = self
            .messages
            .iter()
            .map(|message| writer.message(message))
            .collect();
        let count = messages.len();
        document.insert("messages".into(), messages.into());
        document.insert("messageCount".into(), count.into());
        let text = serde_json::to_string_pretty(&document).expect("keys of JSON are strings");
        let first_escaped = if channel.old { '\u{80}' } else { '\u{10000}' };
        escaped(&text, first_escaped).into_bytes()
    }

    fn header(&self, server: &Server) -> Value {
        let channel = &server.words.channels[self.channel];
        let (kind, category_id, category) = match &channel.parent {
            Parent::Category(name) => {
                let at_ms = server.start_ms - 7_200_000 + name.len() as i64 * 1_000;
                ("GuildTextChat", snowflake(at_ms, 9), name)
            }
            Parent::Channel(parent) => (
                "GuildPublicThread",
                server.channels[*parent],
                &server.words.channels[*parent].name,
            ),
        };
        json!({
            "id": server.channels[self.channel].to_string(),
            "type": kind,
            "categoryId": category_id.to_string(),
            "category": category,
            "name": channel.name,
            "topic": channel.about,
        })
    }
}

/// Escapes the characters from `first` on as JSON's UTF-16 escapes.
fn escaped(text: &str, first: char) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut units = [0; 2];
    for character in text.chars() {
        if character < first {
            escaped.push(character);
        } else {
            for unit in character.encode_utf16(&mut units) {
                write!(escaped, "\\u{unit:04X}").expect("a string takes any text");
            }
        }
    }
    escaped
}
