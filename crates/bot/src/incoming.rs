//! An incoming message: nothing to the bot, an order, or something to remember that may be answered.

use persona_conversation::{drop_rule, normalised_text};
use persona_core::{Author, Id, MessageKind};
use persona_discord::{DecodedMessage, time::now_ms};
use persona_store::{Error, RememberedMessage, Store};

use crate::{
    commands,
    gateway::Seen,
    rules,
    settings::Settings,
    shared::Shared,
    trigger::{Facts, Spoken, is_active},
};

/// What an incoming message is to the bot.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Incoming {
    /// It is not for the bot, or must not be read.
    Nothing,
    /// Nobody said whether its channel may be read.
    UnknownChannel,
    /// An admin gives an order: the text behind the `!`.
    Order(String),
    /// It is in the bot's memory now.
    Remembered {
        /// Whether it was there before.
        again: bool,
        /// Its text, as it is remembered.
        content: String,
        facts: Facts,
        settings: Box<Settings>,
    },
}

/// Reads one message into the memory.
pub(crate) fn receive(shared: &Shared, store: &mut Store, seen: &Seen) -> Result<Incoming, Error> {
    let (author, message) = (&seen.record.author, &seen.record.message);
    if author.is_bot || author.id == shared.me {
        return Ok(Incoming::Nothing);
    }
    let direct = seen.guild.is_none();
    if !direct {
        match rules::is_allowed(store, message.channel_id)? {
            Some(true) => {}
            Some(false) => return Ok(Incoming::Nothing),
            None => return Ok(Incoming::UnknownChannel),
        }
    }
    let settings = rules::settings(&shared.config, &shared.sampling, store, seen.guild)?;
    if direct && !settings.direct_messages {
        return Ok(Incoming::Nothing);
    }
    // Of direct messages nothing older is looked for.
    if seen.live && !direct && store.last_seen(message.channel_id)?.is_none() {
        shared.known.new_channels().insert(message.channel_id);
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
    let Some(memory) = read(shared, store, &seen.record, seen.live)? else {
        store.set_last_seen(message.channel_id, message.id)?;
        return Ok(Incoming::Nothing);
    };
    let again = store.remembered(message.id)?.is_some();
    // A page that was read before an edit must not bring back the old text.
    let stale = again && !seen.live && message.edited_ms.is_none();
    let kept = stale || store.remember(&memory)?;
    if !kept {
        return Ok(Incoming::Nothing);
    }
    if direct {
        store.know_direct(message.channel_id, author.id)?;
    }
    let facts = Facts {
        id: message.id,
        direct,
        mentions_me: message
            .mentions
            .iter()
            .any(|mention| mention.id == shared.me),
        answers_me: seen.answered == Some(shared.me)
            || author_of(store, memory.reply_to)? == Some(shared.me),
        active: active(shared, store, seen)?,
    };
    Ok(Incoming::Remembered {
        again,
        content: memory.content,
        facts,
        settings: Box::new(settings),
    })
}

/// A message as it is remembered: what the dataset drops is not, and of whoever asked to be forgotten nothing is.
fn read(
    shared: &Shared,
    store: &mut Store,
    record: &DecodedMessage,
    live: bool,
) -> Result<Option<RememberedMessage>, Error> {
    let message = &record.message;
    if !remember_people(shared, store, record, live)? || drop_rule(message, None).is_some() {
        return Ok(None);
    }
    let content = normalised_text(
        message,
        &shared.known.people(),
        &shared.known.channel_names(),
    );
    // Who answers a later part of a long reply answers the reply.
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

/// Gives everybody in the message a pseudonym. Whether its author may be known at all: not who asked to be forgotten.
fn remember_people(
    shared: &Shared,
    store: &mut Store,
    record: &DecodedMessage,
    live: bool,
) -> Result<bool, Error> {
    let author = &record.author;
    // The history does not tell nicknames: what it calls somebody counts only while nothing better is known.
    let observed_ms = if live { now_ms() } else { 0 };
    let mut people = vec![author.id];
    let batch = store.batch()?;
    batch.upsert_author(author, observed_ms)?;
    for mention in &record.message.mentions {
        if mention.id == shared.me || shared.known.people().get(mention.id).is_some() {
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
            shared.remember_author(stored);
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
fn active(shared: &Shared, store: &Store, seen: &Seen) -> Result<bool, Error> {
    let config = &shared.config;
    if config.active_minutes == 0 || config.active_messages == 0 {
        return Ok(false);
    }
    let message = &seen.record.message;
    let latest = config.active_messages as usize + 1;
    let mut spoken = Vec::new();
    for memory in store.memory(message.channel_id, latest)? {
        let to = if memory.author_id == shared.me {
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
        shared.me,
        message.author_id,
        message.timestamp_ms,
        within_ms,
    ))
}

/// Reads the new text of a message: what is remembered changes, what has nothing to read any more goes, and what had nothing to
/// read before is remembered now, though it is not answered any more.
pub(crate) fn edited(
    shared: &Shared,
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
        || author.id == shared.me
        || rules::is_allowed(store, channel)? == Some(false)
        // Not seen: it is read, and maybe answered, when the bot catches up.
        || store.last_seen(channel)?.is_none_or(|seen| seen < message.id)
        || store.remembered(message.id)?.is_none() && is_order()
    {
        return Ok(());
    }
    match read(shared, store, record, true)? {
        Some(memory) => store.remember(&memory).map(|_| ()),
        None => store.remove_remembered(channel, message.id).map(|_| ()),
    }
}
