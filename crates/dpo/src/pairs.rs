//! Preference pairs as token ids, and micro-batches of them.
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

/// A pair as token ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Everything before the answer, the header of the reply included.
    pub prompt: Vec<u32>,
    /// The answer that people liked better, with `<|im_end|>` and the newline.
    pub chosen: Vec<u32>,
    /// The other answer.
    pub rejected: Vec<u32>,
}

impl Pair {
    /// Tokens of the prompt and both answers.
    pub fn tokens(&self) -> usize {
        self.prompt.len() + self.chosen.len() + self.rejected.len()
    }
}

/// The pairs of a dataset.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// To learn from.
    pub train: Vec<Pair>,
    /// Of the validation and test splits: to judge by.
    pub held_out: Vec<Pair>,
    /// Pairs left out because an answer does not fit `max_tokens`.
    pub too_long: usize,
}

impl Pairs {
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

/// `None` where an answer does not fit `max_tokens` as a whole.
fn encode(
    record: &PreferencePair,
    tokenizer: &Tokenizer,
    max_tokens: usize,
) -> Result<Option<Pair>, Error> {
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
        .take_while(|learned| !**learned)
        .count();
    Ok(Some(Pair {
        prompt: fitted.encoded.ids[..prompt].to_vec(),
        chosen,
        rejected,
    }))
}

/// The learned ids of an answer: what follows the header of the reply.
fn answer(tokenizer: &Tokenizer, messages: &[ChatMessage]) -> Vec<u32> {
    let encoded = chatml::encode(tokenizer, messages, Form::Example);
    let learned = encoded
        .ids
        .iter()
        .zip(&encoded.mask)
        .filter(|(_, learned)| **learned);
    learned.map(|(id, _)| *id).collect()
}

/// Packs the pairs at `positions` of `all` into micro-batches of at most `budget` tokens.
///
/// Each pair is a tree: its prompt, then the chosen and the rejected answer. It is called by its position in `all`.
/// Log-probabilities of the prompt are asked for too where `prompt_asked` says so.
pub fn pack_pairs(
    all: &[Pair],
    positions: &[usize],
    budget: usize,
    prompt_asked: bool,
) -> Result<Vec<Batch>, lora_trainer::Error> {
    let lengths: Vec<usize> = positions.iter().map(|&index| all[index].tokens()).collect();
    pack(&lengths, budget)
        .into_iter()
        .map(|packed| {
            let mut batch = Batch::default();
            for position in packed.into_iter().map(|index| positions[index]) {
                let pair = &all[position];
                let answers = [pair.chosen.as_slice(), &pair.rejected];
                batch.add_tree(position, &pair.prompt, prompt_asked, &answers)?;
            }
            Ok(batch)
        })
        .collect()
}

/// The targets of a pair's two answers in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers<'a> {
    /// Position of the pair in the list it was taken from.
    pub pair: usize,
    /// Targets of the chosen answer.
    pub chosen: &'a Range<usize>,
    /// Targets of the rejected answer.
    pub rejected: &'a Range<usize>,
}

/// The answers of all pairs of a batch from [`pack_pairs`], in its order.
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
