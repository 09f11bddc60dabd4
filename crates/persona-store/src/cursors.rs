//! How far each channel has been read from Discord.

use persona_core::Id;
use rusqlite::OptionalExtension;

use crate::{batch::Batch, codes, error::Error, store::Store};

impl Store {
    /// The newest message up to which `channel` was read without a gap; `None` where nothing was.
    pub fn cursor(&self, channel: Id) -> Result<Option<Id>, Error> {
        self.connection
            .prepare_cached("SELECT after_id FROM cursors WHERE channel_id = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([channel.cast_signed()], |row| row.get::<_, i64>(0))
                    .optional()
            })
            .map(|cursor| cursor.map(i64::cast_unsigned))
            .map_err(self.failed("read a cursor"))
    }
}

impl Batch<'_> {
    /// Notes that `channel` was read without a gap up to the message `after`, usually with the page that ends there.
    /// A cursor may also be set back, to read again from there.
    pub fn set_cursor(&self, channel: Id, after: Id) -> Result<(), Error> {
        let values = [codes::id("channel", channel)?, codes::id("message", after)?];
        let sql = "INSERT INTO cursors (channel_id, after_id) VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET after_id = excluded.after_id";
        self.execute("set a cursor", sql, values)?;
        Ok(())
    }
}
