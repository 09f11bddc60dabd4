//! Messages as the server keeps them.

use crate::{emoji::Emoji, script::Act};

/// Who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By<'w> {
    /// One of the cast.
    Friend(usize),
    /// Somebody whose account is gone.
    Deleted,
    /// A program.
    Bot,
    /// A webhook, which may go by any name.
    Webhook(&'w str),
}

impl By<'_> {
    /// Whether a person wrote it.
    pub(crate) fn is_human(self) -> bool {
        matches!(self, Self::Friend(_) | Self::Deleted)
    }
}

/// What a reply or notice points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// A message or thread, which may be gone.
    To(u64),
    /// Something of which not even the id is left.
    Lost,
}

impl Reference {
    /// The id, if it is left.
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
    /// Milliseconds since 1970, UTC.
    pub(crate) at_ms: i64,
    /// Who wrote it.
    pub(crate) by: By<'w>,
    /// The type, as the exporter names it.
    pub(crate) kind: &'static str,
    /// What it does, if a person said it.
    pub(crate) act: Option<Act>,
    /// The text, with private-use characters for mentions and custom emoji.
    pub(crate) text: String,
    /// What it points to.
    pub(crate) reference: Option<Reference>,
    /// Who is told about a reply.
    pub(crate) pings: Option<usize>,
    /// When it was edited.
    pub(crate) edited_ms: Option<i64>,
    /// Kept at the top of the channel.
    pub(crate) pinned: bool,
    /// A picture, by file name.
    pub(crate) attachment: Option<&'w str>,
    /// A sticker, by name.
    pub(crate) sticker: Option<&'w str>,
    /// Text of a message forwarded with this one.
    pub(crate) forwarded: Option<String>,
    /// Reactions.
    pub(crate) reactions: Vec<(Emoji, u32)>,
}

impl<'w> Message<'w> {
    /// A message with nothing but a text.
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
