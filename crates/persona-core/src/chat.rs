//! Chat history as it is stored: guilds, channels, authors, messages, reactions.

use serde::{Deserialize, Serialize};

/// A Discord snowflake, or any other id that fits 63 bits (archives of other services number their own way).
pub type Id = u64;

/// The author id that Discord shows for accounts that were deleted.
pub const DELETED_USER: Id = 456_226_577_798_135_808;

/// A server. Direct messages have id 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guild {
    /// Snowflake of the server, 0 for direct messages.
    pub id: Id,
    /// Name of the server.
    pub name: String,
}

/// Kind of a channel, as far as Persona tells them apart.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelKind {
    /// An ordinary text channel.
    #[default]
    Text,
    /// One-to-one or group direct messages.
    Direct,
    /// The text chat of a voice or stage channel.
    Voice,
    /// An announcement channel.
    News,
    /// A thread, public or private, of a text, news or forum channel.
    Thread,
    /// A forum or media channel: holds threads, no messages of its own.
    Forum,
    /// A category, directory, or a kind that Discord added later.
    Other,
}

/// A channel or thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Snowflake of the channel.
    pub id: Id,
    /// Server of the channel; 0 for direct messages and where an export does not name it.
    pub guild_id: Id,
    /// Channel that a thread belongs to, or category of a channel.
    pub parent_id: Option<Id>,
    /// Kind of the channel.
    pub kind: ChannelKind,
    /// Name of the channel, without `#`.
    pub name: String,
    /// Topic, if it has one.
    pub topic: Option<String>,
}

/// Author of messages: a person, a bot or a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Snowflake of the account; webhooks have one too.
    pub id: Id,
    /// The account's unique name.
    pub name: String,
    /// Name that the server shows: nickname, else global name, else `name`.
    pub display_name: String,
    /// Whether the author is a bot or a webhook.
    pub is_bot: bool,
}

/// Kind of a message, as far as Persona tells them apart.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// Ordinary message.
    #[default]
    Default,
    /// Reply to another message.
    Reply,
    /// Answer of a program to a slash or context-menu command.
    Command,
    /// System message: a join, pin, boost, call, rename or thread starter, which nobody wrote.
    System,
}

/// Reactions with one emoji to one message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reaction {
    /// The character itself, or the name of a custom emoji.
    pub emoji: String,
    /// Snowflake of a custom emoji; `None` for Unicode.
    pub emoji_id: Option<Id>,
    /// Number of people who reacted with it.
    pub count: u32,
}

/// Mention of a person in a message. Rendered exports have `@Nickname` in the text and the id only here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mention {
    /// Snowflake of the account.
    pub id: Id,
    /// The account's unique name.
    pub name: String,
    /// Name that a rendered export shows after `@`.
    pub display_name: String,
}

/// A message as it was written, with what the server knows about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Snowflake of the message.
    pub id: Id,
    /// Channel of the message.
    pub channel_id: Id,
    /// Author of the message.
    pub author_id: Id,
    /// Time of the message, in milliseconds since 1970-01-01 UTC.
    pub timestamp_ms: i64,
    /// Time of the last edit, in milliseconds since 1970-01-01 UTC.
    pub edited_ms: Option<i64>,
    /// Kind of the message.
    pub kind: MessageKind,
    /// Text, as the source has it.
    pub content: String,
    /// Message that is answered; set only for [`MessageKind::Reply`]. The store may not have that message.
    pub reply_to: Option<Id>,
    /// Number of attachments, stickers, embeds and forwarded snapshots.
    pub attachments: u32,
    /// Reactions by emoji.
    pub reactions: Vec<Reaction>,
    /// People mentioned in the message.
    pub mentions: Vec<Mention>,
}
