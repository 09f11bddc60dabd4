//! Cursors: how far each channel has been read from Discord.

use persona_core::Id;
use rusqlite::OptionalExtension;

use crate::{batch::Batch, codes, error::Error, store::Store};

/// Range of a channel that was read without a gap: after `begin`, up to `after`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Id up to which messages were not requested; 0 if all were.
    pub begin: Id,
    /// Newest message that was read.
    pub after: Id,
    /// Pages read since the channel was last read to its end.
    pub pages: u32,
}

impl Store {
    /// Cursor of `channel`; `None` where nothing was read.
    pub fn cursor(&self, channel: Id) -> Result<Option<Cursor>, Error> {
        let sql = "SELECT begin_id, after_id, pages FROM cursors WHERE channel_id = ?1";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                let read = |row: &rusqlite::Row<'_>| {
                    Ok(Cursor {
                        begin: row.get::<_, i64>(0)?.cast_unsigned(),
                        after: row.get::<_, i64>(1)?.cast_unsigned(),
                        pages: row.get(2)?,
                    })
                };
                statement
                    .query_row([channel.cast_signed()], read)
                    .optional()
            })
            .map_err(self.failed("read a cursor"))
    }
}

impl Batch<'_> {
    /// Sets the cursor of `channel`, usually together with the page that ends there. It may also be set back, to read
    /// again from there.
    pub fn set_cursor(&self, channel: Id, cursor: Cursor) -> Result<(), Error> {
        let values = [
            codes::id("channel", channel)?,
            codes::id("message", cursor.begin)?,
            codes::id("message", cursor.after)?,
            i64::from(cursor.pages),
        ];
        let sql = "INSERT INTO cursors (channel_id, begin_id, after_id, pages) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET begin_id = excluded.begin_id, after_id = excluded.after_id, pages = excluded.pages";
        self.execute("set a cursor", sql, values)?;
        Ok(())
    }
}
