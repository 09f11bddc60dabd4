//! Look-up of single messages, people and channels.

use persona_core::{Id, Message, Traces};
use rusqlite::OptionalExtension;

use crate::{
    codes,
    error::Error,
    read,
    store::{Store, StoredAuthor, StoredChannel},
};

impl Store {
    /// One message with its mentions, without reactions; `None` if it is unknown or deleted.
    pub fn message(&self, id: Id) -> Result<Option<Message>, Error> {
        const ACTION: &str = "read a message";
        let sql = "SELECT id, channel_id, author_id, timestamp_ms, edited_ms, kind, content, reply_to, attachments
            FROM messages WHERE id = ?1 AND NOT deleted";
        let found = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement
                    .query_row([id.cast_signed()], read::message)
                    .optional()
            })
            .map_err(self.failed(ACTION))?;
        let Some((mut message, kind)) = found else {
            return Ok(None);
        };
        message.kind = codes::read_message_kind(&self.path, &kind)?;
        let sql = "SELECT author_id, name, display_name FROM mentions WHERE message_id = ?1 ORDER BY position";
        message.mentions = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement
                    .query_map([id.cast_signed()], |row| read::mention(row, 0))?
                    .collect()
            })
            .map_err(self.failed(ACTION))?;
        Ok(Some(message))
    }

    /// Number of messages of `author`, deleted ones left out.
    pub fn count_messages_of(&self, author: Id) -> Result<u64, Error> {
        self.connection
            .prepare_cached("SELECT count(*) FROM messages WHERE author_id = ?1 AND NOT deleted")
            .and_then(|mut statement| {
                statement.query_row([author.cast_signed()], |row| row.get::<_, i64>(0))
            })
            .map(i64::cast_unsigned)
            .map_err(self.failed("count messages"))
    }

    /// One author; `None` if nobody has the id.
    pub fn author(&self, id: Id) -> Result<Option<StoredAuthor>, Error> {
        let sql = "SELECT id, name, display_name, is_bot, pseudonym, opted_out FROM authors WHERE id = ?1";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement
                    .query_row([id.cast_signed()], StoredAuthor::read)
                    .optional()
            })
            .map_err(self.failed("read authors"))
    }

    /// Ids of all messages of a person, deleted ones included, in order.
    pub fn messages_of_author(&self, author: Id) -> Result<Vec<Id>, Error> {
        let sql = "SELECT id FROM messages WHERE author_id = ?1 ORDER BY id";
        self.ids("read messages", sql, [author.cast_signed()])
    }

    /// Traces of a person that datasets may hold; `None` where the person is unknown.
    pub fn traces(&self, author: Id) -> Result<Option<Traces>, Error> {
        let Some(pseudonym) = self.pseudonym(author)? else {
            return Ok(None);
        };
        Ok(Some(Traces {
            messages: self.messages_of_author(author)?.into_iter().collect(),
            pseudonym: Some(pseudonym),
        }))
    }

    /// One channel; `None` if it is unknown.
    pub fn channel(&self, id: Id) -> Result<Option<StoredChannel>, Error> {
        let channels = self.channels_where("WHERE id = ?1", [id.cast_signed()])?;
        Ok(channels.into_iter().next())
    }
}
