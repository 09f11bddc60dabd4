//! Classification of an incoming message: ignored, an order, or a message to remember that may be answered.

use persona_conversation::{drop_rule, normalised_text};
use persona_core::{Author, Id, MessageKind};
use persona_discord::{DecodedMessage, time::now_ms};
use persona_store::{Error, RememberedMessage, Store};

use crate::{
    commands,
    gateway::ReceivedMessage,
    rules,
    settings::Settings,
    state::BotState,
    trigger::{Spoken, TriggerFacts, is_active},
};

/// Classification of an incoming message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Incoming {
    /// The message is not for the bot, or must not be read.
    Nothing,
    /// The store does not know whether the channel is allowed.
    UnknownChannel,
    /// The message is an order of an admin; holds the text behind the `!`.
    Order(String),
    /// The message is in the live memory now.
    Remembered {
        /// Whether the live memory held the message before.
        again: bool,
        /// Text of the message, as the live memory holds it.
        content: String,
        facts: TriggerFacts,
        settings: Box<Settings>,
    },
}

/// Classifies a message and puts it into the live memory.
pub(crate) fn receive(
    state: &BotState,
    store: &mut Store,
    received: &ReceivedMessage,
) -> Result<Incoming, Error> {
    let (author, message) = (&received.record.author, &received.record.message);
    if author.is_bot || author.id == state.me {
        return Ok(Incoming::Nothing);
    }
    let direct = received.guild.is_none();
    if !direct {
        match rules::is_allowed(store, message.channel_id)? {
            Some(true) => {}
            Some(false) => return Ok(Incoming::Nothing),
            None => return Ok(Incoming::UnknownChannel),
        }
    }
    let settings = rules::settings(&state.config, &state.sampling, store, received.guild)?;
    if direct && !settings.direct_messages {
        return Ok(Incoming::Nothing);
    }
    // Channels of direct messages never count as new: their older messages are not read.
    if received.live && !direct && store.last_seen(message.channel_id)?.is_none() {
        state.known.new_channels().insert(message.channel_id);
    }
    let written = matches!(message.kind, MessageKind::Default | MessageKind::Reply);
    if written
        && settings.admins.contains(&author.id)
        && let Some(order) = message.content.trim().strip_prefix('!')
        && commands::is_order(order)
    {
        store.set_last_seen(message.channel_id, message.id)?;
        return Ok(Incoming::Order(order.to_owned()));
    }
    let Some(memory) = read(state, store, &received.record, received.live)? else {
        store.set_last_seen(message.channel_id, message.id)?;
        return Ok(Incoming::Nothing);
    };
    let again = store.remembered(message.id)?.is_some();
    // A page that was read before an edit must not bring back the old text.
    let stale = again && !received.live && message.edited_ms.is_none();
    let kept = stale || store.remember(&memory)?;
    if !kept {
        return Ok(Incoming::Nothing);
    }
    if direct {
        store.know_direct(message.channel_id, author.id)?;
    }
    let facts = TriggerFacts {
        id: message.id,
        direct,
        mentions_me: message
            .mentions
            .iter()
            .any(|mention| mention.id == state.me),
        answers_me: received.answered == Some(state.me)
            || author_of(store, memory.reply_to)? == Some(state.me),
        active: active(state, store, received)?,
    };
    Ok(Incoming::Remembered {
        again,
        content: memory.content,
        facts,
        settings: Box::new(settings),
    })
}

/// A message as the live memory holds it; `None` for messages that the dataset drops and for forgotten people.
fn read(
    state: &BotState,
    store: &mut Store,
    record: &DecodedMessage,
    live: bool,
) -> Result<Option<RememberedMessage>, Error> {
    let message = &record.message;
    if !remember_people(state, store, record, live)? || drop_rule(message, None).is_some() {
        return Ok(None);
    }
    let content = normalised_text(message, &state.known.people(), &state.known.channel_names());
    // An answer to a later part of a long reply is an answer to the reply.
    let reply_to = match message.reply_to {
        Some(answered) => Some(store.first_part(answered)?),
        None => None,
    };
    Ok(Some(RememberedMessage {
        message_id: message.id,
        channel_id: message.channel_id,
        author_id: record.author.id,
        timestamp_ms: message.timestamp_ms,
        content,
        reply_to,
    }))
}

/// Gives everybody in the message a pseudonym. Returns whether the author may be remembered: not if they were forgotten.
fn remember_people(
    state: &BotState,
    store: &mut Store,
    record: &DecodedMessage,
    live: bool,
) -> Result<bool, Error> {
    let author = &record.author;
    // The history holds no nicknames: its names count only while no better ones are known.
    let observed_ms = if live { now_ms() } else { 0 };
    let mut people = vec![author.id];
    let batch = store.batch()?;
    batch.upsert_author(author, observed_ms)?;
    for mention in &record.message.mentions {
        if mention.id == state.me || state.known.people().get(mention.id).is_some() {
            continue;
        }
        let mentioned = Author {
            id: mention.id,
            name: mention.name.clone(),
            display_name: mention.display_name.clone(),
            is_bot: false,
        };
        batch.upsert_author(&mentioned, 0)?;
        people.push(mention.id);
    }
    batch.commit()?;
    for id in people {
        if let Some(stored) = store.author(id)? {
            state.remember_author(stored);
        }
    }
    Ok(!store.is_forgotten(author.id)?)
}

fn author_of(store: &Store, message: Option<Id>) -> Result<Option<Id>, Error> {
    let Some(message) = message else {
        return Ok(None);
    };
    Ok(store.remembered(message)?.map(|memory| memory.author_id))
}

/// Whether the bot is talking with the author of the message.
fn active(state: &BotState, store: &Store, received: &ReceivedMessage) -> Result<bool, Error> {
    let config = &state.config;
    if config.active_minutes == 0 || config.active_messages == 0 {
        return Ok(false);
    }
    let message = &received.record.message;
    let latest = config.active_messages as usize + 1;
    let mut spoken = Vec::new();
    for memory in store.memory(message.channel_id, latest)? {
        let to = if memory.author_id == state.me {
            author_of(store, memory.reply_to)?
        } else {
            None
        };
        spoken.push(Spoken {
            author_id: memory.author_id,
            timestamp_ms: memory.timestamp_ms,
            to,
        });
    }
    let within_ms = i64::from(config.active_minutes) * 60_000;
    Ok(is_active(
        &spoken,
        state.me,
        message.author_id,
        message.timestamp_ms,
        within_ms,
    ))
}

/// Handles an edited message: the live memory takes its new text, drops a message that has no text any more, and takes one
/// that had none before, although it is not answered any more.
pub(crate) fn edited(
    state: &BotState,
    store: &mut Store,
    record: &DecodedMessage,
) -> Result<(), Error> {
    let (author, message) = (&record.author, &record.message);
    let channel = message.channel_id;
    let is_order = || {
        let order = message.content.trim().strip_prefix('!');
        order.is_some_and(commands::is_order)
    };
    if author.is_bot
        || author.id == state.me
        || rules::is_allowed(store, channel)? == Some(false)
        // The original was not seen yet: catching up reads it, and may answer it.
        || store.last_seen(channel)?.is_none_or(|last| last < message.id)
        || store.remembered(message.id)?.is_none() && is_order()
    {
        return Ok(());
    }
    match read(state, store, record, true)? {
        Some(memory) => store.remember(&memory).map(|_| ()),
        None => store.remove_remembered(channel, message.id).map(|_| ()),
    }
}
