//! Recipe of DPO.

use lora_trainer::{
    Error,
    epoch::{PerEpoch, epoch_order},
    executor::Executor,
    loss::Loss,
    metrics::{Figures, add_figures},
    train::{Recipe, TrainingWindow},
};
use persona_core::Progress;
use persona_model::Batch;
use serde_json::json;

use crate::{
    config::Config,
    loss::{PairRatios, PreferenceLoss},
    pairs::{EncodedPairs, answers, pack_pairs},
    policy::{AnswerLogProbs, answer_log_prob, log_probs_of, preference_accuracy},
    reference::Reference,
};

/// Recipe of DPO.
pub(crate) struct Dpo<'a> {
    pub(crate) config: &'a Config,
    pub(crate) seed: u64,
    pub(crate) pairs: &'a EncodedPairs,
    pub(crate) reference: &'a Reference,
    order: PerEpoch<Vec<usize>>,
}

impl<'a> Dpo<'a> {
    pub(crate) fn new(
        config: &'a Config,
        seed: u64,
        pairs: &'a EncodedPairs,
        reference: &'a Reference,
    ) -> Self {
        Self {
            config,
            seed,
            pairs,
            reference,
            order: PerEpoch::default(),
        }
    }

    pub(crate) fn steps(&self) -> usize {
        self.steps_per_epoch() * self.config.epochs
    }

    fn steps_per_epoch(&self) -> usize {
        self.pairs
            .train
            .len()
            .div_ceil(self.config.pairs_per_step())
    }
}

impl Recipe for Dpo<'_> {
    fn training_window(&self, step: usize) -> Result<TrainingWindow, Error> {
        let (epoch, index) = (step / self.steps_per_epoch(), step % self.steps_per_epoch());
        let count = self.pairs.train.len();
        let order = self
            .order
            .get(epoch, || epoch_order(self.seed, epoch, count));
        let size = self.config.pairs_per_step();
        let first = index * size;
        let positions = &order[first..order.len().min(first + size)];
        let budget = self.config.micro_tokens;
        let batches = pack_pairs(&self.pairs.train, positions, budget, false)?;
        Ok(TrainingWindow {
            step,
            epoch: (step + 1) as f64 / self.steps_per_epoch() as f64,
            tokens: batches.iter().map(|batch| batch.ids.len()).sum(),
            weight: positions.len(),
            batches,
            // No dropout, or policy and reference would differ by chance.
            dropout_seeds: Vec::new(),
        })
    }

    fn loss(&self, window: &TrainingWindow, index: usize, log_probs: &[f32]) -> Loss {
        micro_loss(
            &window.batches[index],
            log_probs,
            &self.reference.train,
            &self.config.preference_loss(),
            window.weight,
        )
    }

    fn figures(&self, sums: &[f64], _steps: u64) -> Figures {
        name_figures(sums)
    }

    fn evaluates_after(&self, steps: usize) -> bool {
        steps.is_multiple_of(self.steps_per_epoch())
    }

    fn evaluate(
        &self,
        executor: &dyn Executor,
        progress: &dyn Progress,
    ) -> Result<Option<Figures>, Error> {
        let pairs = &self.pairs.held_out;
        if pairs.is_empty() {
            return Ok(None);
        }
        let budget = self.config.micro_tokens;
        let policy = log_probs_of(executor, pairs, budget, "validation", progress)?;
        let reference = &self.reference.held_out;
        let loss = self.config.preference_loss();
        let (mut sums, mut total) = (Vec::new(), 0.0);
        for (index, pair) in pairs.iter().enumerate() {
            let sides = [policy.chosen[index], policy.rejected[index]];
            let ratios = ratios(
                sides,
                reference,
                index,
                [pair.chosen.len(), pair.rejected.len()],
            );
            total += loss.of(&ratios).value;
            add_figures(&mut sums, &figures(loss.beta, sides, &ratios));
        }
        let mut named: Figures = name_figures(&sums)
            .into_iter()
            .map(|(name, value)| (format!("eval_{name}"), value))
            .collect();
        named.insert("eval_loss".to_owned(), json!(total / pairs.len() as f64));
        let accuracy = preference_accuracy(pairs, &policy);
        named.insert("eval_preference_accuracy".to_owned(), json!(accuracy));
        Ok(Some(named))
    }
}

/// Share of a micro-batch in the mean loss over the `weight` pairs of its training window, with the figures of its
/// pairs.
///
/// `reference` has the order of the list that the batch was packed from.
pub fn micro_loss(
    batch: &Batch,
    log_probs: &[f32],
    reference: &AnswerLogProbs,
    loss: &PreferenceLoss,
    weight: usize,
) -> Loss {
    let mut sum = Loss {
        gradient: vec![0.0; log_probs.len()],
        ..Loss::default()
    };
    let share = 1.0 / weight as f64;
    for answers in answers(batch) {
        let ranges = [answers.chosen, answers.rejected];
        let sides = ranges.map(|range| answer_log_prob(&log_probs[range.clone()]));
        let ratios = ratios(
            sides,
            reference,
            answers.pair,
            ranges.map(ExactSizeIterator::len),
        );
        let found = loss.of(&ratios);
        sum.value += share * found.value;
        for (range, slope) in ranges
            .into_iter()
            .zip([found.chosen_slope, found.rejected_slope])
        {
            sum.gradient[range.clone()].fill((share * slope) as f32);
        }
        add_figures(&mut sum.figures, &figures(loss.beta, sides, &ratios));
    }
    sum
}

/// Log-ratios of a pair whose answers, chosen first, have the log-probabilities `policy` over `tokens` tokens.
fn ratios(
    policy: [f32; 2],
    reference: &AnswerLogProbs,
    pair: usize,
    tokens: [usize; 2],
) -> PairRatios {
    PairRatios {
        chosen: f64::from(policy[0]) - f64::from(reference.chosen[pair]),
        rejected: f64::from(policy[1]) - f64::from(reference.rejected[pair]),
        chosen_tokens: tokens[0],
        rejected_tokens: tokens[1],
    }
}

/// Figures that are summed over pairs, in the order of [`NAMES`], and the number of pairs.
fn figures(beta: f64, [chosen, rejected]: [f32; 2], ratios: &PairRatios) -> [f64; 7] {
    let reward_chosen = beta * ratios.chosen;
    let reward_rejected = beta * ratios.rejected;
    [
        reward_chosen,
        reward_rejected,
        f64::from(u8::from(reward_chosen > reward_rejected)),
        reward_chosen - reward_rejected,
        f64::from(chosen),
        f64::from(rejected),
        1.0,
    ]
}

/// TRL's names of the figures.
pub(crate) const NAMES: [&str; 6] = [
    "rewards/chosen",
    "rewards/rejected",
    "rewards/accuracies",
    "rewards/margins",
    "logps/chosen",
    "logps/rejected",
];

/// Names the figures: means over the pairs.
pub fn name_figures(sums: &[f64]) -> Figures {
    let pairs = sums.last().copied().unwrap_or(0.0).max(1.0);
    let named = NAMES.iter().zip(sums);
    named
        .map(|(name, sum)| ((*name).to_owned(), json!(sum / pairs)))
        .collect()
}
