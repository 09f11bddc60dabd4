//! Stores a page in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use persona_core::{Author, Id};
use persona_discord::{DecodedMessage, OddRecord, Page};
use persona_store::{Batch, Cursor, Error, Rejected, Reread, Store};

use crate::report::{Odd, Totals};

/// A page, and its consequences for the channel.
#[derive(Debug)]
pub(super) struct PageWrite {
    pub(super) channel: Id,
    pub(super) page: Page,
    /// Id after which the page begins.
    pub(super) after: Id,
    /// Time at which the answer arrived, in milliseconds since 1970-01-01 UTC.
    pub(super) received_ms: i64,
    /// Cursor of the channel after this page.
    pub(super) cursor: Cursor,
    /// Range of the channel in which missing messages are deleted ones.
    pub(super) reread: Option<Reread>,
}

/// Result of storing a page.
#[derive(Debug, Default)]
pub(super) struct PageResult {
    pub(super) totals: Totals,
    pub(super) deleted: u64,
    pub(super) odd: Vec<Odd>,
}

/// Stores the page, all or nothing.
pub(super) fn write(store: &mut Store, write: &PageWrite) -> Result<PageResult, Error> {
    let mut written = PageResult::default();
    let batch = store.batch()?;
    for (author, observed_ms) in authors(write).into_values() {
        batch.upsert_author(author, observed_ms)?;
    }
    for record in &write.page.messages {
        let change = batch.upsert_message(&record.message, write.received_ms)?;
        written.totals.count(change);
    }
    reject(&batch, write, &mut written)?;
    if let Some(reread) = write.reread {
        let present: BTreeSet<Id> = ids(&write.page).collect();
        batch.restore_present(reread, &present)?;
        written.deleted = batch.mark_missing(reread, &present)?;
    }
    batch.set_cursor(write.channel, write.cursor)?;
    batch.commit()?;
    Ok(written)
}

/// All ids of a page, odd messages included.
fn ids(page: &Page) -> impl Iterator<Item = Id> {
    let odd = page.odd.iter().filter_map(|odd| odd.id);
    page.messages
        .iter()
        .map(|record| record.message.id)
        .chain(odd)
}

/// Authors on the page, each once, with the time of their facts.
fn authors(write: &PageWrite) -> BTreeMap<Id, (&Author, i64)> {
    let mut authors = BTreeMap::new();
    for DecodedMessage {
        author, message, ..
    } in &write.page.messages
    {
        // Facts about a person are as of now, whenever the message was written. A webhook has the name of the message's
        // time.
        let observed_ms = if author.is_bot {
            message.timestamp_ms
        } else {
            write.received_ms
        };
        authors.insert(author.id, (author, observed_ms));
    }
    authors
}

fn reject(batch: &Batch<'_>, write: &PageWrite, written: &mut PageResult) -> Result<(), Error> {
    let source = format!("discord, channel {}", write.channel);
    for (index, OddRecord { id, reason, raw }) in write.page.odd.iter().enumerate() {
        let position = id.unwrap_or(write.after + 1 + index as u64);
        batch.reject(&Rejected {
            source: &source,
            position,
            reason,
            raw,
        })?;
        written.odd.push(Odd {
            position,
            reason: reason.clone(),
        });
    }
    Ok(())
}
