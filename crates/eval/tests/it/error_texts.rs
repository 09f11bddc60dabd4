//! What people are told, whole.

use std::io;

use eval::Error;
use persona_core::{FileError, describe};

#[test]
fn errors() {
    let errors = [
        Error::File(FileError::read("conversations.jsonl".as_ref())(
            io::ErrorKind::NotFound.into(),
        )),
        Error::Model {
            stage: "sft",
            source: persona_model::Error::adapter("runs/first/sft/adapter".as_ref(), "has no `r`"),
        },
        Error::Engine {
            stage: "quantized",
            source: bot::engine::Error::Panicked {
                message: "index out of bounds".to_owned(),
            },
        },
        Error::NothingToEvaluate {
            path: "conversations.jsonl".into(),
        },
        Error::Tokenizer {
            path: "merged".into(),
            found: 12,
            expected: 14,
        },
        Error::Habit {
            path: "habits.json".into(),
            name: "tilde".to_owned(),
            source: Box::new(regex::Regex::new("(~").unwrap_err()),
        },
        Error::Setting {
            key: "replies",
            found: "0".to_owned(),
            expected: "at least 1",
        },
        Error::Interrupted,
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}
