//! Tokenizer: text to token ids and back.
//!
//! Invariant: what people wrote never becomes a control token. The encoder is built without the added tokens
//! (`<|im_end|>`, `<tool_call>`, …), so that nothing in it could match them; only [`crate::chatml`] puts control ids
//! into a stream.

use std::{fmt, fs, path::Path};

use persona_core::{FileError, json};
use serde_json::Value;

use crate::error::Error;

mod byte_level;
mod decode;
mod gguf;
mod layout;
mod train;
mod vocabulary;

pub use decode::Decoder;
pub use layout::{AddedToken, splits_like_qwen2};
pub use train::train_bpe;

use vocabulary::Vocabulary;

/// Text of the token that opens a ChatML message.
pub const IM_START: &str = "<|im_start|>";
/// Text of the token that closes a ChatML message.
pub const IM_END: &str = "<|im_end|>";
/// Text of the token that separates documents and fills padding.
pub const END_OF_TEXT: &str = "<|endoftext|>";

/// Ids of the control tokens that ChatML uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Specials {
    /// Id of `<|im_start|>`.
    pub im_start: u32,
    /// Id of `<|im_end|>`.
    pub im_end: u32,
    /// Id of `<|endoftext|>`.
    pub end_of_text: u32,
}

/// A byte-level BPE tokenizer with the ChatML tokens.
pub struct Tokenizer {
    encoder: tokenizers::Tokenizer,
    vocabulary: Vocabulary,
    specials: Specials,
    chat_template: Option<String>,
}

impl Tokenizer {
    /// Reads `tokenizer.json` of a model folder, and the chat template beside it.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("tokenizer.json");
        if !path.is_file() {
            return Err(Error::MissingFile {
                folder: folder.to_owned(),
                file: "tokenizer.json".to_owned(),
                purpose: "a model with its tokenizer".to_owned(),
            });
        }
        Self::from_json(json::read(&path)?, &path, read_chat_template(folder)?)
    }

    /// Builds the tokenizer that a GGUF file carries in its metadata.
    pub fn from_gguf(header: &persona_gguf::Header) -> Result<Self, Error> {
        let (json, chat_template) = gguf::read(header)?;
        Self::from_json(json, Path::new(gguf::ORIGIN), chat_template)
    }

    fn from_json(
        mut json: Value,
        origin: &Path,
        chat_template: Option<String>,
    ) -> Result<Self, Error> {
        let wrong = |message: String| Error::tokenizer(origin, message);
        let added = layout::take_added_tokens(&mut json).map_err(wrong)?;
        let encoder: tokenizers::Tokenizer =
            serde_json::from_value(json).map_err(|error| wrong(error.to_string()))?;
        let vocabulary = Vocabulary::new(encoder.get_vocab(false), &added).map_err(wrong)?;
        let find = |text: &'static str| {
            let of_text = |token: &&AddedToken| token.content == text;
            added
                .iter()
                .find(of_text)
                .map(|token| token.id)
                .ok_or_else(|| Error::MissingToken {
                    path: origin.to_owned(),
                    token: text,
                })
        };
        let specials = Specials {
            im_start: find(IM_START)?,
            im_end: find(IM_END)?,
            end_of_text: find(END_OF_TEXT)?,
        };
        Ok(Self {
            encoder,
            vocabulary,
            specials,
            chat_template,
        })
    }

    /// Returns the tokenizer without its cache of words. The cache makes a corpus faster to encode and grows by up to
    /// 10,000 words a thread; a process that runs for months and encodes a prompt now and then is better off without
    /// it.
    #[must_use]
    pub fn without_cache(mut self) -> Self {
        let mut model = self.encoder.get_model().clone();
        model.resize_cache(0);
        self.encoder.with_model(model);
        self
    }

    /// Encodes `text` as plain text, whatever it says: no id of [`Tokenizer::added_ids`] is in the result.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        self.encoder
            .encode_fast(text, false)
            .expect("every byte is in a byte-level vocabulary")
            .get_ids()
            .to_vec()
    }

    /// Decodes `ids` to text. Control tokens have none; bytes that are not UTF-8 become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| self.bytes(*id)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns a decoder for a stream of ids.
    pub fn decoder(&self) -> Decoder<&Self> {
        Decoder::new(self)
    }

    /// Bytes that `id` stands for: none for a control token or an id that is not in use.
    pub fn bytes(&self, id: u32) -> &[u8] {
        self.vocabulary.bytes(id)
    }

    /// Ids of the control tokens that ChatML uses.
    pub fn specials(&self) -> Specials {
        self.specials
    }

    /// Ids of all tokens that were added to the byte-level vocabulary, in ascending order.
    pub fn added_ids(&self) -> &[u32] {
        self.vocabulary.added_ids()
    }

    /// Largest id in use plus one. A model's embedding may have more rows.
    pub fn vocab_size(&self) -> usize {
        self.vocabulary.len()
    }

    /// Jinja template that came with the tokenizer, byte for byte.
    pub fn chat_template(&self) -> Option<&str> {
        self.chat_template.as_deref()
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tokenizer")
            .field("vocab_size", &self.vocab_size())
            .field("specials", &self.specials)
            .finish_non_exhaustive()
    }
}

/// Reads the chat template in `folder`, byte for byte. Newer checkpoints keep it in a file of its own; otherwise it is
/// in `tokenizer_config.json`, as a string or as a list of named templates of which `default` counts.
pub fn read_chat_template(folder: &Path) -> Result<Option<String>, Error> {
    let own = folder.join("chat_template.jinja");
    if own.is_file() {
        return Ok(Some(
            fs::read_to_string(&own).map_err(FileError::read(&own))?,
        ));
    }
    let config: Option<Value> = json::read_optional(&folder.join("tokenizer_config.json"))?;
    let Some(config) = config else {
        return Ok(None);
    };
    let named_default = |list: &Vec<Value>| {
        list.iter()
            .find(|entry| entry["name"] == "default")
            .and_then(|entry| entry["template"].as_str())
            .map(str::to_owned)
    };
    match &config["chat_template"] {
        Value::String(template) => Ok(Some(template.clone())),
        Value::Array(list) => Ok(named_default(list)),
        _ => Ok(None),
    }
}
