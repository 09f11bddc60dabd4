//! What people are told, whole.

use std::io;

use dataset::Error;
use persona_core::{FileError, describe};

#[test]
fn errors() {
    let errors = [
        Error::Store(persona_store::Error::Missing {
            path: "persona.sqlite".into(),
            source: io::ErrorKind::NotFound.into(),
        }),
        Error::File(FileError::write("pairs.jsonl".as_ref())(
            io::ErrorKind::StorageFull.into(),
        )),
        Error::Parquet {
            path: "pairs.parquet".into(),
            source: "lengths do not match".into(),
        },
        Error::Config {
            key: "train_share",
            value: "1.5".to_owned(),
            expected: "a number between 0 and 1",
        },
        Error::Person(persona_conversation::Error::UnknownPerson {
            name: "ana".to_owned(),
            near: vec!["ann".to_owned()],
        }),
        Error::UnusablePerson {
            name: "ann".to_owned(),
            reason: "she opted out",
        },
        Error::NothingToLearn {
            summary: "3 messages were read, 2 dropped as links".to_owned(),
        },
        Error::NothingToTrain { targets: 2 },
        Error::Interrupted,
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    cannot open the store `persona.sqlite`
    caused by: entity not found
    hint: run `cargo xtask ingest` first, or check the path of the store

    cannot write `pairs.jsonl`
    caused by: no storage space
    hint: the disk that holds `pairs.jsonl` is full: free some space and run the same command again, it goes on where it stopped

    cannot write `pairs.parquet` as Parquet
    caused by: lengths do not match

    `dataset.train_share` is `1.5`, expected a number between 0 and 1

    nobody in the store is called `ana`
    hint: did you mean ann?

    `ann` cannot be the persona: she opted out
    hint: choose somebody else as `persona`

    nothing to learn from: 3 messages were read, 2 dropped as links
    hint: a reply needs a turn by somebody before it in the same channel: ingest more history, allow more channels, raise `limit`, or set `openers = true` in [conversation]

    the training split is empty: all 2 replies fell into validation and test
    hint: so little history can fall to one side: ingest more, or try another `--seed`

    interrupted while building the dataset
    hint: nothing was written: run the same command again
    ");
}
