//! Log-probabilities of answers under the model as it is.

use candle_core::{DType, Tensor};
use lora_trainer::{Error, workers::Workers};
use persona_core::{Progress, Unit};
use persona_model::{Qwen2, loss::token_log_probs};

use crate::pairs::{Pair, PairBatch};

/// Summed log-probabilities of the answers of some pairs, in nats, in the order of the pairs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerLogProbs {
    /// Of the chosen answers.
    pub chosen: Vec<f32>,
    /// Of the rejected answers.
    pub rejected: Vec<f32>,
}

/// The sums of the answers' log-probabilities: chosen (pairs) and rejected (pairs), differentiable.
pub fn answer_log_probs(model: &Qwen2, batch: &PairBatch) -> Result<(Tensor, Tensor), Error> {
    let hidden = model.forward(&batch.ids, &batch.segments, None, None)?; // (tokens, hidden)
    let log_probs = token_log_probs(model, &hidden, &batch.rows, &batch.targets)?; // (rows)
    let (mut chosen, mut rejected) = (Vec::new(), Vec::new());
    let mut start = 0;
    for (index, &length) in batch.lengths.iter().enumerate() {
        let sum = log_probs.narrow(0, start, length)?.sum_all()?;
        start += length;
        if index % 2 == 0 {
            &mut chosen
        } else {
            &mut rejected
        }
        .push(sum);
    }
    Ok((Tensor::stack(&chosen, 0)?, Tensor::stack(&rejected, 0)?))
}

/// The same for all of `pairs`, as numbers.
pub fn log_probs_of(
    model: &Qwen2,
    workers: &Workers,
    pairs: &[Pair],
    budget: usize,
    label: &str,
    progress: &dyn Progress,
) -> Result<AnswerLogProbs, Error> {
    let all: Vec<usize> = (0..pairs.len()).collect();
    let batches = PairBatch::pack(pairs, &all, budget)?;
    let task = progress.task(label, Some(pairs.len() as u64), Unit::Things("pairs"));
    let mut found = AnswerLogProbs {
        chosen: vec![0.0; pairs.len()],
        rejected: vec![0.0; pairs.len()],
    };
    let work = |index: usize| {
        if progress.interrupted() {
            return Err(Error::Interrupted {
                step: 0,
                folder: std::path::PathBuf::new(),
            });
        }
        let (chosen, rejected) = answer_log_probs(model, &batches[index])?;
        Ok((numbers(&chosen)?, numbers(&rejected)?))
    };
    workers.ordered(batches.len(), work, |index, (chosen, rejected)| {
        let values = chosen.into_iter().zip(rejected);
        for (&pair, (chosen, rejected)) in batches[index].pairs.iter().zip(values) {
            found.chosen[pair] = chosen;
            found.rejected[pair] = rejected;
        }
        task.advance(batches[index].pairs.len() as u64);
        Ok(())
    })?;
    Ok(found)
}

/// Share of pairs in which the chosen answer is more likely **per token** than the rejected one, strictly.
///
/// Sums would measure length: the shorter answer is nearly always the likelier one.
pub fn preference_accuracy(pairs: &[Pair], log_probs: &AnswerLogProbs) -> Option<f64> {
    let right = (0..pairs.len()).filter(|&index| {
        let chosen = log_probs.chosen[index] / pairs[index].chosen.len() as f32;
        chosen > log_probs.rejected[index] / pairs[index].rejected.len() as f32
    });
    (!pairs.is_empty()).then(|| right.count() as f64 / pairs.len() as f64)
}

pub(crate) fn numbers(tensor: &Tensor) -> Result<Vec<f32>, Error> {
    Ok(tensor.to_dtype(DType::F32)?.to_vec1()?)
}
