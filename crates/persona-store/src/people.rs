//! Storing guilds, channels and authors: the latest observation of each row wins.

use persona_core::{Author, Channel, Guild, Id, Mention};
use rusqlite::named_params;

use crate::{
    batch::{Batch, Change},
    codes,
    error::Error,
};

/// Observation time of facts that any other source knows better, such as the name in a mention.
const WEAKEST_OBSERVATION_MS: i64 = i64::MIN;

impl Batch<'_> {
    /// Stores a guild as a source saw it at `observed_ms`.
    pub fn upsert_guild(&self, guild: &Guild, observed_ms: i64) -> Result<Change, Error> {
        const ACTION: &str = "store a guild";
        let id = codes::id("guild", guild.id)?;
        let sql = "SELECT observed_ms, name FROM guilds WHERE id = ?1";
        let stored = self.row(ACTION, sql, id, |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        let change = match &stored {
            None => Change::New,
            Some((seen, name)) if (*seen, name) >= (observed_ms, &guild.name) => {
                return Ok(Change::Unchanged);
            }
            Some((_, name)) if *name == guild.name => Change::Unchanged,
            Some(_) => Change::Updated,
        };
        let sql = "INSERT INTO guilds (id, name, observed_ms) VALUES (:id, :name, :observed)
            ON CONFLICT DO UPDATE SET name = excluded.name, observed_ms = excluded.observed_ms";
        let values = named_params! { ":id": id, ":name": guild.name, ":observed": observed_ms };
        self.execute(ACTION, sql, values)?;
        Ok(change)
    }

    /// Stores a channel as a source saw it at `observed_ms`. Its flag `allowed` stays; new channels are allowed.
    pub fn upsert_channel(&self, channel: &Channel, observed_ms: i64) -> Result<Change, Error> {
        const ACTION: &str = "store a channel";
        let id = codes::id("channel", channel.id)?;
        let guild = codes::id("guild", channel.guild_id)?;
        let parent = codes::optional_id("parent channel", channel.parent_id)?;
        let kind = codes::channel_kind(channel.kind);
        let sql = "SELECT observed_ms, name, topic, kind, guild_id, parent_id FROM channels WHERE id = ?1";
        let stored = self.row(ACTION, sql, id, |row| {
            let facts: (String, Option<String>, String, i64, Option<i64>) = (
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            );
            Ok((row.get::<_, i64>(0)?, facts))
        })?;
        let facts = (
            channel.name.clone(),
            channel
                .topic
                .as_deref()
                .map(|topic| self.marks().scrub_text(topic)),
            kind.to_owned(),
            guild,
            parent,
        );
        let change = match &stored {
            None => Change::New,
            Some((seen, known)) if (*seen, known) >= (observed_ms, &facts) => {
                return Ok(Change::Unchanged);
            }
            Some((_, known)) if *known == facts => Change::Unchanged,
            Some(_) => Change::Updated,
        };
        self.ensure_guild(guild)?;
        let sql = "INSERT INTO channels (id, guild_id, parent_id, kind, name, topic, observed_ms)
            VALUES (:id, :guild, :parent, :kind, :name, :topic, :observed)
            ON CONFLICT DO UPDATE SET guild_id = excluded.guild_id, parent_id = excluded.parent_id, kind = excluded.kind,
            name = excluded.name, topic = excluded.topic, observed_ms = excluded.observed_ms";
        let values = named_params! {
            ":id": id, ":guild": guild, ":parent": parent, ":kind": kind,
            ":name": channel.name, ":topic": facts.1, ":observed": observed_ms,
        };
        self.execute(ACTION, sql, values)?;
        Ok(change)
    }

    /// Sets whether a channel is allowed. Returns whether the channel is known.
    pub fn set_allowed(&self, channel: Id, allowed: bool) -> Result<bool, Error> {
        let id = codes::id("channel", channel)?;
        let sql = "UPDATE channels SET allowed = ?2 WHERE id = ?1 AND allowed != ?2";
        self.execute("set a flag", sql, [id, i64::from(allowed)])?;
        let sql = "SELECT 1 FROM channels WHERE id = ?1";
        Ok(self.row("read channels", sql, id, |_| Ok(()))?.is_some())
    }

    /// Stores an author as a source saw it at `observed_ms`. A new author gets the next pseudonym number; a forgotten
    /// person is not stored.
    pub fn upsert_author(&self, author: &Author, observed_ms: i64) -> Result<Change, Error> {
        const ACTION: &str = "store an author";
        let id = codes::id("author", author.id)?;
        if self.marks().contain(author.id) {
            return Ok(Change::Forgotten);
        }
        let sql = "SELECT observed_ms, name, display_name, is_bot FROM authors WHERE id = ?1";
        let stored = self.row(ACTION, sql, id, |row| {
            let facts: (String, String, bool) = (row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((row.get::<_, i64>(0)?, facts))
        })?;
        let facts = (
            author.name.clone(),
            author.display_name.clone(),
            author.is_bot,
        );
        let Some((seen, known)) = stored else {
            self.insert_author(id, author, observed_ms)?;
            return Ok(Change::New);
        };
        if (seen, &known) >= (observed_ms, &facts) {
            return Ok(Change::Unchanged);
        }
        let sql = "UPDATE authors SET name = :name, display_name = :display, is_bot = :bot, observed_ms = :observed WHERE id = :id";
        let values = named_params! {
            ":id": id, ":name": author.name, ":display": author.display_name, ":bot": author.is_bot, ":observed": observed_ms,
        };
        self.execute(ACTION, sql, values)?;
        Ok(if known == facts {
            Change::Unchanged
        } else {
            Change::Updated
        })
    }

    /// Makes sure that a mentioned person has a row, and with it a pseudonym.
    pub(crate) fn ensure_person(&self, mention: &Mention) -> Result<(), Error> {
        let person = Author {
            id: mention.id,
            name: mention.name.clone(),
            display_name: mention.display_name.clone(),
            is_bot: false,
        };
        self.upsert_author(&person, WEAKEST_OBSERVATION_MS)?;
        Ok(())
    }

    /// Makes sure that a channel's guild has a row, even where no source names it.
    fn ensure_guild(&self, id: i64) -> Result<(), Error> {
        let sql = "INSERT OR IGNORE INTO guilds (id, name, observed_ms) VALUES (?1, '', ?2)";
        self.execute("store a guild", sql, [id, WEAKEST_OBSERVATION_MS])?;
        Ok(())
    }

    fn insert_author(&self, id: i64, author: &Author, observed_ms: i64) -> Result<(), Error> {
        const ACTION: &str = "store an author";
        let sql = "UPDATE counters SET value = value + 1 WHERE name = 'pseudonym'";
        self.execute(ACTION, sql, [])?;
        let sql = "INSERT INTO authors (id, pseudonym, name, display_name, is_bot, observed_ms)
            SELECT :id, value, :name, :display, :bot, :observed FROM counters WHERE name = 'pseudonym'";
        let values = named_params! {
            ":id": id, ":name": author.name, ":display": author.display_name, ":bot": author.is_bot, ":observed": observed_ms,
        };
        self.execute(ACTION, sql, values)?;
        Ok(())
    }
}
