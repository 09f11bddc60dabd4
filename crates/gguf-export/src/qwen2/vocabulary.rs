//! Tokenizer as GGUF metadata.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use persona_core::json;
use persona_gguf::Value;
use persona_model::tokenizer::{AddedToken, IM_END, read_chat_template, splits_like_qwen2};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::error::{Error, Result};

/// Token that ends a reply, whatever the base names: with another one a file would load but stop at the wrong token.
const END_OF_REPLY: &str = IM_END;

const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;

/// Tokens, merges and special ids of a byte-level BPE tokenizer with Qwen2's rules.
#[derive(Debug)]
pub(super) struct Vocabulary {
    tokens: Vec<String>,
    kinds: Vec<i32>,
    merges: Vec<String>,
    end_of_reply: u32,
    padding: Option<u32>,
    beginning: Option<u32>,
    add_beginning: bool,
    pub(super) chat_template: Option<String>,
}

#[derive(Deserialize)]
struct TokenizerFile {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    pre_tokenizer: Json,
    model: Bpe,
}

#[derive(Deserialize)]
struct Bpe {
    vocab: BTreeMap<String, u32>,
    merges: Vec<Merge>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Joined(String),
    Pair(String, String),
}

impl Vocabulary {
    /// Reads the tokenizer in `folder`; the list of tokens is padded to `rows`, the rows of the embedding.
    pub(super) fn load(folder: &Path, rows: usize) -> Result<Self> {
        let path = folder.join("tokenizer.json");
        let file: TokenizerFile = json::read(&path)?;
        let problem = |message: String| Error::Tokenizer {
            path: path.clone(),
            message,
        };
        if !splits_like_qwen2(&file.pre_tokenizer) {
            return Err(problem(
                "its pre_tokenizer is not the one of Qwen2, expected a Split by Qwen2's expression and a ByteLevel; llama.cpp would cut text differently".to_owned(),
            ));
        }
        let (tokens, kinds) = token_list(&file, rows).map_err(problem)?;
        let added: BTreeMap<&str, u32> = file
            .added_tokens
            .iter()
            .map(|token| (token.content.as_str(), token.id))
            .collect();
        let Some(&end_of_reply) = added.get(END_OF_REPLY) else {
            return Err(problem(format!(
                "has no added token `{END_OF_REPLY}`, which ends every reply"
            )));
        };
        let beside = |name: &str| json::read_optional::<Json>(&folder.join(name));
        let settings = beside("tokenizer_config.json")?.unwrap_or_default();
        let config = beside("config.json")?.unwrap_or_default();
        let id_of = |name: &str| {
            let token = &settings[format!("{name}_token")];
            let text = token.as_str().or_else(|| token["content"].as_str());
            let by_text = text.and_then(|text| added.get(text).copied());
            by_text.or_else(|| {
                config[format!("{name}_token_id")]
                    .as_u64()
                    .map(|id| id as u32)
            })
        };
        Ok(Self {
            tokens,
            kinds,
            merges: file.model.merges.iter().map(Merge::text).collect(),
            end_of_reply,
            padding: id_of("pad"),
            beginning: id_of("bos"),
            add_beginning: settings["add_bos_token"].as_bool().unwrap_or(false),
            chat_template: read_chat_template(folder)?,
        })
    }

    /// Metadata of the tokenizer, in the converter's order.
    pub(super) fn metadata(&self) -> Vec<(&'static str, Value)> {
        let mut all = vec![
            ("tokenizer.ggml.model", Value::String("gpt2".to_owned())),
            ("tokenizer.ggml.pre", Value::String("qwen2".to_owned())),
            (
                "tokenizer.ggml.tokens",
                Value::strings(self.tokens.iter().cloned()),
            ),
            (
                "tokenizer.ggml.token_type",
                Value::integers(self.kinds.iter().copied()),
            ),
            (
                "tokenizer.ggml.merges",
                Value::strings(self.merges.iter().cloned()),
            ),
            ("tokenizer.ggml.eos_token_id", Value::U32(self.end_of_reply)),
        ];
        all.extend(
            self.padding
                .map(|id| ("tokenizer.ggml.padding_token_id", Value::U32(id))),
        );
        all.extend(
            self.beginning
                .map(|id| ("tokenizer.ggml.bos_token_id", Value::U32(id))),
        );
        all.push((
            "tokenizer.ggml.add_bos_token",
            Value::Bool(self.add_beginning),
        ));
        all.extend(
            self.chat_template
                .clone()
                .map(|text| ("tokenizer.chat_template", Value::String(text))),
        );
        all
    }
}

impl Merge {
    /// Text of both halves with a space between; a space inside a half is written in the byte-level alphabet.
    fn text(&self) -> String {
        match self {
            Self::Joined(text) => text.clone(),
            Self::Pair(left, right) => {
                let encode = |half: &str| half.replace(' ', "\u{120}");
                format!("{} {}", encode(left), encode(right))
            }
        }
    }
}

fn token_list(file: &TokenizerFile, rows: usize) -> Result<(Vec<String>, Vec<i32>), String> {
    let mut tokens: Vec<Option<(String, i32)>> = vec![None; rows];
    let words = file
        .model
        .vocab
        .iter()
        .map(|(text, &id)| (text, id, NORMAL));
    // After the words, so that an added token that is a word too gets its own kind.
    let added = file
        .added_tokens
        .iter()
        .map(|token| (&token.content, token.id, kind_of(token)));
    for (text, id, kind) in words.chain(added) {
        let Some(slot) = tokens.get_mut(id as usize) else {
            return Err(format!(
                "token `{text}` has id {id}, but the embedding has only {rows} rows"
            ));
        };
        if let Some((other, _)) = slot.as_ref().filter(|(other, _)| other != text) {
            return Err(format!(
                "the tokens `{other}` and `{text}` have the same id {id}"
            ));
        }
        *slot = Some((text.clone(), kind));
    }
    let filled = tokens
        .into_iter()
        .enumerate()
        .map(|(id, token)| token.unwrap_or_else(|| (format!("[PAD{id}]"), UNUSED)));
    let (tokens, kinds): (Vec<_>, Vec<_>) = filled.unzip();
    let mut seen = BTreeSet::new();
    match tokens.iter().find(|token| !seen.insert(token.as_str())) {
        Some(twice) => Err(format!("the token `{twice}` has two ids")),
        None => Ok((tokens, kinds)),
    }
}

fn kind_of(token: &AddedToken) -> i32 {
    if token.is_control() {
        CONTROL
    } else {
        USER_DEFINED
    }
}
