//! Messages and channels as a source describes them.

use persona_core::{Author, Channel, Guild, Message};

/// A message with its author and the time of observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObservedMessage {
    pub(crate) author: Author,
    pub(crate) message: Message,
    pub(crate) observed_ms: i64,
}

impl ObservedMessage {
    /// A message seen at `exported_ms`. Without that time, the message was seen at its last edit at the earliest, and
    /// that time is taken.
    pub(crate) fn new(author: Author, message: Message, exported_ms: Option<i64>) -> Self {
        let latest_ms = message
            .timestamp_ms
            .max(message.edited_ms.unwrap_or(i64::MIN));
        Self {
            author,
            observed_ms: exported_ms.unwrap_or(latest_ms),
            message,
        }
    }
}

/// Channel of a source, and its guild if the source names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceChannel {
    pub(crate) guild: Option<Guild>,
    pub(crate) channel: Channel,
    pub(crate) observed_ms: i64,
}

impl SourceChannel {
    /// Time of observation for sources that name the channel but no time: they count more than sources that do not name
    /// it, and less than all others.
    pub(crate) const UNDATED_MS: i64 = 1;
    /// Time of observation for channels of which only the id is known.
    const VAGUE_MS: i64 = 0;

    /// Channel of which only the id is known.
    pub(crate) fn vague(id: u64) -> Self {
        Self {
            guild: None,
            channel: Channel {
                id,
                guild_id: 0,
                parent_id: None,
                kind: persona_core::ChannelKind::Text,
                name: id.to_string(),
                topic: None,
            },
            observed_ms: Self::VAGUE_MS,
        }
    }
}
