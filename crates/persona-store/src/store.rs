//! The store: opening, and queries on the whole of it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use persona_core::{Author, Channel, Guild, Id};
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, named_params};
use serde::Serialize;

use crate::{batch::Batch, codes, error::Error, schema};

/// Store of chat history and of the bot's data.
#[derive(Debug)]
pub struct Store {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
}

/// Counts of what a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Servers that have channels in the store; channels of unknown servers count as one.
    pub guilds: u64,
    /// Channels and threads.
    pub channels: u64,
    /// People, bots and webhooks who wrote at least one message.
    pub authors: u64,
    /// Everybody with a pseudonym: authors, and people who were only mentioned.
    pub people: u64,
    /// Messages that are not deleted.
    pub messages: u64,
    /// Messages that are marked as deleted.
    pub deleted: u64,
    /// Messages that answer another message, even if that one is deleted or unknown.
    pub replies: u64,
    /// Messages with at least one reaction.
    pub reacted_messages: u64,
    /// Reactions, each person's counted.
    pub reactions: u64,
    /// Odd records.
    pub rejected: u64,
}

/// Channel with the store's own facts about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredChannel {
    /// The channel.
    pub channel: Channel,
    /// Whether the channel is allowed.
    pub allowed: bool,
    /// Newest message ever seen in the channel.
    pub last_message_id: Option<Id>,
}

/// Author with the store's own facts about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAuthor {
    /// The author.
    pub author: Author,
    /// Number of the pseudonym, from 1.
    pub number: u32,
    /// Whether the author opted out.
    pub opted_out: bool,
}

impl StoredAuthor {
    /// Pseudonym: `u` and the number.
    pub fn pseudonym(&self) -> String {
        format!("u{}", self.number)
    }

    /// Reads an author from the six columns of every query of authors.
    pub(crate) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            author: Author {
                id: row.get::<_, i64>(0)?.cast_unsigned(),
                name: row.get(1)?,
                display_name: row.get(2)?,
                is_bot: row.get(3)?,
            },
            number: row.get(4)?,
            opted_out: row.get(5)?,
        })
    }
}

impl Store {
    /// Opens the store at `path` for reading and writing. A missing store is created, with its folder; an older one is
    /// migrated.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            fs::create_dir_all(folder).map_err(|source| Error::Missing {
                path: path.to_owned(),
                source,
            })?;
        }
        let connection =
            Connection::open(path).map_err(schema::database(path, "open it for writing"))?;
        let mut store = Self {
            connection,
            path: path.to_owned(),
        };
        schema::prepare(&store.connection, path)?;
        // This check comes before any write: a database of another program must stay as it is.
        schema::version_of(&store.connection, path)?;
        store
            .connection
            .pragma_update(None, "journal_mode", "wal")
            // With a write-ahead log this survives every kill of the process, without a sync per transaction.
            .and_then(|()| {
                store
                    .connection
                    .pragma_update(None, "synchronous", "normal")
            })
            .map_err(store.failed("open it for writing"))?;
        schema::migrate(&mut store.connection, path)?;
        Ok(store)
    }

    /// Opens the store at `path` for reading. It must exist; an older one is migrated, which needs permission to write.
    pub fn open_read_only(path: &Path) -> Result<Self, Error> {
        if let Err(source) = fs::metadata(path) {
            return Err(Error::Missing {
                path: path.to_owned(),
                source,
            });
        }
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .map_err(schema::database(path, "open it for reading"))?;
        schema::prepare(&connection, path)?;
        if schema::version_of(&connection, path)? == 0 {
            return Err(Error::Missing {
                path: path.to_owned(),
                source: io::Error::new(io::ErrorKind::NotFound, "the database is empty"),
            });
        }
        if schema::is_old(&connection, path)? {
            drop(connection);
            drop(Self::open(path)?);
            return Self::open_read_only(path);
        }
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }

    /// Opens a store in memory.
    pub fn in_memory() -> Result<Self, Error> {
        let path = PathBuf::from(":memory:");
        let mut connection =
            Connection::open_in_memory().map_err(schema::database(&path, "open it"))?;
        schema::prepare(&connection, &path)?;
        schema::migrate(&mut connection, &path)?;
        Ok(Self { connection, path })
    }

    /// Path of the database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a transaction, which is stored as a whole when it is committed.
    pub fn batch(&mut self) -> Result<Batch<'_>, Error> {
        let path = &self.path;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(schema::database(path, "begin a transaction"))?;
        Batch::new(transaction, path)
    }

    /// Counts the rows.
    pub fn counts(&self) -> Result<Counts, Error> {
        let sql = "SELECT (SELECT count(DISTINCT guild_id) FROM channels), (SELECT count(*) FROM channels),
            (SELECT count(DISTINCT author_id) FROM messages), (SELECT count(*) FROM authors),
            (SELECT count(*) FROM messages WHERE NOT deleted), (SELECT count(*) FROM messages WHERE deleted),
            (SELECT count(*) FROM messages WHERE kind = 'reply' AND NOT deleted),
            (SELECT count(DISTINCT message_id) FROM reactions JOIN messages ON messages.id = message_id WHERE NOT deleted),
            (SELECT coalesce(sum(count), 0) FROM reactions JOIN messages ON messages.id = message_id WHERE NOT deleted),
            (SELECT count(*) FROM rejected)";
        self.connection
            .query_row(sql, [], |row| {
                let count = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
                Ok(Counts {
                    guilds: count(0)?,
                    channels: count(1)?,
                    authors: count(2)?,
                    people: count(3)?,
                    messages: count(4)?,
                    deleted: count(5)?,
                    replies: count(6)?,
                    reacted_messages: count(7)?,
                    reactions: count(8)?,
                    rejected: count(9)?,
                })
            })
            .map_err(self.failed("count its rows"))
    }

    /// Whether the store has any message; false if it cannot be read.
    pub fn has_messages(&self) -> bool {
        let sql = "SELECT 1 FROM messages LIMIT 1";
        self.connection.query_row(sql, [], |_| Ok(())).is_ok()
    }

    /// All servers, by id.
    pub fn guilds(&self) -> Result<Vec<Guild>, Error> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, name FROM guilds ORDER BY id")
            .map_err(self.failed("read guilds"))?;
        statement
            .query_map([], |row| {
                Ok(Guild {
                    id: row.get::<_, i64>(0)?.cast_unsigned(),
                    name: row.get(1)?,
                })
            })
            .and_then(Iterator::collect)
            .map_err(self.failed("read guilds"))
    }

    /// All channels and threads, by id.
    pub fn channels(&self) -> Result<Vec<StoredChannel>, Error> {
        self.channels_where("ORDER BY id", [])
    }

    pub(crate) fn channels_where(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<StoredChannel>, Error> {
        let sql = format!(
            "SELECT id, guild_id, parent_id, kind, name, topic, allowed, last_message_id FROM channels {condition}"
        );
        let mut statement = self
            .connection
            .prepare_cached(&sql)
            .map_err(self.failed("read channels"))?;
        let mut rows = statement
            .query(values)
            .map_err(self.failed("read channels"))?;
        let mut channels = Vec::new();
        while let Some(row) = rows.next().map_err(self.failed("read channels"))? {
            channels.push(self.channel_of(row)?);
        }
        Ok(channels)
    }

    fn channel_of(&self, row: &rusqlite::Row<'_>) -> Result<StoredChannel, Error> {
        let kind: String = row.get(3).map_err(self.failed("read channels"))?;
        let kind = codes::read_channel_kind(&self.path, &kind)?;
        let read = || -> rusqlite::Result<StoredChannel> {
            Ok(StoredChannel {
                channel: Channel {
                    id: row.get::<_, i64>(0)?.cast_unsigned(),
                    guild_id: row.get::<_, i64>(1)?.cast_unsigned(),
                    parent_id: row.get::<_, Option<i64>>(2)?.map(i64::cast_unsigned),
                    kind,
                    name: row.get(4)?,
                    topic: row.get(5)?,
                },
                allowed: row.get(6)?,
                last_message_id: row.get::<_, Option<i64>>(7)?.map(i64::cast_unsigned),
            })
        };
        read().map_err(self.failed("read channels"))
    }

    /// All authors and mentioned people, by id.
    pub fn authors(&self) -> Result<Vec<StoredAuthor>, Error> {
        let sql =
            "SELECT id, name, display_name, is_bot, pseudonym, opted_out FROM authors ORDER BY id";
        let mut statement = self
            .connection
            .prepare_cached(sql)
            .map_err(self.failed("read authors"))?;
        statement
            .query_map([], StoredAuthor::read)
            .and_then(Iterator::collect)
            .map_err(self.failed("read authors"))
    }

    /// Pseudonym of an author, `u<N>`; `None` if the id is unknown.
    pub fn pseudonym(&self, author: Id) -> Result<Option<String>, Error> {
        self.connection
            .prepare_cached("SELECT pseudonym FROM authors WHERE id = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([author.cast_signed()], |row| row.get::<_, u32>(0))
                    .optional()
            })
            .map(|number| number.map(|number| format!("u{number}")))
            .map_err(self.failed("read authors"))
    }

    /// Sets whether an author opted out. Returns whether the author is known. Vectors of the author's messages are
    /// removed at once, and computed again after an opt-in.
    pub fn set_opted_out(&mut self, author: Id, opted_out: bool) -> Result<bool, Error> {
        let sql = "UPDATE authors SET opted_out = :flag WHERE id = :id";
        let known = self.set_flag(sql, author, opted_out)?;
        if opted_out {
            let sql = "DELETE FROM embeddings WHERE message_id IN (SELECT id FROM messages WHERE author_id = ?1)";
            self.write("remove vectors", sql, [author.cast_signed()])?;
        }
        Ok(known)
    }

    /// Sets whether a channel is allowed. Returns whether the channel is known.
    pub fn set_allowed(&mut self, channel: Id, allowed: bool) -> Result<bool, Error> {
        let sql = "UPDATE channels SET allowed = :flag WHERE id = :id";
        self.set_flag(sql, channel, allowed)
    }

    fn set_flag(&mut self, sql: &str, id: Id, flag: bool) -> Result<bool, Error> {
        self.connection
            .execute(
                sql,
                named_params! { ":flag": flag, ":id": id.cast_signed() },
            )
            .map(|changed| changed > 0)
            .map_err(self.failed("set a flag"))
    }

    /// Error for `map_err`: `action` failed on this store.
    pub(crate) fn failed(&self, action: &'static str) -> impl FnOnce(rusqlite::Error) -> Error {
        schema::database(&self.path, action)
    }
}
