//! Random histories of a channel.

use persona_core::{Id, Mention, Message, MessageKind};
use proptest::prelude::*;

pub(super) const ME: Id = 900;
pub(super) const OTHER_BOT: Id = 800;
const PEOPLE: [Id; 3] = [1, 2, 3];
pub(super) const CHANNEL: Id = 5;
const MINUTE_MS: i64 = 60_000;

/// What stands in a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Text {
    Words,
    /// Names a person, one nobody knows, and an emoji of the server.
    Names,
    Link,
    Nothing,
    /// Nobody wrote it.
    Joined,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Later {
    Stays,
    Edited(Text),
    Deleted,
}

/// A message of somebody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// One of the people, or the other bot.
    pub(super) author: Id,
    /// After the message before it.
    pub(super) minutes: i64,
    pub(super) text: Text,
    /// Whether it answers something, and how many messages before it that is; it may be one that never was.
    pub(super) answers: Option<usize>,
    /// Whether the bot answered it.
    pub(super) answered: bool,
    /// What became of it.
    pub(super) later: Later,
    /// Whether the gateway told of it, and not the history.
    pub(super) live: bool,
}

/// What was said in a channel.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) rows: Vec<Row>,
    pub(super) opted_out: Vec<Id>,
    pub(super) context_turns: usize,
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        12 => Just(Text::Words),
        4 => Just(Text::Names),
        1 => Just(Text::Link),
        1 => Just(Text::Nothing),
        1 => Just(Text::Joined),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let author = prop_oneof![8 => prop::sample::select(&PEOPLE[..]), 1 => Just(OTHER_BOT)];
    let minutes = prop_oneof![12 => 0..3_i64, 2 => 3..12_i64, 1 => 25..40_i64];
    let later = prop_oneof![
        9 => Just(Later::Stays),
        2 => text().prop_map(Later::Edited),
        1 => Just(Later::Deleted),
    ];
    let answers = prop::option::of(1..16_usize);
    let flags = (any::<bool>(), prop::bool::weighted(0.3));
    (author, minutes, text(), answers, later, flags).prop_map(
        |(author, minutes, text, answers, later, (live, answered))| Row {
            author,
            minutes,
            text,
            answers,
            answered,
            later,
            live,
        },
    )
}

pub(super) fn history() -> impl Strategy<Value = History> {
    let rows = prop::collection::vec(row(), 1..48);
    let opted_out = prop::sample::subsequence(&PEOPLE[..], 0..=1);
    (rows, opted_out, 1..6_usize).prop_map(|(rows, opted_out, context_turns)| History {
        rows,
        opted_out,
        context_turns,
    })
}

/// The id of a message by its number; between two of them is room for answers of the bot.
pub(super) fn id_of(number: usize) -> Id {
    1_000 + 10 * number as Id
}

/// An answer of the bot to a message: so many ids after it, before whatever comes next.
pub(super) fn own(asked: &Message, after: Id) -> Message {
    Message {
        id: asked.id + after,
        channel_id: CHANNEL,
        author_id: ME,
        timestamp_ms: asked.timestamp_ms,
        kind: MessageKind::Reply,
        content: format!("my answer {after} to {}", asked.id),
        reply_to: Some(asked.id),
        ..Message::default()
    }
}

/// The messages as they were written, and as they are in the end.
pub(super) fn messages(rows: &[Row]) -> Vec<(Message, Message)> {
    let mut timestamp_ms = 0;
    let mut messages = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        timestamp_ms += row.minutes * MINUTE_MS;
        let plain = Message {
            id: id_of(number),
            channel_id: CHANNEL,
            author_id: row.author,
            timestamp_ms,
            kind: match row.answers {
                Some(_) => MessageKind::Reply,
                None => MessageKind::Default,
            },
            reply_to: row.answers.map(|before| id_of(number) - 10 * before as Id),
            ..Message::default()
        };
        let first = with_text(plain.clone(), row.text, "first");
        let last = match row.later {
            Later::Edited(text) => Message {
                edited_ms: Some(timestamp_ms + 1),
                // An edit changes the text, and neither what kind of message it is nor what it answers.
                kind: first.kind,
                reply_to: first.reply_to,
                ..with_text(plain, text, "then")
            },
            Later::Stays | Later::Deleted => first.clone(),
        };
        messages.push((first, last));
    }
    messages
}

fn with_text(message: Message, text: Text, word: &str) -> Message {
    let id = message.id;
    match text {
        Text::Words => Message {
            content: format!("{word} {id} @someone"),
            ..message
        },
        Text::Names => Message {
            content: format!("{word} {id} <@2> @Gone <@{ME}> <#{CHANNEL}> <:blob:7>"),
            mentions: [(2, "Name 2"), (77, "Gone")]
                .map(|(id, display_name)| Mention {
                    id,
                    name: format!("name{id}"),
                    display_name: display_name.to_owned(),
                })
                .to_vec(),
            ..message
        },
        Text::Link => Message {
            content: format!("https://{word}.example/{id}"),
            ..message
        },
        Text::Nothing => Message {
            attachments: 1,
            ..message
        },
        Text::Joined => Message {
            kind: MessageKind::System,
            content: format!("{word} {id}"),
            reply_to: None,
            ..message
        },
    }
}
