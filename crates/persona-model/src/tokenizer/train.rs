//! Training a tokenizer, for base models that are trained from scratch.

use std::path::Path;

use persona_core::atomic;
use serde_json::{Value, json};
use tokenizers::{
    models::{TrainerWrapper, bpe::BpeTrainer},
    pre_tokenizers::byte_level::ByteLevel,
};

use super::{
    END_OF_TEXT, IM_END, IM_START, Tokenizer,
    layout::{AddedToken, qwen2_json},
};
use crate::error::Error;

/// The chat template of Qwen2.5-Instruct (copyright Alibaba Cloud, Apache-2.0), unchanged: llama.cpp, Ollama and
/// LM Studio recognise it by its bytes.
const CHAT_TEMPLATE: &str = include_str!("qwen2.5-chat-template.jinja");

/// Longest input written to `tokenizer_config.json`. Only transformers reads it, to warn.
const MODEL_MAX_LENGTH: u32 = 2048;

/// Trains a byte-level BPE of `vocab_size` ids on `texts`, the three ChatML tokens last, and writes `tokenizer.json` and
/// `tokenizer_config.json` into `folder`. The same texts in any order give the same files.
pub fn train_bpe<T: AsRef<str> + Send>(
    texts: impl Iterator<Item = T> + Send,
    vocab_size: usize,
    folder: &Path,
) -> Result<Tokenizer, Error> {
    let specials = [END_OF_TEXT, IM_START, IM_END];
    let base_size = vocab_size.saturating_sub(specials.len());
    let (vocab, merges) = learn(texts, base_size, folder)?;
    if vocab.len() != base_size {
        return Err(Error::VocabularySize {
            wanted: vocab_size,
            reached: vocab.len() + specials.len(),
        });
    }
    let added: Vec<AddedToken> = (base_size as u32..)
        .zip(specials)
        .map(|(id, text)| AddedToken::new(id, text, true))
        .collect();
    let tokenizer = qwen2_json(vocab, &merges, &added);
    atomic::write_json(&folder.join("tokenizer.json"), &tokenizer)?;
    atomic::write_json(
        &folder.join("tokenizer_config.json"),
        &tokenizer_config(&added),
    )?;
    Tokenizer::load(folder)
}

type Vocabulary = Vec<(String, u32)>;

/// Trains the tokenizer: its tokens in the order of their ids, and the merges.
fn learn<T: AsRef<str> + Send>(
    texts: impl Iterator<Item = T> + Send,
    size: usize,
    folder: &Path,
) -> Result<(Vocabulary, Vec<String>), Error> {
    let wrong = |message: String| Error::tokenizer(folder, message);
    let trainer = BpeTrainer::builder()
        .vocab_size(size)
        .min_frequency(2)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .show_progress(false)
        .build();
    let mut tokenizer: tokenizers::Tokenizer = serde_json::from_value(qwen2_json([], &[], &[]))
        .map_err(|error| wrong(error.to_string()))?;
    tokenizer
        .train(&mut TrainerWrapper::BpeTrainer(trainer), texts)
        .map_err(|error| wrong(error.to_string()))?;

    let mut vocab: Vocabulary = tokenizer.get_vocab(false).into_iter().collect();
    vocab.sort_unstable_by_key(|(_, id)| *id);
    let model =
        serde_json::to_value(tokenizer.get_model()).map_err(|error| wrong(error.to_string()))?;
    let merges: Vec<(String, String)> = serde_json::from_value(model["merges"].clone())
        .map_err(|error| wrong(error.to_string()))?;
    let merges = merges
        .into_iter()
        .map(|(left, right)| format!("{left} {right}"))
        .collect();
    Ok((vocab, merges))
}

fn tokenizer_config(added: &[AddedToken]) -> Value {
    let decoder: serde_json::Map<String, Value> = added
        .iter()
        .map(|token| (token.id.to_string(), token.to_json()))
        .collect();
    json!({
        "add_bos_token": false,
        "add_prefix_space": false,
        "added_tokens_decoder": decoder,
        "additional_special_tokens": [IM_START, IM_END],
        "bos_token": null,
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": false,
        "eos_token": IM_END,
        "errors": "replace",
        "model_max_length": MODEL_MAX_LENGTH,
        "pad_token": END_OF_TEXT,
        "split_special_tokens": false,
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": null,
    })
}
