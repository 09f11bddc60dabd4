//! Reading messages, channel by channel, with one message in memory at a time.

use persona_core::{Id, Mention, Message, MessageKind, Reaction};
use rusqlite::{Row, Rows};

use crate::{codes, error::Error, schema, store::Store};

const ACTION: &str = "read messages";

const MESSAGES: &str = "SELECT id, channel_id, author_id, timestamp_ms, edited_ms, kind, content, reply_to, attachments
    FROM messages WHERE channel_id = ?1 AND NOT deleted ORDER BY id";
// A cross join keeps the order of the tables: the index gives sorted ids, and nothing has to be sorted again.
const REACTIONS: &str = "SELECT messages.id, emoji, emoji_id, count
    FROM messages CROSS JOIN reactions ON reactions.message_id = messages.id
    WHERE channel_id = ?1 AND NOT deleted ORDER BY messages.id, position";
const MENTIONS: &str = "SELECT messages.id, mentions.author_id, name, display_name
    FROM messages CROSS JOIN mentions ON mentions.message_id = messages.id
    WHERE channel_id = ?1 AND NOT deleted ORDER BY messages.id, position";

impl Store {
    /// All messages of a channel, deleted ones left out, by id, with reactions and mentions.
    pub fn messages_of_channel(&self, channel: Id) -> Result<Vec<Message>, Error> {
        let mut messages = Vec::new();
        self.for_each_message(channel, |message| {
            messages.push(message);
            Ok::<_, Error>(())
        })?;
        Ok(messages)
    }

    /// Calls `visit` with each message of [`Store::messages_of_channel`]. Memory does not grow with the channel, and
    /// all messages are read as of one moment, even if another program writes meanwhile.
    pub fn for_each_message<E: From<Error>>(
        &self,
        channel: Id,
        visit: impl FnMut(Message) -> Result<(), E>,
    ) -> Result<(), E> {
        let _snapshot = self.snapshot()?;
        self.stream(channel, visit)
    }

    /// Read transaction: while the guard lives, everything is read as of one moment.
    pub(crate) fn snapshot(&self) -> Result<rusqlite::Transaction<'_>, Error> {
        self.connection
            .unchecked_transaction()
            .map_err(self.failed("begin to read"))
    }

    /// Like [`Store::for_each_message`], inside a snapshot of the caller.
    pub(crate) fn stream<E: From<Error>>(
        &self,
        channel: Id,
        mut visit: impl FnMut(Message) -> Result<(), E>,
    ) -> Result<(), E> {
        let channel = codes::id("channel", channel)?;
        let prepare = |sql| {
            self.connection
                .prepare_cached(sql)
                .map_err(self.failed(ACTION))
        };
        let (mut messages, mut reactions, mut mentions) =
            (prepare(MESSAGES)?, prepare(REACTIONS)?, prepare(MENTIONS)?);
        let failed = || schema::database(&self.path, ACTION);
        let mut reactions = reactions
            .query([channel])
            .and_then(|rows| RowsByMessage::new(rows, reaction))
            .map_err(failed())?;
        let mut mentions = mentions
            .query([channel])
            .and_then(|rows| RowsByMessage::new(rows, mention))
            .map_err(failed())?;
        let mut rows = messages.query([channel]).map_err(failed())?;
        while let Some(row) = rows.next().map_err(failed())? {
            let (mut found, kind) = message(row).map_err(failed())?;
            found.kind = codes::read_message_kind(&self.path, &kind)?;
            found.reactions = reactions.take(found.id).map_err(failed())?;
            found.mentions = mentions.take(found.id).map_err(failed())?;
            visit(found)?;
        }
        Ok(())
    }
}

/// Reads a message without reactions and mentions, and the stored name of its kind, from the nine columns that every
/// query of messages begins with.
pub(crate) fn message(row: &Row<'_>) -> rusqlite::Result<(Message, String)> {
    let message = Message {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        channel_id: row.get::<_, i64>(1)?.cast_unsigned(),
        author_id: row.get::<_, i64>(2)?.cast_unsigned(),
        timestamp_ms: row.get(3)?,
        edited_ms: row.get(4)?,
        kind: MessageKind::Default,
        content: row.get(6)?,
        reply_to: row.get::<_, Option<i64>>(7)?.map(i64::cast_unsigned),
        attachments: row.get(8)?,
        reactions: Vec::new(),
        mentions: Vec::new(),
    };
    Ok((message, row.get(5)?))
}

/// Reads a reaction from three columns beginning at `first`.
pub(crate) fn reaction(row: &Row<'_>, first: usize) -> rusqlite::Result<Reaction> {
    Ok(Reaction {
        emoji: row.get(first)?,
        emoji_id: row
            .get::<_, Option<i64>>(first + 1)?
            .map(i64::cast_unsigned),
        count: row.get(first + 2)?,
    })
}

/// Reads a mention from three columns beginning at `first`.
pub(crate) fn mention(row: &Row<'_>, first: usize) -> rusqlite::Result<Mention> {
    Ok(Mention {
        id: row.get::<_, i64>(first)?.cast_unsigned(),
        name: row.get(first + 1)?,
        display_name: row.get(first + 2)?,
    })
}

/// Rows of messages' reactions or mentions, in the order of the messages. The first column is the message id.
struct RowsByMessage<'statement, T> {
    rows: Rows<'statement>,
    read: fn(&Row<'_>, usize) -> rusqlite::Result<T>,
    next: Option<(Id, T)>,
}

impl<'statement, T> RowsByMessage<'statement, T> {
    fn new(
        rows: Rows<'statement>,
        read: fn(&Row<'_>, usize) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Self> {
        let mut cursor = Self {
            rows,
            read,
            next: None,
        };
        cursor.advance()?;
        Ok(cursor)
    }

    fn advance(&mut self) -> rusqlite::Result<()> {
        self.next = match self.rows.next()? {
            Some(row) => Some((row.get::<_, i64>(0)?.cast_unsigned(), (self.read)(row, 1)?)),
            None => None,
        };
        Ok(())
    }

    /// Takes the next rows, as far as they belong to `message`.
    fn take(&mut self, message: Id) -> rusqlite::Result<Vec<T>> {
        let mut taken = Vec::new();
        while let Some((_, value)) = self.next.take_if(|(id, _)| *id == message) {
            taken.push(value);
            self.advance()?;
        }
        Ok(taken)
    }
}
