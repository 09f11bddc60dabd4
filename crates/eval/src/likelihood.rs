//! Log-probabilities of given replies under a model, teacher-forced.

use persona_core::{ChatMessage, Progress, Unit};
use persona_model::{
    Batch, Qwen2, Tokenizer,
    chatml::{self, Form},
    loss::batch_log_probs,
};

use crate::error::Error;

/// Largest number of tokens in one forward pass.
const PACK_TOKENS: usize = 1024;

/// Token ids of a prompt with its reply, and a mask of the scored tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) ids: Vec<u32>,
    /// Scored tokens: the reply and its `<|im_end|>`. The newline after it is not scored: every model that knows ChatML
    /// predicts it, and would look better than it is.
    mask: Vec<bool>,
    characters: usize,
}

impl Example {
    /// Encodes messages of which the last is the reply.
    pub(crate) fn new(
        tokenizer: &Tokenizer,
        messages: &[ChatMessage],
        sequence: usize,
    ) -> Result<Self, persona_model::Error> {
        let fitted = chatml::encode_fitting(tokenizer, messages, sequence, Form::Example)?;
        let mut mask = fitted.encoded.mask;
        let form = tokenizer.encode("\n").len();
        let unscored = form.saturating_sub(fitted.cut.reply_tokens);
        let from = mask.len().saturating_sub(unscored);
        mask[from..].fill(false);
        let reply = messages.last().map_or("", |message| &message.content);
        let kept: Vec<u32> = fitted
            .encoded
            .ids
            .iter()
            .zip(&mask)
            .filter(|(_, scored)| **scored)
            .map(|(id, _)| *id)
            .collect();
        Ok(Self {
            ids: fitted.encoded.ids,
            mask,
            characters: if fitted.cut.reply_tokens == 0 {
                reply.chars().count()
            } else {
                tokenizer.decode(&kept).chars().count()
            },
        })
    }
}

/// Tokens of one reply and their log-probabilities under a model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scored {
    pub(crate) targets: Vec<u32>,
    /// Natural-log probabilities of the scored tokens.
    pub(crate) log_probs: Vec<f32>,
    pub(crate) characters: usize,
}

impl Scored {
    /// Log-probability of the whole reply.
    pub(crate) fn sum(&self) -> f64 {
        self.log_probs.iter().copied().map(f64::from).sum()
    }

    /// Log-probability per token, so that a long reply is not unlikely for its length.
    pub(crate) fn per_token(&self) -> f64 {
        self.sum() / self.log_probs.len().max(1) as f64
    }
}

/// Scores all examples under one model, several at a time.
pub(crate) fn score(
    model: &Qwen2,
    model_name: &'static str,
    examples: &[Example],
    progress: &dyn Progress,
) -> Result<Vec<Scored>, Error> {
    let label = format!("scoring with the {model_name} model");
    let task = progress.task(&label, Some(examples.len() as u64), Unit::Things("replies"));
    let mut scored = Vec::with_capacity(examples.len());
    let mut rest = examples;
    while !rest.is_empty() {
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        let (pack, after) = rest.split_at(pack_size(rest));
        scored.extend(score_pack(model, pack).map_err(Error::model(model_name))?);
        task.advance(pack.len() as u64);
        rest = after;
    }
    Ok(scored)
}

fn pack_size(examples: &[Example]) -> usize {
    let mut tokens = 0;
    let fitting = examples.iter().take_while(|example| {
        tokens += example.ids.len();
        tokens <= PACK_TOKENS
    });
    fitting.count().max(1)
}

fn score_pack(model: &Qwen2, pack: &[Example]) -> Result<Vec<Scored>, persona_model::Error> {
    let mut batch = Batch::default();
    for (index, example) in pack.iter().enumerate() {
        batch.add_example(index, &example.ids, &example.mask);
    }
    let log_probs: Vec<f32> = batch_log_probs(model, &batch, None)?.to_vec1()?;
    Ok(batch
        .parts(&log_probs)
        .map(|(span, log_probs)| Scored {
            targets: batch.targets[span.range.clone()].to_vec(),
            log_probs: log_probs.to_vec(),
            characters: pack[span.owner].characters,
        })
        .collect())
}

/// Perplexity per token: e to the mean negative log-probability.
pub(crate) fn perplexity(scored: &[Scored]) -> Option<f64> {
    let tokens: usize = scored.iter().map(|one| one.log_probs.len()).sum();
    let sum: f64 = scored.iter().map(Scored::sum).sum();
    (tokens > 0).then(|| (-sum / tokens as f64).exp())
}

/// Bits per character: negative log₂-likelihood of the replies over their number of characters.
pub(crate) fn bits_per_character<'a>(scored: impl IntoIterator<Item = &'a Scored>) -> Option<f64> {
    let (mut sum, mut characters) = (0.0, 0);
    for one in scored {
        sum += one.sum();
        characters += one.characters;
    }
    (characters > 0).then(|| -sum / std::f64::consts::LN_2 / characters as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(log_probs: &[f64], characters: usize) -> Scored {
        Scored {
            targets: vec![0; log_probs.len()],
            log_probs: log_probs.iter().map(|value| *value as f32).collect(),
            characters,
        }
    }

    #[test]
    fn a_coin_per_token_is_a_perplexity_of_two() {
        let half = 0.5_f64.ln();
        let replies = [scored(&[half, half, half], 6), scored(&[half], 2)];
        assert!((perplexity(&replies).unwrap() - 2.0).abs() < 1e-6);
        assert!((bits_per_character(&replies).unwrap() - 0.5).abs() < 1e-6);
    }

    #[test]
    fn nothing_has_no_perplexity() {
        assert!(perplexity(&[]).is_none());
        assert!(bits_per_character(&[scored(&[-1.0], 0)]).is_none());
    }
}
