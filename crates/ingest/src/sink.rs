//! Stores messages in batches, one transaction each.

use std::collections::{HashMap, HashSet};

use persona_core::{Author, Id};
use persona_store::{Batch, Error, Rejected, Store};

use crate::{
    record::{ObservedMessage, SourceChannel},
    report::{FileReport, Format, Odd},
};

/// Bytes of text after which a batch is stored early.
const BATCH_BYTES_MAX: usize = 8 << 20;

/// Odd record to store.
struct StoredOddRecord {
    odd: Odd,
    raw: String,
}

/// Stores the messages of one file in batches.
pub(crate) struct Sink<'store> {
    store: &'store mut Store,
    batch_messages: usize,
    report: Option<FileReport>,
    source_channel: Option<SourceChannel>,
    records: Vec<ObservedMessage>,
    odd: Vec<StoredOddRecord>,
    bytes: usize,
}

impl<'store> Sink<'store> {
    pub(crate) fn new(store: &'store mut Store, batch_messages: usize) -> Self {
        Self {
            store,
            batch_messages: batch_messages.max(1),
            report: None,
            source_channel: None,
            records: Vec::new(),
            odd: Vec::new(),
            bytes: 0,
        }
    }

    /// Begins a file that is an export. `source_channel` is the channel of messages that do not name one themselves.
    pub(crate) fn begin(
        &mut self,
        name: String,
        format: Format,
        source_channel: Option<SourceChannel>,
    ) {
        self.report = Some(FileReport::new(name, format));
        self.source_channel = source_channel;
    }

    /// Takes a message. Returns whether the batch is full and should be stored.
    pub(crate) fn push(&mut self, record: ObservedMessage) -> bool {
        self.bytes += size_of::<ObservedMessage>() + record.message.content.len();
        self.records.push(record);
        self.records.len() >= self.batch_messages || self.bytes >= BATCH_BYTES_MAX
    }

    /// Takes an odd record. Returns whether the batch is full and should be stored.
    pub(crate) fn push_odd(&mut self, position: u64, reason: String, raw: String) -> bool {
        self.bytes += raw.len();
        self.odd.push(StoredOddRecord {
            odd: Odd { position, reason },
            raw,
        });
        self.bytes >= BATCH_BYTES_MAX
    }

    /// Commits the messages taken so far. They are counted only when the transaction is through.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        let report = self
            .report
            .as_mut()
            .expect("a file begins before its messages");
        let mut counted = report.clone();
        let batch = self.store.batch()?;
        store_channels(&batch, self.source_channel.as_ref(), &self.records)?;
        let authors = latest_authors(&self.records);
        let mut stored = HashSet::new();
        for record in &self.records {
            if stored.insert(record.author.id) {
                let (observed_ms, author) = authors[&record.author.id];
                batch.upsert_author(author, observed_ms)?;
            }
            counted
                .totals
                .count(batch.upsert_message(&record.message, record.observed_ms)?);
        }
        for StoredOddRecord { odd, raw } in self.odd.drain(..) {
            batch.reject(&Rejected {
                source: &report.name,
                position: odd.position,
                reason: &odd.reason,
                raw: &raw,
            })?;
            counted.add_odd(odd);
        }
        batch.commit()?;
        *report = counted;
        self.records.clear();
        self.bytes = 0;
        Ok(())
    }

    /// Number of the file's messages that are in the store.
    pub(crate) fn stored(&self) -> u64 {
        self.report
            .as_ref()
            .map_or(0, |report| report.totals.messages)
    }

    /// Number of the file's odd records.
    pub(crate) fn rejected(&self) -> u64 {
        self.report.as_ref().map_or(0, |report| report.totals.odd)
    }

    /// Report of the file; `None` when it is not an export.
    pub(crate) fn into_report(self) -> Option<FileReport> {
        self.report
    }
}

fn store_channels(
    batch: &Batch<'_>,
    source_channel: Option<&SourceChannel>,
    records: &[ObservedMessage],
) -> Result<(), Error> {
    if let Some(source_channel) = source_channel {
        if let Some(guild) = &source_channel.guild {
            batch.upsert_guild(guild, source_channel.observed_ms)?;
        }
        batch.upsert_channel(&source_channel.channel, source_channel.observed_ms)?;
    }
    let mut known = source_channel.map(|source_channel| source_channel.channel.id);
    for record in records {
        let channel = record.message.channel_id;
        if known != Some(channel) {
            let vague = SourceChannel::vague(channel);
            batch.upsert_channel(&vague.channel, vague.observed_ms)?;
            known = Some(channel);
        }
    }
    Ok(())
}

/// Latest facts of each author in `records`: one write instead of one per message.
fn latest_authors(records: &[ObservedMessage]) -> HashMap<Id, (i64, &Author)> {
    let mut latest: HashMap<Id, (i64, &Author)> = HashMap::new();
    for record in records {
        let told = (record.observed_ms, &record.author);
        latest
            .entry(record.author.id)
            .and_modify(|known| {
                if author_key(*known) < author_key(told) {
                    *known = told;
                }
            })
            .or_insert(told);
    }
    latest
}

/// Order in which the store prefers facts about an author.
fn author_key((observed_ms, author): (i64, &Author)) -> (i64, &str, &str, bool) {
    (
        observed_ms,
        &author.name,
        &author.display_name,
        author.is_bot,
    )
}
