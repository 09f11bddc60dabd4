//! Figures of the bot by day.

use std::collections::BTreeMap;

use rusqlite::named_params;

use crate::{error::Error, store::Store};

impl Store {
    /// Adds `delta` to the figure `name` of `day` (`2026-01-31`), from 0.
    pub fn add_statistics(&self, day: &str, name: &str, delta: f64) -> Result<(), Error> {
        let sql = "INSERT INTO bot_statistics (day, name, value) VALUES (:day, :name, :value)
            ON CONFLICT DO UPDATE SET value = value + excluded.value";
        self.write_figure(sql, day, name, delta)
    }

    /// Sets the figure `name` of `day`.
    pub fn set_statistic(&self, day: &str, name: &str, value: f64) -> Result<(), Error> {
        let sql = "INSERT INTO bot_statistics (day, name, value) VALUES (:day, :name, :value)
            ON CONFLICT DO UPDATE SET value = excluded.value";
        self.write_figure(sql, day, name, value)
    }

    /// Figures of `day` by name.
    pub fn statistics(&self, day: &str) -> Result<BTreeMap<String, f64>, Error> {
        let sql = "SELECT name, value FROM bot_statistics WHERE day = ?1 ORDER BY name";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement
                    .query_map([day], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect()
            })
            .map_err(self.failed("read statistics"))
    }

    /// Days that have figures, the latest first.
    pub fn statistic_days(&self) -> Result<Vec<String>, Error> {
        self.connection
            .prepare_cached("SELECT DISTINCT day FROM bot_statistics ORDER BY day DESC")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
            .map_err(self.failed("read statistics"))
    }

    fn write_figure(&self, sql: &str, day: &str, name: &str, value: f64) -> Result<(), Error> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement.execute(named_params! { ":day": day, ":name": name, ":value": value })
            })
            .map(|_| ())
            .map_err(self.failed("write statistics"))
    }
}
