//! Tokenizer of a GGUF file: its metadata arrays, converted back into the `tokenizer.json` that they were made from.

use std::path::Path;

use persona_gguf::{Header, Value as Field};
use serde_json::Value;

use super::layout::{AddedToken, qwen2_json};
use crate::error::Error;

/// Origin of the tokenizer in error messages.
pub(super) const ORIGIN: &str = "GGUF metadata";

const TOKENS: &str = "tokenizer.ggml.tokens";
const TYPES: &str = "tokenizer.ggml.token_type";
const MERGES: &str = "tokenizer.ggml.merges";

/// Builds the `tokenizer.json` and reads the chat template.
pub(super) fn read(header: &Header) -> Result<(Value, Option<String>), Error> {
    for (key, expected) in [
        ("tokenizer.ggml.model", "gpt2"),
        ("tokenizer.ggml.pre", "qwen2"),
    ] {
        let found = text(field(header, key)?, key)?;
        if found != expected {
            return Err(wrong(format!(
                "`{key}` is `{found}`, expected `{expected}`"
            )));
        }
    }
    let tokens = texts(header, TOKENS)?;
    let merges: Vec<String> = texts(header, MERGES)?
        .into_iter()
        .map(str::to_owned)
        .collect();
    let types = list(header, TYPES)?;
    if types.len() != tokens.len() {
        return Err(wrong(format!(
            "`{TYPES}` has {} entries, expected {} as in `{TOKENS}`",
            types.len(),
            tokens.len()
        )));
    }
    let (mut vocab, mut added) = (Vec::new(), Vec::new());
    for ((id, token), kind) in (0..).zip(tokens).zip(types) {
        match TokenType::read(kind)? {
            TokenType::Base => vocab.push((token.to_owned(), id)),
            TokenType::Control => added.push(AddedToken::new(id, token, true)),
            TokenType::UserDefined => added.push(AddedToken::new(id, token, false)),
            TokenType::Unused => {}
        }
    }
    let template = match header.value("tokenizer.chat_template") {
        Some(template) => Some(text(template, "tokenizer.chat_template")?.to_owned()),
        None => None,
    };
    Ok((qwen2_json(vocab, &merges, &added), template))
}

/// Token types of llama.cpp that are supported.
enum TokenType {
    Base,
    Control,
    UserDefined,
    Unused,
}

impl TokenType {
    fn read(kind: &Field) -> Result<Self, Error> {
        let number = kind
            .as_u64()
            .ok_or_else(|| wrong(format!("`{TYPES}` holds {kind}, expected whole numbers")))?;
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

fn field<'a>(header: &'a Header, key: &str) -> Result<&'a Field, Error> {
    header
        .value(key)
        .ok_or_else(|| wrong(format!("`{key}` is missing")))
}

fn list<'a>(header: &'a Header, key: &str) -> Result<&'a [Field], Error> {
    field(header, key)?
        .as_array()
        .ok_or_else(|| wrong(format!("`{key}` is not an array")))
}

fn texts<'a>(header: &'a Header, key: &str) -> Result<Vec<&'a str>, Error> {
    list(header, key)?
        .iter()
        .map(|entry| text(entry, key))
        .collect()
}

fn text<'a>(entry: &'a Field, key: &str) -> Result<&'a str, Error> {
    entry
        .as_str()
        .ok_or_else(|| wrong(format!("`{key}` does not hold text")))
}

fn wrong(message: String) -> Error {
    Error::tokenizer(Path::new(ORIGIN), message)
}
