//! What people are told, whole.

use std::io;

use persona_core::{FileError, describe};
use persona_recall::Error;

#[test]
fn errors() {
    let errors = [
        Error::Store(persona_store::Error::Missing {
            path: "persona.sqlite".into(),
            source: io::ErrorKind::NotFound.into(),
        }),
        Error::Model(persona_model::Error::MissingFile {
            folder: "models/sentences".into(),
            file: "config.json".to_owned(),
            purpose: "a sentence model".to_owned(),
        }),
        Error::File(FileError::read("model.safetensors".as_ref())(
            io::ErrorKind::NotFound.into(),
        )),
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    cannot open the store `persona.sqlite`
    caused by: entity not found
    hint: run `cargo xtask ingest` first, or check the path of the store

    the sentence model failed
    caused by: `models/sentences` has no `config.json`, expected a sentence model
    hint: expected a Qwen2 model in Hugging Face layout: config.json, model.safetensors (or shards with an index), tokenizer.json

    cannot read `model.safetensors`
    caused by: entity not found
    hint: check the path; relative paths start at the current folder
    ");
}
