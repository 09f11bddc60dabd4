//! Messages with reactions and attachments.

use serde_json::{Map, Value};

use crate::ids::time_of;

/// Discord's number of an ordinary message.
pub const DEFAULT: u16 = 0;
/// Discord's number of a reply.
pub const REPLY: u16 = 19;

/// Reactions with one emoji.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// Character, or name of a custom emoji.
    pub emoji: String,
    /// Snowflake of a custom emoji.
    pub emoji_id: Option<u64>,
    /// Users who reacted with it.
    pub users: Vec<u64>,
}

/// Attached file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Snowflake of the file.
    pub id: u64,
    /// Name of the file.
    pub name: String,
    /// Size of the file in bytes.
    pub size: u32,
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Snowflake, which holds the time of the message.
    pub id: u64,
    /// Channel of the message.
    pub channel_id: u64,
    /// Author of the message.
    pub author_id: u64,
    /// Discord's number of the message's kind.
    pub kind: u16,
    /// Text of the message.
    pub content: String,
    /// Time of the last edit, in milliseconds since 1970-01-01 UTC.
    pub edited_ms: Option<i64>,
    /// Message that is answered.
    pub reply_to: Option<u64>,
    /// Attached files.
    pub attachments: Vec<Attachment>,
    /// Reactions to the message.
    pub reactions: Vec<Reaction>,
    /// Users whom the text mentions; not all of them are notified, see `pinged`.
    pub mentions: Vec<u64>,
    /// Users who are notified, after `allowed_mentions`.
    pub pinged: Vec<u64>,
    /// Whether everyone is notified.
    pub pinged_everyone: bool,
    /// Webhook that sent the message.
    pub webhook_id: Option<u64>,
    /// Nonce that the sender gave.
    pub nonce: Option<Value>,
    /// Fields of the JSON object that replace the rendered ones.
    pub extra: Map<String, Value>,
    /// Text that is sent instead of the rendered object. It is not checked, because no server should send it.
    pub odd: Option<String>,
}

impl Message {
    /// An ordinary message.
    pub fn new(id: u64, channel_id: u64, author_id: u64, content: &str) -> Self {
        Self {
            id,
            channel_id,
            author_id,
            kind: DEFAULT,
            content: content.to_owned(),
            edited_ms: None,
            reply_to: None,
            attachments: Vec::new(),
            reactions: Vec::new(),
            mentions: mentions_in(content),
            pinged: Vec::new(),
            pinged_everyone: false,
            webhook_id: None,
            nonce: None,
            extra: Map::new(),
            odd: None,
        }
    }

    /// The message as a reply to `to`.
    #[must_use]
    pub fn replying(mut self, to: u64) -> Self {
        self.kind = REPLY;
        self.reply_to = Some(to);
        self
    }

    /// Time of the message, in milliseconds since 1970-01-01 UTC.
    pub fn time_ms(&self) -> i64 {
        time_of(self.id)
    }
}

/// Accounts that `<@id>` and `<@!id>` in a text mention, each once.
pub(crate) fn mentions_in(text: &str) -> Vec<u64> {
    let mut found = Vec::new();
    for part in text.split("<@").skip(1) {
        let digits = part.strip_prefix('!').unwrap_or(part);
        let id = digits.split_once('>').and_then(|(id, _)| id.parse().ok());
        if let Some(id) = id
            && !found.contains(&id)
        {
            found.push(id);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::mentions_in;

    #[test]
    fn mentions() {
        assert_eq!(
            mentions_in("<@12> and <@!7>, <@12> again, <@&9> <@x> <@3"),
            [12, 7]
        );
    }
}
