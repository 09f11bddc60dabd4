//! Live memory of the bot, per channel, and claims on messages.

use persona_core::Id;
use rusqlite::{OptionalExtension, named_params};

use crate::{codes, error::Error, schema, store::Store};

const ACTION: &str = "remember a message";

/// Message in the bot's live memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RememberedMessage {
    /// The message.
    pub message_id: Id,
    /// Channel of the message.
    pub channel_id: Id,
    /// Author of the message.
    pub author_id: Id,
    /// Time of the message, in milliseconds since 1970-01-01 UTC.
    pub timestamp_ms: i64,
    /// Text, normalised: people are `@u<N>` in it.
    pub content: String,
    /// Message that is answered.
    pub reply_to: Option<Id>,
}

/// A claimed message without an answer: one is being made, or the bot was stopped meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The message.
    pub message_id: Id,
    /// Channel of the message.
    pub channel_id: Id,
    /// Time of the claim, in milliseconds since 1970-01-01 UTC.
    pub claimed_ms: i64,
}

impl Store {
    /// Stores a message in the live memory, or its new text. Returns whether it was stored: not if its author was
    /// forgotten. Either way it counts as seen.
    pub fn remember(&self, memory: &RememberedMessage) -> Result<bool, Error> {
        self.set_last_seen(memory.channel_id, memory.message_id)?;
        if self.is_forgotten(memory.author_id)? {
            return Ok(false);
        }
        let sql = "INSERT INTO conversation_memory (message_id, channel_id, author_id, timestamp_ms, content, reply_to)
            VALUES (:message, :channel, :author, :timestamp, :content, :reply_to)
            ON CONFLICT DO UPDATE SET content = excluded.content";
        let values = named_params! {
            ":message": codes::id("message", memory.message_id)?,
            ":channel": codes::id("channel", memory.channel_id)?,
            ":author": codes::id("author", memory.author_id)?,
            ":timestamp": memory.timestamp_ms,
            ":content": memory.content,
            ":reply_to": codes::optional_id("replied-to message", memory.reply_to)?,
        };
        self.write(ACTION, sql, values)?;
        Ok(true)
    }

    /// Latest `limit` messages of `channel` in the live memory, oldest first.
    pub fn memory(&self, channel: Id, limit: usize) -> Result<Vec<RememberedMessage>, Error> {
        let sql = "SELECT message_id, channel_id, author_id, timestamp_ms, content, reply_to FROM conversation_memory
            WHERE channel_id = ?1 ORDER BY message_id DESC LIMIT ?2";
        let mut memories: Vec<RememberedMessage> = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                statement
                    .query_map([channel.cast_signed(), limit], memory)?
                    .collect()
            })
            .map_err(self.failed("read the memory"))?;
        memories.reverse();
        Ok(memories)
    }

    /// One message of the live memory, from any channel.
    pub fn remembered(&self, message: Id) -> Result<Option<RememberedMessage>, Error> {
        let sql = "SELECT message_id, channel_id, author_id, timestamp_ms, content, reply_to FROM conversation_memory
            WHERE message_id = ?1";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement
                    .query_row([message.cast_signed()], memory)
                    .optional()
            })
            .map_err(self.failed("read the memory"))
    }

    /// Removes a message of `channel` from the live memory. Returns whether it was there.
    pub fn remove_remembered(&self, channel: Id, message: Id) -> Result<bool, Error> {
        let sql = "DELETE FROM conversation_memory WHERE channel_id = ?1 AND message_id = ?2";
        let values = [channel.cast_signed(), message.cast_signed()];
        Ok(self.write("take a message out of the memory", sql, values)? > 0)
    }

    /// Removes all but the latest `keep` messages of each channel from the live memory. Returns how many were removed.
    pub fn prune_memory(&self, keep: usize) -> Result<usize, Error> {
        let sql = "DELETE FROM conversation_memory WHERE message_id IN (
            SELECT message_id FROM (SELECT message_id,
                row_number() OVER (PARTITION BY channel_id ORDER BY message_id DESC) AS place FROM conversation_memory)
            WHERE place > ?1)";
        self.write(
            "prune the memory",
            sql,
            [i64::try_from(keep).unwrap_or(i64::MAX)],
        )
    }

    /// Records `message` as seen by the bot, whether or not it is remembered. The newest message counts.
    pub fn set_last_seen(&self, channel: Id, message: Id) -> Result<(), Error> {
        let sql = "INSERT INTO last_seen (channel_id, message_id) VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET message_id = excluded.message_id WHERE message_id < excluded.message_id";
        let values = [
            codes::id("channel", channel)?,
            codes::id("message", message)?,
        ];
        self.write(ACTION, sql, values)?;
        Ok(())
    }

    /// Newest message that the bot has seen in `channel`.
    pub fn last_seen(&self, channel: Id) -> Result<Option<Id>, Error> {
        let sql = "SELECT message_id FROM last_seen WHERE channel_id = ?1";
        Ok(self
            .ids("read the memory", sql, [channel.cast_signed()])?
            .pop())
    }

    /// Records `channel` as the direct messages between `author` and the bot.
    pub fn know_direct(&self, channel: Id, author: Id) -> Result<(), Error> {
        let sql = "INSERT OR IGNORE INTO direct_channels (channel_id, author_id) VALUES (?1, ?2)";
        let values = [codes::id("channel", channel)?, codes::id("author", author)?];
        self.write(ACTION, sql, values)?;
        Ok(())
    }

    /// At most `limit` channels of direct messages, those with the latest seen messages first.
    pub fn direct_channels(&self, limit: usize) -> Result<Vec<Id>, Error> {
        let sql = "SELECT channel_id FROM direct_channels LEFT JOIN last_seen USING (channel_id)
            ORDER BY message_id DESC, channel_id LIMIT ?1";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.ids("read the memory", sql, [limit])
    }

    /// Claims `message` for an answer. Returns true exactly once, however often and from however many processes it is
    /// called.
    pub fn claim(&self, message: Id, channel: Id, now_ms: i64) -> Result<bool, Error> {
        let sql = "INSERT OR IGNORE INTO answers (message_id, channel_id, claimed_ms) VALUES (?1, ?2, ?3)";
        let values = (
            codes::id("message", message)?,
            codes::id("channel", channel)?,
            now_ms,
        );
        Ok(self.write("claim a message", sql, values)? > 0)
    }

    /// Records the message that answers `message`. Returns whether `message` was claimed and had no answer yet.
    pub fn set_answered(&self, message: Id, reply: Id) -> Result<bool, Error> {
        let sql = "UPDATE answers SET reply_id = ?2 WHERE message_id = ?1 AND reply_id IS NULL";
        let values = [message.cast_signed(), codes::id("message", reply)?];
        Ok(self.write("note an answer", sql, values)? > 0)
    }

    /// Message that answers `message`, if one is recorded.
    pub fn answer(&self, message: Id) -> Result<Option<Id>, Error> {
        let sql = "SELECT reply_id FROM answers WHERE message_id = ?1 AND reply_id IS NOT NULL";
        Ok(self
            .ids("read an answer", sql, [message.cast_signed()])?
            .pop())
    }

    /// Releases a claim without an answer, so that the message can be claimed again. Returns whether there was one.
    pub fn release(&self, message: Id) -> Result<bool, Error> {
        let sql = "DELETE FROM answers WHERE message_id = ?1 AND reply_id IS NULL";
        Ok(self.write("release a message", sql, [message.cast_signed()])? > 0)
    }

    /// Claims without an answer, oldest message first.
    pub fn open_claims(&self) -> Result<Vec<Claim>, Error> {
        let sql = "SELECT message_id, channel_id, claimed_ms FROM answers WHERE reply_id IS NULL ORDER BY message_id";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement
                    .query_map([], |row| {
                        Ok(Claim {
                            message_id: row.get::<_, i64>(0)?.cast_unsigned(),
                            channel_id: row.get::<_, i64>(1)?.cast_unsigned(),
                            claimed_ms: row.get(2)?,
                        })
                    })?
                    .collect()
            })
            .map_err(self.failed("read claims"))
    }

    /// Ids in the first column of a query's rows.
    pub(crate) fn ids(
        &self,
        action: &'static str,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<Id>, Error> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                let read = |row: &rusqlite::Row<'_>| row.get(0).map(i64::cast_unsigned);
                statement.query_map(values, read)?.collect()
            })
            .map_err(self.failed(action))
    }

    /// Runs a statement. Returns the number of rows that it changed.
    pub(crate) fn write(
        &self,
        action: &'static str,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<usize, Error> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values))
            .map_err(schema::database(&self.path, action))
    }
}

fn memory(row: &rusqlite::Row<'_>) -> rusqlite::Result<RememberedMessage> {
    Ok(RememberedMessage {
        message_id: row.get::<_, i64>(0)?.cast_unsigned(),
        channel_id: row.get::<_, i64>(1)?.cast_unsigned(),
        author_id: row.get::<_, i64>(2)?.cast_unsigned(),
        timestamp_ms: row.get(3)?,
        content: row.get(4)?,
        reply_to: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
    })
}
