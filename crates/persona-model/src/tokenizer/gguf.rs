//! The tokenizer inside a GGUF file: the metadata arrays, turned back into the `tokenizer.json` that they were made from.

use std::path::Path;

use candle_core::quantized::gguf_file::{Content, Value as Field};
use serde_json::Value;

use super::layout::{AddedToken, qwen2_json};
use crate::error::Error;

/// Where an error says that it happened.
pub(super) const ORIGIN: &str = "GGUF metadata";

const TOKENS: &str = "tokenizer.ggml.tokens";
const TYPES: &str = "tokenizer.ggml.token_type";
const MERGES: &str = "tokenizer.ggml.merges";

/// The `tokenizer.json` and the chat template.
pub(super) fn read(content: &Content) -> Result<(Value, Option<String>), Error> {
    for (key, expected) in [
        ("tokenizer.ggml.model", "gpt2"),
        ("tokenizer.ggml.pre", "qwen2"),
    ] {
        let found = text(field(content, key)?, key)?;
        if found != expected {
            return Err(wrong(format!(
                "`{key}` is `{found}`, expected `{expected}`"
            )));
        }
    }
    let tokens = texts(content, TOKENS)?;
    let merges: Vec<String> = texts(content, MERGES)?
        .into_iter()
        .map(str::to_owned)
        .collect();
    let types = list(content, TYPES)?;
    if types.len() != tokens.len() {
        return Err(wrong(format!(
            "`{TYPES}` has {} entries, expected {} as in `{TOKENS}`",
            types.len(),
            tokens.len()
        )));
    }
    let (mut vocab, mut added) = (Vec::new(), Vec::new());
    for ((id, token), kind) in (0..).zip(tokens).zip(types) {
        match Kind::read(kind)? {
            Kind::Base => vocab.push((token.to_owned(), id)),
            Kind::Control => added.push(AddedToken::new(id, token, true)),
            Kind::UserDefined => added.push(AddedToken::new(id, token, false)),
            Kind::Unused => {}
        }
    }
    let template = match content.metadata.get("tokenizer.chat_template") {
        Some(template) => Some(text(template, "tokenizer.chat_template")?.to_owned()),
        None => None,
    };
    Ok((qwen2_json(vocab, &merges, &added), template))
}

/// What llama.cpp's token types mean here.
enum Kind {
    Base,
    Control,
    UserDefined,
    Unused,
}

impl Kind {
    fn read(kind: &Field) -> Result<Self, Error> {
        let number = match kind {
            Field::I32(number) => i64::from(*number),
            other => other
                .to_u64()
                .map(|number| number as i64)
                .map_err(|error| wrong(format!("`{TYPES}`: {error}")))?,
        };
        match number {
            1 => Ok(Self::Base),
            3 => Ok(Self::Control),
            4 => Ok(Self::UserDefined),
            5 => Ok(Self::Unused),
            other => Err(wrong(format!(
                "`{TYPES}` holds {other}, expected 1 (normal), 3 (control), 4 (user defined) or 5 (unused)"
            ))),
        }
    }
}

fn field<'a>(content: &'a Content, key: &str) -> Result<&'a Field, Error> {
    content
        .metadata
        .get(key)
        .ok_or_else(|| wrong(format!("`{key}` is missing")))
}

fn list<'a>(content: &'a Content, key: &str) -> Result<&'a [Field], Error> {
    match field(content, key)? {
        Field::Array(entries) => Ok(entries),
        _ => Err(wrong(format!("`{key}` is not an array"))),
    }
}

fn texts<'a>(content: &'a Content, key: &str) -> Result<Vec<&'a str>, Error> {
    list(content, key)?
        .iter()
        .map(|entry| text(entry, key))
        .collect()
}

fn text<'a>(entry: &'a Field, key: &str) -> Result<&'a str, Error> {
    match entry {
        Field::String(text) => Ok(text),
        _ => Err(wrong(format!("`{key}` does not hold text"))),
    }
}

fn wrong(message: String) -> Error {
    Error::tokenizer(Path::new(ORIGIN), message)
}
