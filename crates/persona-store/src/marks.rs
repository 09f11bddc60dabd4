//! Marks of forgotten people: salted hashes, which keep a person out without telling who it is.

use std::{borrow::Cow, collections::BTreeSet};

use blake3::Hasher;
use persona_core::{Id, Message, mentions};
use rusqlite::{Connection, OptionalExtension};

/// Domain string of the hash; to be changed when marks are computed in another way.
const FORM: &str = "persona store forgotten person 1";

/// Length of a mark in bytes.
const MARK: usize = 16;

/// All marks of a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    salt: Vec<u8>,
    marks: BTreeSet<Vec<u8>>,
}

impl Marks {
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let salt = connection
            .prepare_cached("SELECT salt FROM forgotten_salt")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let Some(salt) = salt else {
            return Ok(Self::default());
        };
        let marks = connection
            .prepare_cached("SELECT mark FROM forgotten")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self { salt, marks })
    }

    /// Adds the mark of `id`.
    pub(crate) fn add(connection: &Connection, id: Id) -> rusqlite::Result<()> {
        let sql = "INSERT INTO forgotten_salt SELECT randomblob(16) WHERE NOT EXISTS (SELECT 1 FROM forgotten_salt)";
        connection.execute(sql, [])?;
        let marks = Self::load(connection)?;
        let sql = "INSERT OR IGNORE INTO forgotten (mark) VALUES (?1)";
        connection.execute(sql, [marks.mark(id)])?;
        Ok(())
    }

    /// Removes the mark of `id`. Returns whether there was one.
    pub(crate) fn remove(connection: &Connection, id: Id) -> rusqlite::Result<bool> {
        let marks = Self::load(connection)?;
        let gone = connection.execute("DELETE FROM forgotten WHERE mark = ?1", [marks.mark(id)])?;
        Ok(gone > 0)
    }

    pub(crate) fn len(&self) -> usize {
        self.marks.len()
    }

    pub(crate) fn contain(&self, id: Id) -> bool {
        !self.marks.is_empty() && self.marks.contains(&self.mark(id))
    }

    fn mark(&self, id: Id) -> Vec<u8> {
        let mut hasher = Hasher::new_derive_key(FORM);
        hasher.update(&self.salt).update(&id.to_le_bytes());
        let mut mark = vec![0; MARK];
        hasher.finalize_xof().fill(&mut mark);
        mark
    }

    /// `message` without marked people.
    pub(crate) fn scrub<'a>(&self, message: &'a Message) -> Cow<'a, Message> {
        if self.marks.is_empty() {
            return Cow::Borrowed(message);
        }
        let content = scrubbed(message, &|id| self.contain(id));
        let named = message
            .mentions
            .iter()
            .any(|mention| self.contain(mention.id));
        if content == message.content && !named {
            return Cow::Borrowed(message);
        }
        let mut message = Message {
            content,
            ..message.clone()
        };
        message.mentions.retain(|mention| !self.contain(mention.id));
        Cow::Owned(message)
    }

    /// `text` with raw mentions of marked people replaced.
    pub(crate) fn scrub_text(&self, text: &str) -> String {
        let replacement = |id| self.contain(id).then(|| mentions::SOMEONE.to_owned());
        mentions::replace_raw(text, &replacement).into_owned()
    }

    /// Whether `text` holds the id of a marked person.
    pub(crate) fn occur_in(&self, text: &str) -> bool {
        !self.marks.is_empty()
            && text
                .split(|char: char| !char.is_ascii_digit())
                .filter_map(|digits| digits.parse().ok())
                .any(|id| self.contain(id))
    }
}

/// Text of `message` with `@someone` in place of the people for whom `gone` is true.
pub(crate) fn scrubbed(message: &Message, gone: &dyn Fn(Id) -> bool) -> String {
    let replacement = |id| gone(id).then(|| mentions::SOMEONE.to_owned());
    let rendered = mentions::replace_rendered(&message.content, &message.mentions, &replacement);
    mentions::replace_raw(&rendered, &replacement).into_owned()
}
