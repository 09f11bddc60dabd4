//! What must hold of everything that was read into a store.

use std::path::PathBuf;

use ingest::{Config, Error, Report, run_into};
use persona_core::{Message, Silent};
use persona_store::Store;

/// Reads the sources into a store of their own, and checks what the report says of it.
/// The flag says whether everything could be read.
pub(crate) fn read(sources: &[PathBuf]) -> (Store, Report, bool) {
    let mut store = Store::in_memory().unwrap();
    let (report, whole) = read_into(&mut store, sources);
    let (totals, counts) = (report.totals, store.counts().unwrap());
    assert_eq!(totals.new, counts.messages, "{report:?}");
    assert_eq!(counts.rejected, totals.odd, "{report:?}");
    let changes = totals.new + totals.updated + totals.unchanged;
    assert_eq!(changes, totals.messages, "{report:?}");
    let mut sum = ingest::Totals::default();
    for file in &report.files {
        sum.messages += file.totals.messages;
        sum.new += file.totals.new;
        sum.updated += file.totals.updated;
        sum.unchanged += file.totals.unchanged;
        sum.odd += file.totals.odd;
    }
    assert_eq!(sum, totals);
    (store, report, whole)
}

/// Reads the sources, and again: the second time must change nothing.
pub(crate) fn read_twice(sources: &[PathBuf]) -> (Store, Report, bool) {
    let (mut store, report, whole) = read(sources);
    let hash = store.content_hash().unwrap();
    let (again, whole_again) = read_into(&mut store, sources);
    assert_eq!(
        (again.totals.new, again.totals.updated),
        (0, 0),
        "{report:?}, then {again:?}"
    );
    assert_eq!(again.totals.messages, report.totals.messages);
    assert_eq!((again.totals.odd, whole_again), (report.totals.odd, whole));
    assert_eq!(store.content_hash().unwrap(), hash, "{report:?}");
    (store, report, whole)
}

fn read_into(store: &mut Store, sources: &[PathBuf]) -> (Report, bool) {
    let config = Config {
        batch_messages: 3,
        package_owner: None,
    };
    match run_into(&config, store, sources, &Silent) {
        Ok(report) => (report, true),
        Err(Error::Sources { failures, report }) => {
            assert!(!failures.is_empty());
            (*report, false)
        }
        Err(error) => panic!("one bad source must not end the stage: {error:?}"),
    }
}

/// The messages of all channels.
pub(crate) fn messages(store: &Store) -> Vec<Message> {
    let channels = store.channels().unwrap();
    channels
        .iter()
        .flat_map(|stored| store.messages_of_channel(stored.channel.id).unwrap())
        .collect()
}
