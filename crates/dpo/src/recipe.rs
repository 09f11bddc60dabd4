//! What a step of preference training is made of.

use candle_core::Tensor;
use lora_trainer::{
    Error,
    batch::epoch_order,
    engine::{Engine, MicroLoss, add_figures},
    train::{Figures, Recipe, Window},
};
use persona_core::Progress;
use persona_model::Qwen2;
use serde_json::json;

use crate::{
    config::Config,
    loss::{PairLogProbs, PreferenceLoss},
    pairs::{Pair, PairBatch, Pairs},
    policy::{AnswerLogProbs, answer_log_probs, log_probs_of, numbers, preference_accuracy},
    reference::Reference,
};

/// The recipe.
pub(crate) struct Dpo<'a> {
    pub(crate) config: &'a Config,
    pub(crate) seed: u64,
    pub(crate) pairs: &'a Pairs,
    pub(crate) reference: &'a Reference,
}

impl Dpo<'_> {
    pub(crate) fn steps(&self) -> usize {
        self.steps_per_epoch() * self.config.epochs
    }

    fn steps_per_epoch(&self) -> usize {
        self.pairs.train.len().div_ceil(self.config.window())
    }
}

impl Recipe for Dpo<'_> {
    type Micro = PairBatch;

    fn window(&self, step: usize) -> Result<Window<PairBatch>, Error> {
        let (epoch, index) = (step / self.steps_per_epoch(), step % self.steps_per_epoch());
        let order = epoch_order(self.seed, epoch, self.pairs.train.len());
        let size = self.config.window();
        let first = index * size;
        let positions = &order[first..order.len().min(first + size)];
        let micros = PairBatch::pack(&self.pairs.train, positions, self.config.micro_tokens)?;
        Ok(Window {
            step,
            epoch: (step + 1) as f64 / self.steps_per_epoch() as f64,
            tokens: micros.iter().map(|batch| batch.ids.len()).sum(),
            weight: positions.len(),
            micros,
        })
    }

    fn loss(
        &self,
        model: &Qwen2,
        window: &Window<PairBatch>,
        index: usize,
    ) -> Result<MicroLoss, Error> {
        let batch = &window.micros[index];
        let loss = &self.config.preference_loss();
        micro_loss(model, batch, &self.reference.train, loss, window.weight)
    }

    fn figures(&self, sums: &[f64], _steps: u64) -> Figures {
        name_figures(sums)
    }

    fn evaluates_after(&self, steps: usize) -> bool {
        steps.is_multiple_of(self.steps_per_epoch())
    }

    fn evaluate(&self, engine: &Engine, progress: &dyn Progress) -> Result<Option<Figures>, Error> {
        let pairs = &self.pairs.held_out;
        if pairs.is_empty() {
            return Ok(None);
        }
        let budget = self.config.micro_tokens;
        let policy = log_probs_of(
            engine.model(),
            engine.workers(),
            pairs,
            budget,
            "validation",
            progress,
        )?;
        let mut sums = Vec::new();
        for index in 0..pairs.len() {
            let (chosen, rejected) = (policy.chosen[index], policy.rejected[index]);
            let reference = &self.reference.held_out;
            add_figures(
                &mut sums,
                &figures(self.config.beta, [chosen, rejected], reference, index),
            );
        }
        let mut named: Figures = name_figures(&sums)
            .into_iter()
            .map(|(name, value)| (format!("eval_{name}"), value))
            .collect();
        named.insert("eval_loss".to_owned(), json!(held_out_loss(self, &policy)?));
        let accuracy = preference_accuracy(pairs, &policy);
        named.insert("eval_preference_accuracy".to_owned(), json!(accuracy));
        Ok(Some(named))
    }
}

/// The share of a micro-batch in the mean loss over the `weight` pairs of its window, and the figures of its pairs.
///
/// `reference` is indexed as the list that the batch was packed from.
pub fn micro_loss(
    model: &Qwen2,
    batch: &PairBatch,
    reference: &AnswerLogProbs,
    loss: &PreferenceLoss,
    weight: usize,
) -> Result<MicroLoss, Error> {
    let (chosen, rejected) = answer_log_probs(model, batch)?;
    let mut sums = Vec::new();
    let values = numbers(&chosen)?.into_iter().zip(numbers(&rejected)?);
    for (&pair, (chosen, rejected)) in batch.pairs.iter().zip(values) {
        add_figures(
            &mut sums,
            &figures(loss.beta, [chosen, rejected], reference, pair),
        );
    }
    let of_reference = |all: &[f32]| {
        let values: Vec<f32> = batch.pairs.iter().map(|&pair| all[pair]).collect();
        Tensor::new(values, chosen.device())
    };
    let lengths = |side: usize| {
        let values: Vec<f32> = batch
            .lengths
            .iter()
            .skip(side)
            .step_by(2)
            .map(|&length| length as f32)
            .collect();
        Tensor::new(values, chosen.device())
    };
    let ratios = PairLogProbs {
        chosen: (&chosen - of_reference(&reference.chosen)?)?,
        rejected: (&rejected - of_reference(&reference.rejected)?)?,
        chosen_tokens: lengths(0)?,
        rejected_tokens: lengths(1)?,
    };
    Ok(MicroLoss {
        loss: (loss.of(&ratios)?.sum_all()? / weight as f64)?,
        figures: sums,
    })
}

/// What is summed over pairs, in the order of [`NAMES`], and the number of pairs.
fn figures(
    beta: f64,
    [chosen, rejected]: [f32; 2],
    reference: &AnswerLogProbs,
    pair: usize,
) -> [f64; 7] {
    let (chosen, rejected) = (f64::from(chosen), f64::from(rejected));
    let reward_chosen = beta * (chosen - f64::from(reference.chosen[pair]));
    let reward_rejected = beta * (rejected - f64::from(reference.rejected[pair]));
    [
        reward_chosen,
        reward_rejected,
        if reward_chosen > reward_rejected {
            1.0
        } else {
            0.0
        },
        reward_chosen - reward_rejected,
        chosen,
        rejected,
        1.0,
    ]
}

/// The names that TRL gives these figures.
const NAMES: [&str; 6] = [
    "rewards/chosen",
    "rewards/rejected",
    "rewards/accuracies",
    "rewards/margins",
    "logps/chosen",
    "logps/rejected",
];

/// Means over the pairs, by name.
pub fn name_figures(sums: &[f64]) -> Figures {
    let pairs = sums.last().copied().unwrap_or(0.0).max(1.0);
    let named = NAMES.iter().zip(sums);
    named
        .map(|(name, sum)| ((*name).to_owned(), json!(sum / pairs)))
        .collect()
}

fn held_out_loss(recipe: &Dpo<'_>, policy: &AnswerLogProbs) -> Result<f64, Error> {
    let device = &candle_core::Device::Cpu;
    let pairs = &recipe.pairs.held_out;
    let ratio = |policy: &[f32], reference: &[f32]| {
        let values: Vec<f32> = policy.iter().zip(reference).map(|(p, r)| p - r).collect();
        Tensor::new(values, device)
    };
    let lengths = |length: &dyn Fn(&Pair) -> usize| {
        let values: Vec<f32> = pairs.iter().map(|pair| length(pair) as f32).collect();
        Tensor::new(values, device)
    };
    let reference = &recipe.reference.held_out;
    let ratios = PairLogProbs {
        chosen: ratio(&policy.chosen, &reference.chosen)?,
        rejected: ratio(&policy.rejected, &reference.rejected)?,
        chosen_tokens: lengths(&|pair| pair.chosen.len())?,
        rejected_tokens: lengths(&|pair| pair.rejected.len())?,
    };
    let losses = numbers(&recipe.config.preference_loss().of(&ratios)?)?;
    Ok(losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / losses.len() as f64)
}
