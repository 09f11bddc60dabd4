//! Settings of the bot: JSON values by key, for one server or for all.

use std::collections::BTreeMap;

use persona_core::Id;
use rusqlite::{OptionalExtension, named_params};

use crate::{codes, error::Error, store::Store};

/// Guild id of settings that hold in every server without its own.
const EVERY_GUILD: i64 = 0;

impl Store {
    /// All settings of `guild`, as JSON by key: its own, otherwise those of guild 0.
    pub fn settings(&self, guild: Id) -> Result<BTreeMap<String, String>, Error> {
        // Settings of guild 0 come first, so that the guild's own replace them.
        let sql =
            "SELECT key, value FROM bot_settings WHERE guild_id IN (?1, ?2) ORDER BY guild_id";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement
                    .query_map([EVERY_GUILD, guild.cast_signed()], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })?
                    .collect()
            })
            .map_err(self.failed("read settings"))
    }

    /// Setting as JSON: that of the guild, otherwise that of guild 0.
    pub fn setting(&self, guild: Id, key: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT value FROM bot_settings WHERE guild_id IN (:every, :guild) AND key = :key
            ORDER BY guild_id DESC LIMIT 1";
        let values =
            named_params! { ":every": EVERY_GUILD, ":guild": guild.cast_signed(), ":key": key };
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(values, |row| row.get(0)).optional())
            .map_err(self.failed("read a setting"))
    }

    /// Sets `key` to a JSON value in `guild` (0: everywhere), or removes the setting, so that the one of guild 0 holds
    /// again.
    pub fn set_setting(&self, guild: Id, key: &str, value: Option<&str>) -> Result<(), Error> {
        let guild = codes::id("guild", guild)?;
        let result = match value {
            Some(value) => self.connection.execute(
                "INSERT INTO bot_settings (guild_id, key, value) VALUES (:guild, :key, :value)
                ON CONFLICT DO UPDATE SET value = excluded.value",
                named_params! { ":guild": guild, ":key": key, ":value": value },
            ),
            None => self.connection.execute(
                "DELETE FROM bot_settings WHERE guild_id = :guild AND key = :key",
                named_params! { ":guild": guild, ":key": key },
            ),
        };
        result.map(|_| ()).map_err(self.failed("write a setting"))
    }
}
