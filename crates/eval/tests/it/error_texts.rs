//! What people are told, whole.

use std::io;

use eval::Error;
use persona_core::{FileError, describe};

#[test]
fn errors() {
    let broken = "(~".to_owned();
    let errors = [
        Error::File(FileError::read("conversations.jsonl".as_ref())(
            io::ErrorKind::NotFound.into(),
        )),
        Error::Model {
            model_name: "sft",
            source: persona_model::Error::adapter("runs/first/sft/adapter".as_ref(), "has no `r`"),
        },
        Error::Engine {
            model_name: "quantized",
            source: persona_engine::Error::Panicked {
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
            source: Box::new(regex::Regex::new(&broken).unwrap_err()),
        },
        Error::Setting {
            key: "replies",
            found: "0".to_owned(),
            expected: "at least 1",
        },
        Error::Interrupted,
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    cannot read `conversations.jsonl`
    caused by: entity not found
    hint: check the path; relative paths start at the current folder

    evaluating the `sft` model failed
    caused by: adapter `runs/first/sft/adapter`: has no `r`
    hint: an adapter only fits the base model it was trained on

    generating replies with the `quantized` model failed
    caused by: the request hit a fault in the engine: index out of bounds
    hint: this is a bug; please report the message

    `conversations.jsonl` holds no target in the test split and none in the validation split
    hint: give the pipeline more history: a few hundred conversations put some into the test split

    the tokenizer of `merged` encodes a test reply as 12 tokens, that of the base as 14 or as other ones
    hint: export the adapter again with the base it was trained on: cargo xtask export

    the pattern of habit `tilde` in `habits.json` is not a regular expression
    caused by: regex parse error:
        (~
        ^
    error: unclosed group
    hint: look-around and back-references are not supported

    `eval.replies` is 0, expected at least 1

    interrupted
    ");
}
