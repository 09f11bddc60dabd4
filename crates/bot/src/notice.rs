//! What is to be made of a message: nothing, an order, or something that may be answered.

use persona_conversation::{drop_rule, normalised_text};
use persona_core::{Author, Id, MessageKind};
use persona_discord::{Record, time::now_ms};
use persona_store::{Error, Memory, Store};

use crate::{
    gateway::Seen,
    settings::Settings,
    shared::Shared,
    trigger::{Facts, Spoken, is_active},
};

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Notice {
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
        facts: Facts,
        settings: Box<Settings>,
    },
}

/// Whether the bot may read and write in a channel: it and what it lies in are allowed. `None`: the channel is unknown.
pub(crate) fn is_allowed(store: &Store, channel: Id) -> Result<Option<bool>, Error> {
    let Some(stored) = store.channel(channel)? else {
        return Ok(None);
    };
    let parent = match stored.channel.parent_id {
        Some(parent) => store.channel(parent)?,
        None => None,
    };
    Ok(Some(
        stored.allowed && parent.is_none_or(|parent| parent.allowed),
    ))
}

/// The settings that hold in a server, or in private.
pub(crate) fn settings(
    shared: &Shared,
    store: &Store,
    guild: Option<Id>,
) -> Result<Settings, Error> {
    let stored = store.settings(guild.unwrap_or(0))?;
    Ok(Settings::of(&shared.config, &stored))
}

/// Reads one message into the memory.
pub(crate) fn notice(shared: &Shared, store: &mut Store, seen: &Seen) -> Result<Notice, Error> {
    let (author, message) = (&seen.record.author, &seen.record.message);
    if author.is_bot || author.id == shared.me {
        return Ok(Notice::Nothing);
    }
    let direct = seen.guild.is_none();
    if !direct {
        match is_allowed(store, message.channel_id)? {
            Some(true) => {}
            Some(false) => return Ok(Notice::Nothing),
            None => return Ok(Notice::UnknownChannel),
        }
    }
    let settings = settings(shared, store, seen.guild)?;
    if direct && !settings.direct_messages {
        return Ok(Notice::Nothing);
    }
    // Of direct messages nothing older is looked for.
    if seen.live && !direct && store.last_seen(message.channel_id)?.is_none() {
        shared.fresh().insert(message.channel_id);
    }
    let written = matches!(message.kind, MessageKind::Default | MessageKind::Reply);
    if written
        && settings.admins.contains(&author.id)
        && let Some(order) = message.content.trim().strip_prefix('!')
        && crate::commands::is_order(order)
    {
        store.saw(message.channel_id, message.id)?;
        return Ok(Notice::Order(order.to_owned()));
    }
    if !know(shared, store, seen)? || drop_rule(message, None).is_some() {
        store.saw(message.channel_id, message.id)?;
        return Ok(Notice::Nothing);
    }
    let content = normalised_text(message, &shared.people(), &shared.channel_names());
    // Who answers a later part of a long reply answers the reply.
    let reply_to = match message.reply_to {
        Some(answered) => Some(store.first_part(answered)?),
        None => None,
    };
    let again = store.remembered(message.id)?.is_some();
    // A page that was read before an edit must not bring back the old text.
    let stale = again && !seen.live && message.edited_ms.is_none();
    let kept = stale
        || store.remember(&Memory {
            message_id: message.id,
            channel_id: message.channel_id,
            author_id: author.id,
            timestamp_ms: message.timestamp_ms,
            content,
            reply_to,
        })?;
    if !kept {
        return Ok(Notice::Nothing);
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
            || author_of(store, reply_to)? == Some(shared.me),
        active: active(shared, store, seen)?,
    };
    Ok(Notice::Remembered {
        again,
        facts,
        settings: Box::new(settings),
    })
}

/// Gives everybody in the message a pseudonym. Whether its author may be known at all: not who asked to be forgotten.
fn know(shared: &Shared, store: &mut Store, seen: &Seen) -> Result<bool, Error> {
    let author = &seen.record.author;
    // The history does not tell nicknames: what it calls somebody counts only while nothing better is known.
    let observed_ms = if seen.live { now_ms() } else { 0 };
    let mut people = vec![author.id];
    let batch = store.batch()?;
    batch.upsert_author(author, observed_ms)?;
    for mention in &seen.record.message.mentions {
        if mention.id == shared.me || shared.people().get(mention.id).is_some() {
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
            shared.know(stored);
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

/// Replaces the text of a message that the bot remembers.
pub(crate) fn edited(shared: &Shared, store: &mut Store, record: &Record) -> Result<(), Error> {
    let message = &record.message;
    let Some(memory) = store.remembered(message.id)? else {
        return Ok(());
    };
    if memory.author_id == shared.me {
        return Ok(());
    }
    let content = normalised_text(message, &shared.people(), &shared.channel_names());
    store.remember(&Memory { content, ..memory })?;
    Ok(())
}
