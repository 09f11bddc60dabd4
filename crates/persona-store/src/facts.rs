//! Storing messages: text and reactions are two groups of facts, and for each the latest observation wins.
//!
//! The latest text is found by time of edit first, then by time of observation; the latest reactions by time of
//! observation only. Between equally late observations the larger facts win, so that the order of sources never
//! matters.

use persona_core::{Message, Reaction};
use rusqlite::named_params;

use crate::{
    batch::{Batch, Change},
    codes,
    error::Error,
    read,
};

const ACTION: &str = "store a message";

/// Facts of a message in the store.
struct Stored {
    message: Message,
    observed_ms: i64,
    reactions_observed_ms: i64,
}

impl Batch<'_> {
    /// Stores a message as a source saw it at `observed_ms`. Its channel and author must be stored before; people
    /// mentioned in it get a pseudonym here. Forgotten people are neither stored nor mentioned.
    pub fn upsert_message(&self, message: &Message, observed_ms: i64) -> Result<Change, Error> {
        check_ids(message)?;
        if self.marks().contain(message.author_id) {
            return Ok(Change::Forgotten);
        }
        let message = &*self.marks().scrub(message);
        for mention in &message.mentions {
            self.ensure_person(mention)?;
        }
        let Some(stored) = self.stored(message.id)? else {
            self.write_text(message, observed_ms)?;
            // Most messages have neither, and nothing needs to be removed for a new one.
            if !message.mentions.is_empty() {
                self.write_mentions(message)?;
            }
            if !message.reactions.is_empty() {
                self.write_reactions(message)?;
            }
            self.write_newest(message)?;
            return Ok(Change::New);
        };
        let mut change = Change::Unchanged;
        if text_key(message, observed_ms) > text_key(&stored.message, stored.observed_ms) {
            self.write_text(message, observed_ms)?;
            if text_key(message, 0) != text_key(&stored.message, 0) {
                self.write_mentions(message)?;
                self.write_newest(message)?;
                self.drop_vectors(message.id.cast_signed())?;
                change = Change::Updated;
            }
        }
        let key = reactions_key(message, observed_ms);
        if key > reactions_key(&stored.message, stored.reactions_observed_ms) {
            let sql = "UPDATE messages SET reactions_observed_ms = ?2 WHERE id = ?1";
            self.execute(ACTION, sql, [message.id.cast_signed(), observed_ms])?;
            if message.reactions != stored.message.reactions {
                self.write_reactions(message)?;
                change = Change::Updated;
            }
        }
        Ok(change)
    }

    fn stored(&self, id: u64) -> Result<Option<Stored>, Error> {
        let id = id.cast_signed();
        let sql = "SELECT id, channel_id, author_id, timestamp_ms, edited_ms, kind, content, reply_to, attachments,
            observed_ms, reactions_observed_ms FROM messages WHERE id = ?1";
        let row = self.row(ACTION, sql, id, |row| {
            Ok((read::message(row)?, row.get(9)?, row.get(10)?))
        })?;
        let Some(((mut message, kind), observed_ms, reactions_observed_ms)) = row else {
            return Ok(None);
        };
        message.kind = codes::read_message_kind(self.path(), &kind)?;
        let sql =
            "SELECT emoji, emoji_id, count FROM reactions WHERE message_id = ?1 ORDER BY position";
        message.reactions = self.rows(ACTION, sql, id, |row| read::reaction(row, 0))?;
        let sql = "SELECT author_id, name, display_name FROM mentions WHERE message_id = ?1 ORDER BY position";
        message.mentions = self.rows(ACTION, sql, id, |row| read::mention(row, 0))?;
        Ok(Some(Stored {
            message,
            observed_ms,
            reactions_observed_ms,
        }))
    }

    fn write_text(&self, message: &Message, observed_ms: i64) -> Result<(), Error> {
        let sql = "INSERT INTO messages (id, channel_id, author_id, timestamp_ms, edited_ms, kind, content, reply_to, attachments,
            observed_ms, reactions_observed_ms)
            VALUES (:id, :channel, :author, :timestamp, :edited, :kind, :content, :reply_to, :attachments, :observed, :observed)
            ON CONFLICT DO UPDATE SET channel_id = excluded.channel_id, author_id = excluded.author_id,
            timestamp_ms = excluded.timestamp_ms, edited_ms = excluded.edited_ms, kind = excluded.kind, content = excluded.content,
            reply_to = excluded.reply_to, attachments = excluded.attachments, observed_ms = excluded.observed_ms";
        let values = named_params! {
            ":id": message.id.cast_signed(),
            ":channel": message.channel_id.cast_signed(),
            ":author": message.author_id.cast_signed(),
            ":timestamp": message.timestamp_ms,
            ":edited": message.edited_ms,
            ":kind": codes::message_kind(message.kind),
            ":content": message.content,
            ":reply_to": message.reply_to.map(u64::cast_signed),
            ":attachments": message.attachments,
            ":observed": observed_ms,
        };
        self.execute(ACTION, sql, values)?;
        Ok(())
    }

    fn write_mentions(&self, message: &Message) -> Result<(), Error> {
        let id = message.id.cast_signed();
        self.execute(ACTION, "DELETE FROM mentions WHERE message_id = ?1", [id])?;
        let sql = "INSERT INTO mentions (message_id, position, author_id, name, display_name)
            VALUES (:message, :position, :author, :name, :display)";
        for (position, mention) in message.mentions.iter().enumerate() {
            let values = named_params! {
                ":message": id,
                ":position": position as i64,
                ":author": mention.id.cast_signed(),
                ":name": mention.name,
                ":display": mention.display_name,
            };
            self.execute(ACTION, sql, values)?;
        }
        Ok(())
    }

    fn write_reactions(&self, message: &Message) -> Result<(), Error> {
        let id = message.id.cast_signed();
        self.execute(ACTION, "DELETE FROM reactions WHERE message_id = ?1", [id])?;
        let sql = "INSERT INTO reactions (message_id, position, emoji, emoji_id, count)
            VALUES (:message, :position, :emoji, :emoji_id, :count)";
        for (position, reaction) in message.reactions.iter().enumerate() {
            let values = named_params! {
                ":message": id,
                ":position": position as i64,
                ":emoji": reaction.emoji,
                ":emoji_id": reaction.emoji_id.map(u64::cast_signed),
                ":count": reaction.count,
            };
            self.execute(ACTION, sql, values)?;
        }
        Ok(())
    }

    /// Updates the newest message of the channel.
    fn write_newest(&self, message: &Message) -> Result<(), Error> {
        let sql = "UPDATE channels SET last_message_id = ?2
            WHERE id = ?1 AND (last_message_id IS NULL OR last_message_id < ?2)";
        let values = [message.channel_id.cast_signed(), message.id.cast_signed()];
        self.execute(ACTION, sql, values)?;
        Ok(())
    }
}

fn check_ids(message: &Message) -> Result<(), Error> {
    codes::id("message", message.id)?;
    codes::id("channel", message.channel_id)?;
    codes::id("author", message.author_id)?;
    codes::optional_id("replied-to message", message.reply_to)?;
    for mention in &message.mentions {
        codes::id("mentioned author", mention.id)?;
    }
    for reaction in &message.reactions {
        codes::optional_id("emoji", reaction.emoji_id)?;
    }
    Ok(())
}

fn text_key(message: &Message, observed_ms: i64) -> impl Ord {
    (
        (message.edited_ms, observed_ms),
        (message.content.as_str(), message.kind, message.reply_to),
        (message.attachments, message.author_id, message.channel_id),
        (message.timestamp_ms, message.mentions.as_slice()),
    )
}

fn reactions_key(message: &Message, observed_ms: i64) -> impl Ord {
    let total: u64 = message
        .reactions
        .iter()
        .map(|Reaction { count, .. }| u64::from(*count))
        .sum();
    (observed_ms, total, message.reactions.as_slice())
}
