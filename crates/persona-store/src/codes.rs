//! Codes of ids and kinds in the database.

use std::path::Path;

use persona_core::{ChannelKind, Id, MessageKind};

use crate::error::Error;

/// Code of an id.
pub(crate) fn id(what: &'static str, id: Id) -> Result<i64, Error> {
    i64::try_from(id).map_err(|_| Error::IdTooLarge { what, id })
}

/// Code of an id that may be absent.
pub(crate) fn optional_id(what: &'static str, value: Option<Id>) -> Result<Option<i64>, Error> {
    value.map(|value| id(what, value)).transpose()
}

/// Name of a channel kind in the database. Names are never changed; new kinds get new names.
pub(crate) fn channel_kind(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Text => "text",
        ChannelKind::Direct => "direct",
        ChannelKind::Voice => "voice",
        ChannelKind::News => "news",
        ChannelKind::Thread => "thread",
        ChannelKind::Forum => "forum",
        ChannelKind::Other => "other",
    }
}

/// Channel kind of a stored name.
pub(crate) fn read_channel_kind(path: &Path, name: &str) -> Result<ChannelKind, Error> {
    Ok(match name {
        "text" => ChannelKind::Text,
        "direct" => ChannelKind::Direct,
        "voice" => ChannelKind::Voice,
        "news" => ChannelKind::News,
        "thread" => ChannelKind::Thread,
        "forum" => ChannelKind::Forum,
        "other" => ChannelKind::Other,
        _ => {
            return Err(Error::Value {
                path: path.to_owned(),
                what: "the kind of a channel",
                found: name.to_owned(),
                expected: "text, direct, voice, news, thread, forum or other",
            });
        }
    })
}

/// Name of a message kind in the database.
pub(crate) fn message_kind(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Default => "default",
        MessageKind::Reply => "reply",
        MessageKind::Command => "command",
        MessageKind::System => "system",
    }
}

/// Message kind of a stored name.
pub(crate) fn read_message_kind(path: &Path, name: &str) -> Result<MessageKind, Error> {
    Ok(match name {
        "default" => MessageKind::Default,
        "reply" => MessageKind::Reply,
        "command" => MessageKind::Command,
        "system" => MessageKind::System,
        _ => {
            return Err(Error::Value {
                path: path.to_owned(),
                what: "the kind of a message",
                found: name.to_owned(),
                expected: "default, reply, command or system",
            });
        }
    })
}
