//! One message as a source tells it.

use persona_core::{Author, Channel, Guild, Message};

/// A message with its author and the time of observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObservedMessage {
    pub(crate) author: Author,
    pub(crate) message: Message,
    pub(crate) observed_ms: i64,
}

impl ObservedMessage {
    /// A source that does not tell when it was made cannot have seen the message before its last edit.
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

/// A channel, and its guild where the source names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceChannel {
    pub(crate) guild: Option<Guild>,
    pub(crate) channel: Channel,
    pub(crate) observed_ms: i64,
}

impl SourceChannel {
    /// Sources that name a channel but no time are better than sources that name no channel, and worse than all others.
    pub(crate) const UNDATED_MS: i64 = 1;
    /// Nothing is known of the channel but its id.
    const VAGUE_MS: i64 = 0;

    /// A channel of which only the id is known.
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
