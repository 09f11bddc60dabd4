//! What people are told, whole.

use std::{io, path::PathBuf};

use persona_core::{FileError, describe};
use persona_gguf::Error;

fn path() -> PathBuf {
    "model.gguf".into()
}

#[test]
fn errors() {
    let errors = [
        Error::File(FileError::read(&path())(
            io::ErrorKind::PermissionDenied.into(),
        )),
        Error::NotGguf {
            path: path(),
            position: 0,
            message: "found `PK\u{3}\u{4}`, expected `GGUF`".to_owned(),
        },
        Error::Truncated {
            path: path(),
            position: 24,
            message: "the file ends inside a key".to_owned(),
        },
        Error::Malformed {
            path: path(),
            position: 24,
            message: "found 99 keys, more than the 3 bytes that are left can hold".to_owned(),
        },
        Error::BigEndian { path: path() },
        Error::Split {
            path: path(),
            part: 2,
            parts: 3,
        },
        Error::content(
            &path(),
            "key `general.architecture`".to_owned(),
            "found `llama`, expected `qwen2`".to_owned(),
            "take a Qwen2 model",
        ),
        Error::MissingTensor {
            path: path(),
            name: "output_norm.weight".to_owned(),
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}
