//! Forgetting a person: removal from all of the store.

use persona_core::{Id, Message, atomic};
use rusqlite::{Connection, TransactionBehavior, named_params};
use serde::Serialize;

use crate::{
    codes,
    error::Error,
    marks::{self, Marks},
    read, schema,
    sql::execute,
    store::Store,
    traces,
};

const ACTION: &str = "forget a person";

/// Numbers of rows removed for a forgotten person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Pseudonym that the person had, if the store knew them.
    pub pseudonym: Option<String>,
    /// Messages that the person wrote.
    pub messages: u64,
    /// Reactions to those messages.
    pub reactions: u64,
    /// Messages of others that mentioned the person; they have `@someone` there now.
    pub mentions: u64,
    /// Messages of others that hold the person's account name as a plain word. They stay: the word may mean anything.
    pub plain_names: u64,
    /// Vectors of messages.
    pub embeddings: u64,
    /// Messages in the bot's live memory.
    pub memory: u64,
    /// Replies of the bot whose prompt held words of the person.
    pub feedback: u64,
    /// Odd records that held the person's id or name.
    pub rejected: u64,
    /// Settings of the bot that held the person's id.
    pub settings: u64,
    /// Whether the file was cleaned too. If another program was reading it, old bytes may stay in the file until that
    /// program closes the store and the file is [wiped](Store::wipe) again.
    pub wiped: bool,
}

impl Store {
    /// Removes everything about a person and keeps them out from now on, however often their messages are read again.
    ///
    /// Messages, vectors, live memory and the person's own row are removed; mentions by others become `@someone`. What
    /// stays are ids of messages that replies point at, and a salted hash of the person's id.
    pub fn forget(&mut self, author: Id) -> Result<Forgotten, Error> {
        let id = codes::id("author", author)?;
        let path = self.path.clone();
        let failed = || schema::database(&path, ACTION);
        // This overwrites the bytes of deleted rows.
        self.connection
            .pragma_update(None, "secure_delete", true)
            .map_err(failed())?;
        let pseudonym = self.pseudonym(author)?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed())?;
        let mut done = remove(&transaction, id, pseudonym).map_err(failed())?;
        Marks::add(&transaction, author).map_err(failed())?;
        transaction.commit().map_err(failed())?;
        done.wiped = self.wipe()?;
        Ok(done)
    }

    /// Preview of [`Store::forget`]: the same numbers, nothing removed.
    pub fn preview_forget(&mut self, author: Id) -> Result<Forgotten, Error> {
        let id = codes::id("author", author)?;
        let pseudonym = self.pseudonym(author)?;
        let failed = || schema::database(&self.path, ACTION);
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed())?;
        // Dropped without a commit, the transaction leaves everything as it was.
        remove(&transaction, id, pseudonym).map_err(failed())
    }

    /// Writes the file anew, so that it holds no removed bytes. Returns whether the write-ahead log could be emptied as
    /// well: not while another program reads.
    pub fn wipe(&self) -> Result<bool, Error> {
        const ACTION: &str = "clean its file";
        self.connection
            .execute_batch("VACUUM")
            .map_err(self.failed(ACTION))?;
        let busy: bool = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(self.failed(ACTION))?;
        atomic::remove(&self.path.with_extension("partial"))?;
        Ok(!busy)
    }

    /// Whether a person was forgotten.
    pub fn is_forgotten(&self, author: Id) -> Result<bool, Error> {
        let marks = Marks::load(&self.connection).map_err(self.failed("read who was forgotten"))?;
        Ok(marks.contain(author))
    }

    /// Number of forgotten people. Who they were is not known any more.
    pub fn forgotten(&self) -> Result<u64, Error> {
        let marks = Marks::load(&self.connection).map_err(self.failed("read who was forgotten"))?;
        Ok(marks.len() as u64)
    }

    /// Readmits a forgotten person from now on. Returns whether they were forgotten.
    pub fn readmit(&self, author: Id) -> Result<bool, Error> {
        Marks::remove(&self.connection, author).map_err(self.failed("let a person in again"))
    }
}

/// Removes the rows of a person, and the person's names from rows of others.
fn remove(
    connection: &Connection,
    id: i64,
    pseudonym: Option<String>,
) -> rusqlite::Result<Forgotten> {
    let names = names(connection, id)?;
    let count = |sql: &str| {
        connection
            .query_row(sql, [id], |row| row.get::<_, i64>(0))
            .map(i64::cast_unsigned)
    };
    let embeddings = count(
        "SELECT count(*) FROM embeddings JOIN messages ON messages.id = message_id WHERE author_id = ?1",
    )?;
    let reactions = count(
        "SELECT count(*) FROM reactions JOIN messages ON messages.id = message_id WHERE author_id = ?1",
    )?;
    let rejected = traces::remove_rejected(connection, id, &names)?;
    let messages = execute(
        connection,
        "DELETE FROM messages WHERE author_id = ?1",
        [id],
    )?;
    let mentions = scrub_messages(connection, id)?;
    let plain_names = count_plain_names(connection, id)?;
    execute(
        connection,
        "DELETE FROM mentions WHERE author_id = ?1",
        [id],
    )?;
    traces::scrub_channels(connection, id, &names)?;
    let memory = execute(
        connection,
        "DELETE FROM conversation_memory WHERE author_id = ?1",
        [id],
    )?;
    traces::remove_direct(connection, id)?;
    let mut feedback = 0;
    if let Some(pseudonym) = &pseudonym {
        traces::scrub_memory(connection, pseudonym)?;
        feedback = traces::scrub_feedback(connection, pseudonym)?;
    }
    let settings = traces::scrub_settings(connection, id)?;
    execute(connection, "DELETE FROM authors WHERE id = ?1", [id])?;
    Ok(Forgotten {
        pseudonym,
        messages,
        reactions,
        mentions,
        plain_names,
        embeddings,
        memory,
        feedback,
        rejected,
        settings,
        wiped: false,
    })
}

/// All known names of the person.
fn names(connection: &Connection, id: i64) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM authors WHERE id = ?1 UNION SELECT display_name FROM authors WHERE id = ?1
        UNION SELECT name FROM mentions WHERE author_id = ?1 UNION SELECT display_name FROM mentions WHERE author_id = ?1";
    let names: Vec<String> = connection
        .prepare(sql)?
        .query_map([id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(names.into_iter().filter(|name| !name.is_empty()).collect())
}

/// Replaces mentions of the person in messages of others. Returns the number of messages.
fn scrub_messages(connection: &Connection, id: i64) -> rusqlite::Result<u64> {
    let sql = "SELECT id, content FROM messages WHERE id IN (SELECT message_id FROM mentions WHERE author_id = ?1)
        OR instr(content, '<@' || ?1 || '>') OR instr(content, '<@!' || ?1 || '>')";
    let carriers: Vec<(i64, String)> = connection
        .prepare(sql)?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (message_id, content) in &carriers {
        let sql = "SELECT author_id, name, display_name FROM mentions WHERE message_id = ?1 ORDER BY position";
        let mentions = connection
            .prepare_cached(sql)?
            .query_map([message_id], |row| read::mention(row, 0))?
            .collect::<rusqlite::Result<_>>()?;
        let message = Message {
            content: content.clone(),
            mentions,
            ..Message::default()
        };
        let scrubbed = marks::scrubbed(&message, &|found| found == id.cast_unsigned());
        if scrubbed == *content {
            continue;
        }
        let values = named_params! { ":id": message_id, ":content": scrubbed };
        execute(
            connection,
            "UPDATE messages SET content = :content WHERE id = :id",
            values,
        )?;
        execute(
            connection,
            "DELETE FROM embeddings WHERE message_id = ?1",
            [message_id],
        )?;
    }
    Ok(carriers.len() as u64)
}

/// Number of messages with the account name as a word of its own. Mentions must be replaced before.
fn count_plain_names(connection: &Connection, id: i64) -> rusqlite::Result<u64> {
    let sql = "SELECT name, content FROM authors JOIN messages ON instr(content, name)
        WHERE authors.id = ?1 AND name <> ''";
    let found: Vec<(String, String)> = connection
        .prepare(sql)?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let word = |char: char| char.is_alphanumeric() || char == '_';
    let stands = |(name, content): &&(String, String)| {
        content.match_indices(name.as_str()).any(|(at, _)| {
            let (before, after) = (&content[..at], &content[at + name.len()..]);
            !before.ends_with(word) && !after.starts_with(word)
        })
    };
    Ok(found.iter().filter(stands).count() as u64)
}
