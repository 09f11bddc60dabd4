//! Preference pairs as token ids, and micro-batches of them.
//!
//! Both answers of a pair are branches of one prompt: the prompt is computed once, and each answer sees it and itself.

use std::path::Path;

use lora_trainer::packing::pack;
use persona_core::{ChatMessage, PreferencePair, Split, jsonl};
use persona_model::{
    Segments, Tokenizer,
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

/// Pairs computed in one forward pass.
#[derive(Clone, Debug)]
pub struct PairBatch {
    /// Positions of the pairs in the list they were taken from.
    pub pairs: Vec<usize>,
    /// Tokens: for each pair its prompt, the chosen and the rejected answer.
    pub ids: Vec<u32>,
    /// Which tokens see which.
    pub segments: Segments,
    /// Rows that predict the tokens of the answers, answer by answer.
    pub rows: Vec<u32>,
    /// The tokens to predict.
    pub targets: Vec<u32>,
    /// Tokens of each answer: chosen and rejected of the first pair, of the second, …
    pub lengths: Vec<usize>,
}

impl PairBatch {
    /// Packs the pairs at `positions` of `all` into micro-batches of at most `budget` tokens.
    pub fn pack(
        all: &[Pair],
        positions: &[usize],
        budget: usize,
    ) -> Result<Vec<Self>, lora_trainer::Error> {
        let lengths: Vec<usize> = positions.iter().map(|&index| all[index].tokens()).collect();
        pack(&lengths, budget)
            .into_iter()
            .map(|batch| {
                Self::of(
                    all,
                    batch.into_iter().map(|index| positions[index]).collect(),
                )
            })
            .collect()
    }

    /// The pairs at `positions`, each as one prompt with two branches.
    pub fn of(all: &[Pair], positions: Vec<usize>) -> Result<Self, lora_trainer::Error> {
        let mut batch = Self {
            ids: Vec::new(),
            segments: Segments::packed(&[]),
            rows: Vec::new(),
            targets: Vec::new(),
            lengths: Vec::new(),
            pairs: Vec::new(),
        };
        for &position in &positions {
            batch.add(&all[position])?;
        }
        batch.pairs = positions;
        Ok(batch)
    }

    fn add(&mut self, pair: &Pair) -> Result<(), lora_trainer::Error> {
        let last_of_prompt = (self.ids.len() + pair.prompt.len() - 1) as u32;
        self.ids.extend_from_slice(&pair.prompt);
        for answer in [&pair.chosen, &pair.rejected] {
            let start = self.ids.len() as u32;
            self.rows.push(last_of_prompt);
            self.rows.extend(start..start + answer.len() as u32 - 1);
            self.targets.extend_from_slice(answer);
            self.ids.extend_from_slice(answer);
            self.lengths.push(answer.len());
        }
        let branches =
            Segments::branches(pair.prompt.len(), &[pair.chosen.len(), pair.rejected.len()])?;
        let so_far = std::mem::replace(&mut self.segments, Segments::packed(&[]));
        self.segments = so_far.then(&branches)?;
        Ok(())
    }
}
