//! Preference pairs as token ids, and packing them into micro-batches.
//!
//! Both answers of a pair are branches of one prompt: the prompt is computed once, and each answer sees it and itself.

use std::{ops::Range, path::Path};

use lora_trainer::packing::pack;
use persona_core::{ChatMessage, PreferencePair, Split, jsonl};
use persona_model::{
    Batch, Tokenizer,
    chatml::{self, Form, encode_fitting},
};

use crate::error::Error;

/// A preference pair as token ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedPair {
    /// Token ids before the answer, the header of the reply included.
    pub prompt: Vec<u32>,
    /// Token ids of the chosen answer, with `<|im_end|>` and the newline.
    pub chosen: Vec<u32>,
    /// Token ids of the rejected answer, with `<|im_end|>` and the newline.
    pub rejected: Vec<u32>,
}

impl EncodedPair {
    /// Number of tokens in the prompt and both answers.
    pub fn tokens(&self) -> usize {
        self.prompt.len() + self.chosen.len() + self.rejected.len()
    }
}

/// Preference pairs of a dataset.
#[derive(Clone, Debug, Default)]
pub struct EncodedPairs {
    /// Training pairs.
    pub train: Vec<EncodedPair>,
    /// Held-out pairs, of the validation and test splits.
    pub held_out: Vec<EncodedPair>,
    /// Number of pairs left out because an answer does not fit `max_tokens`.
    pub too_long: usize,
}

impl EncodedPairs {
    /// Reads and encodes the pairs in `path`; a missing file holds none.
    pub fn load(path: &Path, tokenizer: &Tokenizer, max_tokens: usize) -> Result<Self, Error> {
        let mut pairs = Self::default();
        if !path.exists() {
            return Ok(pairs);
        }
        for record in jsonl::records::<PreferencePair>(path)? {
            let record = record?;
            match encode(&record, tokenizer, max_tokens)? {
                Some(pair) if record.split == Split::Train => pairs.train.push(pair),
                Some(pair) => pairs.held_out.push(pair),
                None => pairs.too_long += 1,
            }
        }
        Ok(pairs)
    }
}

/// Encodes a pair; `None` where an answer does not fit `max_tokens` as a whole.
fn encode(
    record: &PreferencePair,
    tokenizer: &Tokenizer,
    max_tokens: usize,
) -> Result<Option<EncodedPair>, Error> {
    let chosen = answer(tokenizer, &record.chosen);
    let rejected = answer(tokenizer, &record.rejected);
    let longer = if chosen.len() >= rejected.len() {
        &record.chosen
    } else {
        &record.rejected
    };
    let messages = [record.prompt.as_slice(), longer].concat();
    let fitted = encode_fitting(tokenizer, &messages, max_tokens, Form::Example)?;
    if fitted.cut.reply_tokens > 0 {
        return Ok(None);
    }
    let prompt = fitted
        .encoded
        .mask
        .iter()
        .take_while(|is_target| !**is_target)
        .count();
    Ok(Some(EncodedPair {
        prompt: fitted.encoded.ids[..prompt].to_vec(),
        chosen,
        rejected,
    }))
}

/// Target tokens of an answer: everything after the header of the reply.
fn answer(tokenizer: &Tokenizer, messages: &[ChatMessage]) -> Vec<u32> {
    let encoded = chatml::encode(tokenizer, messages, Form::Example);
    let targets = encoded
        .ids
        .iter()
        .zip(&encoded.mask)
        .filter(|(_, is_target)| **is_target);
    targets.map(|(id, _)| *id).collect()
}

/// Packs the pairs at `positions` of `all` into micro-batches of at most `budget` tokens.
///
/// Each pair is a tree: its prompt, then the chosen and the rejected answer. Owner of the targets is the position in
/// `all`. The tokens of the prompt are targets, too, where `prompt_is_target` is set.
pub fn pack_pairs(
    all: &[EncodedPair],
    positions: &[usize],
    budget: usize,
    prompt_is_target: bool,
) -> Result<Vec<Batch>, lora_trainer::Error> {
    let lengths: Vec<usize> = positions.iter().map(|&index| all[index].tokens()).collect();
    pack(&lengths, budget)
        .into_iter()
        .map(|packed| {
            let mut batch = Batch::default();
            for position in packed.into_iter().map(|index| positions[index]) {
                let pair = &all[position];
                let answers = [pair.chosen.as_slice(), &pair.rejected];
                batch.add_tree(position, &pair.prompt, prompt_is_target, &answers)?;
            }
            Ok(batch)
        })
        .collect()
}

/// Targets of a pair's two answers in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers<'a> {
    /// Position of the pair in the list that was packed.
    pub pair: usize,
    /// Targets of the chosen answer.
    pub chosen: &'a Range<usize>,
    /// Targets of the rejected answer.
    pub rejected: &'a Range<usize>,
}

/// Iterates over the answers of all pairs of a batch from [`pack_pairs`], in its order.
pub fn answers(batch: &Batch) -> impl Iterator<Item = Answers<'_>> {
    let of_branch = |branch| {
        let spans = batch.spans.iter();
        spans.filter(move |span| span.branch == Some(branch))
    };
    of_branch(0)
        .zip(of_branch(1))
        .map(|(chosen, rejected)| Answers {
            pair: chosen.owner,
            chosen: &chosen.range,
            rejected: &rejected.range,
        })
}
