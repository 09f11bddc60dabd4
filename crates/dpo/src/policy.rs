//! Log-probabilities of answers under the current model.

use lora_trainer::{Error, executor::Executor};
use persona_core::{Progress, Unit};

use crate::pairs::{EncodedPair, answers, pack_pairs};

/// Log-probabilities of the answers of some pairs, in nats, in the order of the pairs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerLogProbs {
    /// Log-probability of each chosen answer, summed over its tokens.
    pub chosen: Vec<f32>,
    /// Log-probability of each rejected answer, summed over its tokens.
    pub rejected: Vec<f32>,
}

/// Log-probability of an answer, from those of its tokens. Summed in f64, so that it does not depend on the width of a
/// CPU's vectors, and rounded like the reference on disk, so that equal models give equal numbers.
pub fn answer_log_prob(log_probs: &[f32]) -> f32 {
    log_probs.iter().copied().map(f64::from).sum::<f64>() as f32
}

/// Computes the log-probabilities of both answers of all `pairs`, in batches of at most `budget` tokens.
pub fn log_probs_of(
    executor: &dyn Executor,
    pairs: &[EncodedPair],
    budget: usize,
    label: &str,
    progress: &dyn Progress,
) -> Result<AnswerLogProbs, Error> {
    let all: Vec<usize> = (0..pairs.len()).collect();
    let batches = pack_pairs(pairs, &all, budget, false)?;
    let task = progress.task(label, Some(pairs.len() as u64), Unit::Things("pairs"));
    let mut found = AnswerLogProbs {
        chosen: vec![0.0; pairs.len()],
        rejected: vec![0.0; pairs.len()],
    };
    executor.log_probs(&batches, progress, &mut |index, log_probs| {
        for answers in answers(&batches[index]) {
            found.chosen[answers.pair] = answer_log_prob(&log_probs[answers.chosen.clone()]);
            found.rejected[answers.pair] = answer_log_prob(&log_probs[answers.rejected.clone()]);
            task.advance(1);
        }
    })?;
    Ok(found)
}

/// Share of pairs whose chosen answer has the strictly higher log-probability **per token**.
///
/// Sums would measure length: the shorter answer nearly always has the higher log-probability.
pub fn preference_accuracy(pairs: &[EncodedPair], log_probs: &AnswerLogProbs) -> Option<f64> {
    let right = (0..pairs.len()).filter(|&index| {
        let chosen = log_probs.chosen[index] / pairs[index].chosen.len() as f32;
        chosen > log_probs.rejected[index] / pairs[index].rejected.len() as f32
    });
    (!pairs.is_empty()).then(|| right.count() as f64 / pairs.len() as f64)
}
