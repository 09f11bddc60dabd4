//! Resync: marks messages of a range that are gone or back since it was read first.

use std::collections::BTreeSet;

use persona_core::Id;

use crate::{batch::Batch, codes, error::Error, store::Store};

/// Range of a channel that was read again completely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reread {
    /// The channel.
    pub channel: Id,
    /// Id after which the range begins.
    pub after: Id,
    /// Last message id of the range.
    pub up_to: Id,
    /// Time of the request, in milliseconds since 1970-01-01 UTC. Messages seen later are not judged by it.
    pub asked_ms: i64,
}

impl Reread {
    fn range(&self) -> Result<[i64; 3], Error> {
        Ok([
            codes::id("channel", self.channel)?,
            codes::id("message", self.after)?,
            codes::id("message", self.up_to)?,
        ])
    }
}

impl Store {
    /// Newest message of `channel` that is older than `message` and not deleted.
    pub fn newest_before(&self, channel: Id, message: Id) -> Result<Option<Id>, Error> {
        let sql = "SELECT id FROM messages WHERE channel_id = ?1 AND id < ?2 AND NOT deleted ORDER BY id DESC LIMIT 1";
        let values = [
            codes::id("channel", channel)?,
            codes::id("message", message)?,
        ];
        Ok(self.ids("read messages", sql, values)?.pop())
    }
}

impl Batch<'_> {
    /// Marks messages of the range `part` that are not `present` as deleted. Returns their number.
    pub fn mark_missing(&self, part: Reread, present: &BTreeSet<Id>) -> Result<u64, Error> {
        let sql = "SELECT id FROM messages
            WHERE channel_id = ?1 AND id > ?2 AND id <= ?3 AND observed_ms < ?4 AND NOT deleted ORDER BY id";
        let mut missing = 0;
        let [channel, after, up_to] = part.range()?;
        let values = [channel, after, up_to, part.asked_ms];
        let ids = self.rows_where("read messages", sql, values, |row| row.get::<_, i64>(0))?;
        for id in ids {
            if !present.contains(&id.cast_unsigned()) && self.mark_deleted(id.cast_unsigned())? {
                missing += 1;
            }
        }
        Ok(missing)
    }

    /// Unmarks messages of the range `part` that are `present` but were marked as deleted. Returns their number.
    pub fn restore_present(&self, part: Reread, present: &BTreeSet<Id>) -> Result<u64, Error> {
        let sql = "SELECT id FROM messages
            WHERE channel_id = ?1 AND id > ?2 AND id <= ?3 AND deleted ORDER BY id";
        let mut restored = 0;
        let ids = self.rows_where("read messages", sql, part.range()?, |row| {
            row.get::<_, i64>(0)
        })?;
        for id in ids {
            if present.contains(&id.cast_unsigned()) {
                let sql = "UPDATE messages SET deleted = 0 WHERE id = ?1";
                restored += self.execute("take back a mark of deletion", sql, [id])? as u64;
            }
        }
        Ok(restored)
    }
}
