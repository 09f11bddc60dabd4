//! Emptying a store for other sources.

use rusqlite::TransactionBehavior;

use crate::{error::Error, schema, store::Store};

/// Deletes everything that came from sources. Reactions, mentions and vectors go with their messages.
const HISTORY: &str = "
    DELETE FROM messages;
    DELETE FROM rejected;
    DELETE FROM cursors;
    DELETE FROM channels WHERE allowed;
    UPDATE channels SET last_message_id = NULL;
    DELETE FROM guilds WHERE id NOT IN (SELECT guild_id FROM channels);";

/// Deletes authors, so that pseudonyms begin again, where no data of the bot holds a pseudonym. People who opted out
/// keep theirs.
const PEOPLE: &str = "
    DELETE FROM authors WHERE NOT opted_out
        AND NOT EXISTS (SELECT 1 FROM conversation_memory) AND NOT EXISTS (SELECT 1 FROM feedback);
    UPDATE counters SET value = coalesce((SELECT max(pseudonym) FROM authors), 0) WHERE name = 'pseudonym'
        AND NOT EXISTS (SELECT 1 FROM conversation_memory) AND NOT EXISTS (SELECT 1 FROM feedback);";

impl Store {
    /// Removes all history. Decisions stay (forgotten people, opt-outs, denied channels), and all data of the bot.
    pub fn clear_history(&mut self) -> Result<(), Error> {
        let failed = || schema::database(&self.path, "remove its history");
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed())?;
        transaction
            .execute_batch(HISTORY)
            .and_then(|()| transaction.execute_batch(PEOPLE))
            .and_then(|()| transaction.commit())
            .map_err(failed())
    }
}
