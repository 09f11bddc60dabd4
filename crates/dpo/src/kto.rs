//! KTO (Ethayarajh et al. 2024): training on answers that people liked or disliked, without pairs.
//!
//! Arithmetic and names are those of TRL 1.16 (`trl.trainer.kto_trainer`, loss `kto`). With `z` the log-ratio of policy
//! to reference of an answer, summed over its tokens:
//!
//! - a liked answer costs `desirable_weight · (1 − σ(β·(z − KL)))`, a disliked one
//!   `undesirable_weight · (1 − σ(β·(KL − z)))`, and the loss is the mean over all answers, liked or not;
//! - KL estimates the distance of the policy from the reference: the mean log-ratio of *mismatched* answers, each prompt
//!   with the answer of the one before it ([`pack_mismatched`]), at least 0. No gradient goes through it;
//! - rewards are β·z.
//!
//! TRL estimates KL in each of its batches; here it is estimated once for the whole training window, so that packing
//! does not change it. With one batch per step both are the same.

use lora_trainer::{
    loss::{Loss, negative_log_likelihood},
    metrics::{Figures, add_figures},
    packing::pack,
};
use persona_model::Batch;
use serde_json::json;

use crate::logistic::sigmoid;

/// KTO's loss function with its constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kto {
    /// Strength β with which the policy is held to the reference; smaller is looser.
    pub beta: f64,
    /// Weight of liked answers.
    pub desirable_weight: f64,
    /// Weight of disliked answers.
    pub undesirable_weight: f64,
}

/// An answer that people liked or disliked, as token ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedAnswer {
    /// Token ids before the answer, the header of the reply included.
    pub prompt: Vec<u32>,
    /// Token ids of the answer, with `<|im_end|>` and the newline.
    pub answer: Vec<u32>,
    /// Whether people liked it.
    pub liked: bool,
}

/// Inputs of the loss of a training window, besides the policy's log-probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KtoWindow<'a> {
    /// Answers that the owners of targets in the batches refer to by position.
    pub answers: &'a [JudgedAnswer],
    /// Log-probability of each answer under the reference, in nats, summed over its tokens.
    pub reference: &'a [f32],
    /// Distance from the reference, by [`kl_estimate`].
    pub kl: f64,
    /// Number of answers in the training window.
    pub weight: usize,
}

/// Packs the answers at `positions` of `all` into micro-batches of at most `budget` tokens. Owner of the targets is the
/// position in `all`.
pub fn pack_judged(
    all: &[JudgedAnswer],
    positions: &[usize],
    budget: usize,
) -> Result<Vec<Batch>, lora_trainer::Error> {
    pack_sequences(all, positions, positions, budget)
}

/// Packs the same prompts, each with the answer of the one before it, and the first with that of the last: the input of
/// [`kl_estimate`].
pub fn pack_mismatched(
    all: &[JudgedAnswer],
    positions: &[usize],
    budget: usize,
) -> Result<Vec<Batch>, lora_trainer::Error> {
    let mut shifted = positions.to_vec();
    if !shifted.is_empty() {
        shifted.rotate_right(1);
    }
    pack_sequences(all, positions, &shifted, budget)
}

fn pack_sequences(
    all: &[JudgedAnswer],
    prompts: &[usize],
    answers: &[usize],
    budget: usize,
) -> Result<Vec<Batch>, lora_trainer::Error> {
    let both = |index: usize| (&all[prompts[index]].prompt, &all[answers[index]].answer);
    let lengths: Vec<usize> = (0..prompts.len())
        .map(|index| both(index).0.len() + both(index).1.len())
        .collect();
    pack(&lengths, budget)
        .into_iter()
        .map(|packed| {
            let mut batch = Batch::default();
            for index in packed {
                let (prompt, answer) = both(index);
                batch.add_tree(prompts[index], prompt, false, &[answer])?;
            }
            Ok(batch)
        })
        .collect()
}

/// Estimates the distance of the policy from the reference: the mean difference of the log-probabilities of mismatched
/// answers (summed over tokens, in nats), at least 0.
pub fn kl_estimate(policy: &[f32], reference: &[f32]) -> f64 {
    let differences = policy
        .iter()
        .zip(reference)
        .map(|(policy, reference)| f64::from(*policy) - f64::from(*reference));
    (differences.sum::<f64>() / policy.len().max(1) as f64).max(0.0)
}

impl Kto {
    /// Share of a micro-batch from [`pack_judged`] in the loss of its training window.
    pub fn micro_loss(&self, batch: &Batch, log_probs: &[f32], window: KtoWindow<'_>) -> Loss {
        let mut sum = Loss {
            gradient: vec![0.0; log_probs.len()],
            ..Loss::default()
        };
        let share = 1.0 / window.weight as f64;
        for (span, log_probs) in batch.parts(log_probs) {
            let log_prob = -negative_log_likelihood(log_probs);
            let ratio = log_prob - f64::from(window.reference[span.owner]);
            let liked = window.answers[span.owner].liked;
            let (sign, weight) = if liked {
                (1.0, self.desirable_weight)
            } else {
                (-1.0, self.undesirable_weight)
            };
            let value = sigmoid(sign * self.beta * (ratio - window.kl));
            sum.value += share * weight * (1.0 - value);
            let slope = -share * weight * sign * self.beta * value * (1.0 - value);
            sum.gradient[span.range.clone()].fill(slope as f32);
            let own = [self.beta * ratio, log_prob, 1.0];
            let (of_liked, of_disliked) = if liked {
                (own, [0.0; 3])
            } else {
                ([0.0; 3], own)
            };
            let figures = [&of_liked[..], &of_disliked, &[window.kl]].concat();
            add_figures(&mut sum.figures, &figures);
        }
        sum
    }
}

/// Names the figures as TRL does: means over liked (`chosen`) and disliked (`rejected`) answers, where there are any;
/// `kl` over all.
pub fn name_figures(sums: &[f64]) -> Figures {
    let &[
        reward_liked,
        liked_log_prob,
        liked,
        reward_disliked,
        disliked_log_prob,
        disliked,
        kl,
    ] = sums
    else {
        return Figures::new();
    };
    let mut named = Figures::new();
    let mut name = |name: &str, value: f64| named.insert(name.to_owned(), json!(value));
    if liked > 0.0 {
        name("rewards/chosen", reward_liked / liked);
        name("logps/chosen", liked_log_prob / liked);
    }
    if disliked > 0.0 {
        name("rewards/rejected", reward_disliked / disliked);
        name("logps/rejected", disliked_log_prob / disliked);
    }
    if liked > 0.0 && disliked > 0.0 {
        let margin = reward_liked / liked - reward_disliked / disliked;
        name("rewards/margins", margin);
    }
    name("kl", kl / (liked + disliked).max(1.0));
    named
}

#[cfg(test)]
mod tests;
