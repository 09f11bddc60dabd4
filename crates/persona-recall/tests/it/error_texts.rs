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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}
