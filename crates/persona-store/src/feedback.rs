//! Feedback: reactions to the bot's own messages.

use persona_core::{ChatMessage, Id};
use rusqlite::{Row, named_params};

use crate::{codes, error::Error, store::Store};

/// Reply of the bot, with its prompt and the reactions to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackRow {
    /// Id of the bot's message, of the first one where the reply was split.
    pub message_id: Id,
    /// Channel that the reply was sent to.
    pub channel_id: Id,
    /// Time of the reply, in milliseconds since 1970-01-01 UTC.
    pub timestamp_ms: i64,
    /// Message that was answered.
    pub reply_to: Option<Id>,
    /// Prompt that the reply was generated from.
    pub prompt: Vec<ChatMessage>,
    /// Text of the reply.
    pub reply: String,
    /// Number of reactions that praise.
    pub positive: u32,
    /// Number of reactions that disapprove.
    pub negative: u32,
    /// Whether the reply was taken back, which counts as disapproval.
    pub retracted: bool,
}

const COLUMNS: &str =
    "message_id, channel_id, timestamp_ms, reply_to, prompt, reply, positive, negative, retracted";

impl Store {
    /// Stores a reply of the bot. If it is stored already, its text and counts stay.
    pub fn put_feedback(&self, row: &FeedbackRow) -> Result<(), Error> {
        let prompt = serde_json::to_string(&row.prompt).map_err(|source| Error::Prompt {
            path: self.path.clone(),
            message: row.message_id,
            source,
        })?;
        let sql = "INSERT OR IGNORE INTO feedback
            (message_id, channel_id, timestamp_ms, reply_to, prompt, reply, positive, negative, retracted)
            VALUES (:message, :channel, :timestamp, :reply_to, :prompt, :reply, :positive, :negative, :retracted)";
        let values = named_params! {
            ":message": codes::id("message", row.message_id)?,
            ":channel": codes::id("channel", row.channel_id)?,
            ":timestamp": row.timestamp_ms,
            ":reply_to": codes::optional_id("replied-to message", row.reply_to)?,
            ":prompt": prompt,
            ":reply": row.reply,
            ":positive": row.positive,
            ":negative": row.negative,
            ":retracted": row.retracted,
        };
        self.write("keep feedback", sql, values)?;
        Ok(())
    }

    /// Stores the further messages of the split reply that begins with `first`.
    pub fn put_parts(&self, first: Id, parts: &[Id]) -> Result<(), Error> {
        let sql = "INSERT OR IGNORE INTO feedback_parts (message_id, first_id) VALUES (?1, ?2)";
        for part in parts {
            let values = (codes::id("message", *part)?, codes::id("message", first)?);
            self.write("keep a part of a reply", sql, values)?;
        }
        Ok(())
    }

    /// Further messages of the split reply that begins with `first`, in order.
    pub fn parts(&self, first: Id) -> Result<Vec<Id>, Error> {
        let sql = "SELECT message_id FROM feedback_parts WHERE first_id = ?1 ORDER BY message_id";
        self.ids("read the parts of a reply", sql, [first.cast_signed()])
    }

    /// First message of the split reply that `message` belongs to; `message` itself for other messages.
    pub fn first_part(&self, message: Id) -> Result<Id, Error> {
        let sql = "SELECT first_id FROM feedback_parts WHERE message_id = ?1";
        let first = self.ids("read the parts of a reply", sql, [message.cast_signed()])?;
        Ok(first.first().copied().unwrap_or(message))
    }

    /// Sets the numbers of praising and disapproving reactions to a message of the bot. Returns whether the message is
    /// known.
    pub fn count_feedback(&self, message: Id, positive: u32, negative: u32) -> Result<bool, Error> {
        let values = (message.cast_signed(), positive, negative);
        for table in ["feedback", "feedback_parts"] {
            let sql =
                format!("UPDATE {table} SET positive = ?2, negative = ?3 WHERE message_id = ?1");
            if self.write("count feedback", &sql, values)? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Marks the bot's message as taken back. Returns whether it is known.
    pub fn retract(&self, message: Id) -> Result<bool, Error> {
        let sql = "UPDATE feedback SET retracted = 1 WHERE message_id = ?1";
        Ok(self.write("retract a message", sql, [message.cast_signed()])? > 0)
    }

    /// Removes replies from before `before_ms` that nobody judged. Returns their number.
    pub fn prune_feedback(&self, before_ms: i64) -> Result<usize, Error> {
        let sql = "DELETE FROM feedback WHERE message_id IN
            (SELECT message_id FROM replies WHERE timestamp_ms < ?1 AND positive = 0 AND negative = 0 AND NOT retracted)";
        self.write("prune feedback", sql, [before_ms])
    }

    /// All judged replies of the bot, oldest first. Reactions to all messages of a reply are summed.
    pub fn feedback(&self) -> Result<Vec<FeedbackRow>, Error> {
        self.feedback_where("positive > 0 OR negative > 0 OR retracted", [])
    }

    /// Reply that begins with `message`, judged or not.
    pub fn feedback_of(&self, message: Id) -> Result<Option<FeedbackRow>, Error> {
        Ok(self
            .feedback_where("message_id = ?1", [message.cast_signed()])?
            .pop())
    }

    /// Replies for which the SQL `condition` holds, by message id.
    pub(crate) fn feedback_where(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<FeedbackRow>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM replies WHERE {condition} ORDER BY message_id");
        let rows: Vec<(FeedbackRow, String)> = self
            .connection
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.query_map(values, row)?.collect())
            .map_err(self.failed("read feedback"))?;
        let read = |(row, prompt): (FeedbackRow, String)| {
            let prompt = serde_json::from_str(&prompt).map_err(|source| Error::Prompt {
                path: self.path.clone(),
                message: row.message_id,
                source,
            })?;
            Ok(FeedbackRow { prompt, ..row })
        };
        rows.into_iter().map(read).collect()
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<(FeedbackRow, String)> {
    let feedback = FeedbackRow {
        message_id: row.get::<_, i64>(0)?.cast_unsigned(),
        channel_id: row.get::<_, i64>(1)?.cast_unsigned(),
        timestamp_ms: row.get(2)?,
        reply_to: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
        prompt: Vec::new(),
        reply: row.get(5)?,
        positive: row.get(6)?,
        negative: row.get(7)?,
        retracted: row.get(8)?,
    };
    Ok((feedback, row.get(4)?))
}
