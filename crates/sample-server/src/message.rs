//! Messages of a generated server.

use crate::{emoji::Emoji, script::Act};

/// Author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By<'w> {
    /// Person of the cast, by position.
    Friend(usize),
    /// Person whose account was deleted.
    Deleted,
    /// Bot.
    Bot,
    /// Webhook with the name that it used.
    Webhook(&'w str),
}

impl By<'_> {
    /// Whether the author is a person.
    pub(crate) fn is_human(self) -> bool {
        matches!(self, Self::Friend(_) | Self::Deleted)
    }
}

/// Target of a reply or system message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// Id of a message or thread, which may have been deleted.
    To(u64),
    /// Deleted message whose id is not known any more.
    Lost,
}

impl Reference {
    /// Id of the target, if it is known.
    pub(crate) fn id(self) -> Option<u64> {
        match self {
            Self::To(id) => Some(id),
            Self::Lost => None,
        }
    }
}

/// A message.
#[derive(Clone, Debug)]
pub(crate) struct Message<'w> {
    /// Snowflake.
    pub(crate) id: u64,
    /// Position of the channel.
    pub(crate) channel: usize,
    /// Time of the message, in milliseconds since 1970-01-01 UTC.
    pub(crate) at_ms: i64,
    /// Author of the message.
    pub(crate) by: By<'w>,
    /// Type of the message, as the exporter names it.
    pub(crate) kind: &'static str,
    /// Act that the message performs, if a person wrote it.
    pub(crate) act: Option<Act>,
    /// Text, with private-use characters for mentions and custom emoji.
    pub(crate) text: String,
    /// Target of a reply or system message.
    pub(crate) reference: Option<Reference>,
    /// Position of the author whom a reply notifies.
    pub(crate) pings: Option<usize>,
    /// Time of the last edit, in milliseconds since 1970-01-01 UTC.
    pub(crate) edited_ms: Option<i64>,
    /// Whether the message is pinned.
    pub(crate) pinned: bool,
    /// File name of an attached picture.
    pub(crate) attachment: Option<&'w str>,
    /// Name of a sticker.
    pub(crate) sticker: Option<&'w str>,
    /// Text of a message forwarded with this one.
    pub(crate) forwarded: Option<String>,
    /// Reactions.
    pub(crate) reactions: Vec<(Emoji, u32)>,
}

impl<'w> Message<'w> {
    /// Message with nothing but text.
    pub(crate) fn new(channel: usize, at_ms: i64, by: By<'w>, text: String) -> Self {
        Self {
            id: 0,
            channel,
            at_ms,
            by,
            kind: "Default",
            act: None,
            text,
            reference: None,
            pings: None,
            edited_ms: None,
            pinned: false,
            attachment: None,
            sticker: None,
            forwarded: None,
            reactions: Vec::new(),
        }
    }
}
