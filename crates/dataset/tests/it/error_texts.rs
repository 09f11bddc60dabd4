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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}
