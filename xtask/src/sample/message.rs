//! Messages as the server keeps them.

use super::{emoji::Emoji, grammar::Act};

/// Who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// One of the cast.
    Friend(usize),
    /// Somebody whose account is gone.
    Deleted,
    /// A program.
    Bot,
    /// A webhook, which may go by any name.
    Webhook(&'static str),
}

impl By {
    /// Whether a person wrote it.
    pub(super) fn is_human(self) -> bool {
        matches!(self, Self::Friend(_) | Self::Deleted)
    }
}

/// What a reply or notice points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// A message or thread, which may be gone.
    To(u64),
    /// Something of which not even the id is left.
    Lost,
}

impl Reference {
    /// The id, if it is left.
    pub(super) fn id(self) -> Option<u64> {
        match self {
            Self::To(id) => Some(id),
            Self::Lost => None,
        }
    }
}

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Snowflake.
    pub(super) id: u64,
    /// Position of the channel.
    pub(super) channel: usize,
    /// Milliseconds since 1970, UTC.
    pub(super) at_ms: i64,
    /// Who wrote it.
    pub(super) by: By,
    /// The type, as the exporter names it.
    pub(super) kind: &'static str,
    /// What it does, if a person said it.
    pub(super) act: Option<Act>,
    /// The text, with private-use characters for mentions and custom emoji.
    pub(super) text: String,
    /// What it points to.
    pub(super) reference: Option<Reference>,
    /// Who is told about a reply.
    pub(super) pings: Option<usize>,
    /// When it was edited.
    pub(super) edited_ms: Option<i64>,
    /// Kept at the top of the channel.
    pub(super) pinned: bool,
    /// A picture, by file name.
    pub(super) attachment: Option<&'static str>,
    /// A sticker, by name.
    pub(super) sticker: Option<&'static str>,
    /// Text of a message forwarded with this one.
    pub(super) forwarded: Option<String>,
    /// Reactions.
    pub(super) reactions: Vec<(Emoji, u32)>,
}

impl Message {
    /// A message with nothing but a text.
    pub(super) fn new(channel: usize, at_ms: i64, by: By, text: String) -> Self {
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
