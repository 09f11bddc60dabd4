//! Vectors of messages, and the search for the nearest ones.

use std::collections::BTreeSet;

use persona_core::{Id, Message};
use rusqlite::{OptionalExtension, named_params};

use crate::{batch::Batch, codes, error::Error, store::Store, vectors};

const SEARCH: &str = "search vectors";

/// A message similar to a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// The message.
    pub message_id: Id,
    /// Dot product of the message's vector and the query; for vectors of unit length, the cosine.
    pub similarity: f64,
}

/// Channels to search, and messages to leave out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Channels to search; `None`: all that are allowed.
    pub channels: Option<BTreeSet<Id>>,
    /// Messages to leave out.
    pub exclude: BTreeSet<Id>,
}

/// Selects messages that should get a vector of the model `:model` and have none. A cross join keeps the order of the
/// tables.
const UNEMBEDDED: &str = "FROM messages CROSS JOIN channels ON channels.id = channel_id CROSS JOIN authors ON authors.id = author_id
    WHERE messages.id > :after AND NOT deleted AND messages.kind IN ('default', 'reply') AND content <> ''
    AND allowed AND NOT opted_out AND NOT is_bot AND NOT EXISTS (SELECT 1 FROM embeddings JOIN embedders ON embedders.id = embedder_id
        WHERE message_id = messages.id AND embedders.name = :model)";

impl Store {
    /// Messages with ids above `after` that have no vector of `model` and may be retrieved, by id: messages of people
    /// with text, from allowed channels. Reactions are left out.
    pub fn unembedded(&self, model: &str, after: Id, limit: usize) -> Result<Vec<Message>, Error> {
        let sql = format!("SELECT messages.id {UNEMBEDDED} ORDER BY messages.id LIMIT :limit");
        let values = named_params! {
            ":model": model,
            ":after": codes::id("message", after)?,
            ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
        };
        let ids: Vec<i64> = self
            .connection
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.query_map(values, |row| row.get(0))?.collect())
            .map_err(self.failed("look for messages without a vector"))?;
        let mut messages = Vec::with_capacity(ids.len());
        for id in ids {
            messages.extend(self.message(id.cast_unsigned())?);
        }
        Ok(messages)
    }

    /// Number of messages that [`Store::unembedded`] would return without a limit.
    pub fn count_unembedded(&self, model: &str) -> Result<u64, Error> {
        let sql = format!("SELECT count(*) {UNEMBEDDED}");
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                statement.query_row(named_params! { ":model": model, ":after": -1 }, |row| {
                    row.get::<_, i64>(0)
                })
            })
            .map(i64::cast_unsigned)
            .map_err(self.failed("look for messages without a vector"))
    }

    /// Number of vectors of `model`.
    pub fn count_embedded(&self, model: &str) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM embeddings JOIN embedders ON embedders.id = embedder_id WHERE name = ?1";
        self.connection
            .query_row(sql, [model], |row| row.get::<_, i64>(0))
            .map(i64::cast_unsigned)
            .map_err(self.failed("count vectors"))
    }

    /// Removes the vectors of all models but `model`. Returns their number.
    pub fn drop_other_embeddings(&self, model: &str) -> Result<usize, Error> {
        let others = "(SELECT id FROM embedders WHERE name <> ?1)";
        let vectors = format!("DELETE FROM embeddings WHERE embedder_id IN {others}");
        let gone = self.write("remove vectors", &vectors, [model])?;
        self.write(
            "remove vectors",
            "DELETE FROM embedders WHERE name <> ?1",
            [model],
        )?;
        Ok(gone)
    }

    /// The `count` messages in `scope` whose vectors of `model` are most similar to `query`, the most similar first.
    /// Every vector is compared. Deleted messages, channels that are not allowed and people who opted out are left out.
    pub fn nearest(
        &self,
        model: &str,
        query: &[f32],
        count: usize,
        scope: &Scope,
    ) -> Result<Vec<Neighbour>, Error> {
        let _snapshot = self.snapshot()?;
        let Some((embedder, dimensions)) = self.embedder(model)? else {
            return Ok(Vec::new());
        };
        self.check_length(model, query, dimensions)?;
        let mut found: Vec<Neighbour> = Vec::with_capacity(count + 1);
        let sql =
            "SELECT message_id, similarity(vector, ?2) FROM embeddings WHERE embedder_id = ?1";
        let mut statement = self
            .connection
            .prepare_cached(sql)
            .map_err(self.failed(SEARCH))?;
        let mut rows = statement
            .query((embedder, vectors::query(query)))
            .map_err(self.failed(SEARCH))?;
        while let Some(row) = rows.next().map_err(self.failed(SEARCH))? {
            let read = || Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?));
            let (message_id, similarity) = read().map_err(self.failed(SEARCH))?;
            let worst = found
                .last()
                .map_or(f64::NEG_INFINITY, |last| last.similarity);
            if found.len() == count && similarity <= worst || !self.is_in(message_id, scope)? {
                continue;
            }
            let place = found.partition_point(|other| other.similarity >= similarity);
            found.insert(
                place,
                Neighbour {
                    message_id,
                    similarity,
                },
            );
            found.truncate(count);
        }
        Ok(found)
    }

    /// Whether a message may be found. Only messages that would be among the nearest are checked.
    fn is_in(&self, message: Id, scope: &Scope) -> Result<bool, Error> {
        if scope.exclude.contains(&message) {
            return Ok(false);
        }
        let sql = "SELECT channel_id FROM messages JOIN channels ON channels.id = channel_id JOIN authors ON authors.id = author_id
            WHERE messages.id = ?1 AND NOT deleted AND allowed AND NOT opted_out";
        let channel = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement
                    .query_row([message.cast_signed()], |row| row.get::<_, i64>(0))
                    .optional()
            })
            .map_err(self.failed(SEARCH))?;
        let within = |channel: i64| {
            let channels = scope.channels.as_ref();
            channels.is_none_or(|channels| channels.contains(&channel.cast_unsigned()))
        };
        Ok(channel.is_some_and(within))
    }

    fn embedder(&self, model: &str) -> Result<Option<(i64, usize)>, Error> {
        self.connection
            .prepare_cached("SELECT id, dimensions FROM embedders WHERE name = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([model], |row| {
                        Ok((row.get(0)?, row.get::<_, u32>(1)? as usize))
                    })
                    .optional()
            })
            .map_err(self.failed(SEARCH))
    }

    fn check_length(&self, model: &str, vector: &[f32], expected: usize) -> Result<(), Error> {
        check_length(&self.path, model, vector, expected)
    }
}

fn check_length(
    path: &std::path::Path,
    model: &str,
    vector: &[f32],
    expected: usize,
) -> Result<(), Error> {
    if vector.len() == expected {
        return Ok(());
    }
    Err(Error::Dimensions {
        path: path.to_owned(),
        model: model.to_owned(),
        found: vector.len(),
        expected,
    })
}

impl Batch<'_> {
    /// Stores the vector of a message, in place of an older one of the same model. Returns whether it was stored: not
    /// if the message was removed meanwhile.
    pub fn put_embedding(&self, message: Id, model: &str, vector: &[f32]) -> Result<bool, Error> {
        const ACTION: &str = "keep a vector";
        let sql = "INSERT OR IGNORE INTO embedders (name, dimensions) VALUES (?1, ?2)";
        self.execute(ACTION, sql, (model, vector.len() as i64))?;
        let sql = "SELECT id, dimensions FROM embedders WHERE name = ?1";
        let (embedder, dimensions): (i64, u32) = self
            .row_where(ACTION, sql, [model], |row| Ok((row.get(0)?, row.get(1)?)))?
            .unwrap_or_default();
        check_length(self.path(), model, vector, dimensions as usize)?;
        let sql = "INSERT INTO embeddings (message_id, embedder_id, vector)
            SELECT id, :embedder, :vector FROM messages WHERE id = :message AND NOT deleted
            ON CONFLICT DO UPDATE SET vector = excluded.vector";
        let values = named_params! {
            ":message": codes::id("message", message)?,
            ":embedder": embedder,
            ":vector": vectors::stored(vector),
        };
        Ok(self.execute(ACTION, sql, values)? > 0)
    }

    /// Removes the vectors of a message whose text changed.
    pub(crate) fn drop_vectors(&self, message: i64) -> Result<(), Error> {
        let sql = "DELETE FROM embeddings WHERE message_id = ?1";
        self.execute("remove vectors", sql, [message])?;
        Ok(())
    }
}
