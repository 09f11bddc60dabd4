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
            message: "found `PK..`, expected `GGUF`".to_owned(),
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
    insta::assert_snapshot!(shown.join("\n\n"), @"
    cannot read `model.gguf`
    caused by: permission denied
    hint: look at its permissions: ls -l 'model.gguf'

    `model.gguf`, byte 0: found `PK..`, expected `GGUF`
    hint: give a model in the GGUF format; a Hugging Face folder becomes one with `cargo xtask export`

    `model.gguf`, byte 24: the file ends inside a key
    hint: the file is cut off: compare its size with where it came from, and copy or download it again

    `model.gguf`, byte 24: found 99 keys, more than the 3 bytes that are left can hold
    hint: the file is damaged: download or export it again

    `model.gguf`, byte 4: the file is big-endian, expected a little-endian one
    hint: convert it with llama.cpp's `gguf-py/gguf/scripts/gguf_convert_endian.py FILE little`

    `model.gguf` is part 2 of 3 of a split model, expected a model in one file
    hint: join the parts with llama.cpp's `llama-gguf-split --merge FIRST-PART OUT`, and give the joined file

    `model.gguf`, key `general.architecture`: found `llama`, expected `qwen2`
    hint: take a Qwen2 model

    `model.gguf` has no tensor `output_norm.weight`
    hint: the file is not a whole Qwen2 model: take another, or export it again
    ");
}
