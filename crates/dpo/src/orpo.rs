//! ORPO (Hong et al. 2024): likelihood of the chosen answer plus its odds over the rejected one, without a reference.
//!
//! Arithmetic and names are those of TRL 1.16 (`trl.experimental.orpo`):
//!
//! - loss = NLL − β · mean over pairs of `log σ(log-odds)`;
//! - the NLL is a mean over *tokens*: all of the chosen sequences, prompt *and* answer, except the first of each, which
//!   nothing precedes. The prompts of rejected answers are not counted again;
//! - log-odds = (c − r) − (log(1 − eᶜ) − log(1 − eʳ)), where c and r are the *mean* log-probabilities of the answers'
//!   tokens;
//! - rewards are β·c and β·r.
//!
//! TRL takes both means within each of its batches and averages the batches of a step; here both are means over the
//! whole training window, so that packing does not change them. With one batch per step both are the same.

use lora_trainer::{
    loss::{Loss, negative_log_likelihood},
    metrics::{Figures, add_figures},
};
use persona_model::Batch;
use serde_json::json;

use crate::{
    logistic::{neg_log_sigmoid, sigmoid},
    pairs::answers,
    recipe::NAMES,
};

/// Upper limit of mean log-probabilities: at 0 the odds would be infinite.
const LARGEST_MEAN: f64 = -1e-9;

/// ORPO's loss function with its constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orpo {
    /// Weight of the odds beside the likelihood (λ in the paper).
    pub beta: f64,
}

/// Divisors of the sums over a training window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrpoWeights {
    /// Number of pairs in the training window.
    pub pairs: usize,
    /// Number of tokens of the NLL in the training window: see [`likelihood_targets`].
    pub tokens: usize,
}

/// Number of targets of a batch that the NLL covers: prompts and chosen answers.
pub fn likelihood_targets(batch: &Batch) -> usize {
    let spans = batch.spans.iter().filter(|span| span.branch != Some(1));
    spans.map(|span| span.range.len()).sum()
}

impl Orpo {
    /// Share of a micro-batch in the loss of its training window.
    ///
    /// `batch` comes from [`crate::pairs::pack_pairs`] with prompts as targets.
    pub fn micro_loss(&self, batch: &Batch, log_probs: &[f32], weights: OrpoWeights) -> Loss {
        let mut sum = Loss {
            gradient: vec![0.0; log_probs.len()],
            ..Loss::default()
        };
        let token_share = 1.0 / weights.tokens as f64;
        let mut likelihood = 0.0;
        for (span, log_probs) in batch.parts(log_probs) {
            if span.branch != Some(1) {
                likelihood += negative_log_likelihood(log_probs);
                sum.gradient[span.range.clone()].fill(-token_share as f32);
            }
        }
        sum.value = token_share * likelihood;
        let pair_share = self.beta / weights.pairs as f64;
        for answers in answers(batch) {
            let ranges = [answers.chosen, answers.rejected];
            let [chosen, rejected] = ranges.map(|range| mean(&log_probs[range.clone()]));
            let log_odds = log_odds(chosen) - log_odds(rejected);
            sum.value += pair_share * neg_log_sigmoid(log_odds);
            let slope = -pair_share * sigmoid(-log_odds);
            for (range, slope) in ranges.into_iter().zip([
                slope * log_odds_slope(chosen),
                -slope * log_odds_slope(rejected),
            ]) {
                let each = (slope / range.len() as f64) as f32;
                for gradient in &mut sum.gradient[range.clone()] {
                    *gradient += each;
                }
            }
            let (reward_chosen, reward_rejected) = (self.beta * chosen, self.beta * rejected);
            add_figures(
                &mut sum.figures,
                &[
                    reward_chosen,
                    reward_rejected,
                    f64::from(u8::from(reward_chosen > reward_rejected)),
                    reward_chosen - reward_rejected,
                    chosen,
                    rejected,
                    -neg_log_sigmoid(log_odds),
                    log_odds,
                    1.0,
                ],
            );
        }
        sum.figures
            .extend([likelihood, likelihood_targets(batch) as f64]);
        sum
    }
}

/// TRL's names of the figures that are means over pairs, after those that DPO has too.
const OWN_NAMES: [&str; 2] = ["log_odds_ratio", "log_odds_chosen"];

/// Names the figures as TRL does: means over the pairs, and `nll_loss` over its tokens.
pub fn name_figures(sums: &[f64]) -> Figures {
    let Some(([means @ .., pairs], [likelihood, tokens])) = sums.split_last_chunk::<2>() else {
        return Figures::new();
    };
    let mut named: Figures = NAMES
        .iter()
        .chain(&OWN_NAMES)
        .zip(means)
        .map(|(name, sum)| ((*name).to_owned(), json!(sum / pairs.max(1.0))))
        .collect();
    let nll = likelihood / tokens.max(1.0);
    named.insert("nll_loss".to_owned(), json!(nll));
    named
}

fn mean(log_probs: &[f32]) -> f64 {
    (-negative_log_likelihood(log_probs) / log_probs.len() as f64).min(LARGEST_MEAN)
}

/// Log-odds `log(p / (1 − p))` of `p = e^x`.
fn log_odds(x: f64) -> f64 {
    x - (-x.exp_m1()).ln()
}

/// Slope of [`log_odds`]: `1 / (1 − e^x)`.
fn log_odds_slope(x: f64) -> f64 {
    -1.0 / x.exp_m1()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: OrpoWeights = OrpoWeights {
        pairs: 2,
        tokens: 8,
    };

    /// A prompt of 3 tokens with answers of 2 and 3, and one of 1 with answers of 1 and 2.
    fn batch() -> Batch {
        let mut batch = Batch::default();
        batch
            .add_tree(0, &[1, 2, 3], true, &[&[4, 5], &[6, 7, 8]])
            .unwrap();
        batch.add_tree(1, &[1], true, &[&[2], &[3, 4]]).unwrap();
        batch
    }

    fn log_probs() -> Vec<f32> {
        // Prompt, chosen, rejected; chosen, rejected.
        vec![-1.0, -2.0, -0.5, -1.5, -2.0, -3.0, -1.0, -0.25, -4.0, -0.5]
    }

    /// Means −1 and −2: odds e⁻¹/(1−e⁻¹) and e⁻²/(1−e⁻²), whose ratio is e·(1−e⁻²)/(1−e⁻¹) = e + 1.
    #[test]
    fn by_hand() {
        let mut batch = Batch::default();
        batch
            .add_tree(0, &[1, 2, 3], true, &[&[4, 5], &[6, 7, 8]])
            .unwrap();
        assert_eq!(likelihood_targets(&batch), 4);
        let weights = OrpoWeights {
            pairs: 1,
            tokens: 4,
        };
        let found = Orpo { beta: 0.1 }.micro_loss(&batch, &log_probs()[..7], weights);
        let log_odds = (1.0_f64.exp() + 1.0).ln();
        let odds_loss = (-log_odds).exp().ln_1p();
        assert!((found.value - (5.0 / 4.0 + 0.1 * odds_loss)).abs() < 1e-12);
        let named = name_figures(&found.figures);
        for (name, expected) in [
            ("nll_loss", 1.25),
            ("log_odds_chosen", log_odds),
            ("log_odds_ratio", -odds_loss),
            ("rewards/chosen", -0.1),
            ("rewards/margins", 0.1),
            ("rewards/accuracies", 1.0),
            ("logps/rejected", -2.0),
        ] {
            let found = named[name].as_f64().unwrap();
            assert!((found - expected).abs() < 1e-12, "{name}: {found}");
        }
        // d/dc = −β·σ(−log-odds)/(1 − e⁻¹), half of it for each of the two tokens.
        let slope = -0.1 / (log_odds.exp() + 1.0) / (1.0 - (-1.0_f64).exp());
        assert!((f64::from(found.gradient[2]) - (slope / 2.0 - 0.25)).abs() < 1e-7);
        assert!((found.gradient[0] + 0.25).abs() < 1e-7);
    }

    #[test]
    fn gradient_is_the_central_difference() {
        let (batch, log_probs, orpo) = (batch(), log_probs(), Orpo { beta: 0.7 });
        let found = orpo.micro_loss(&batch, &log_probs, WEIGHTS);
        for index in 0..log_probs.len() {
            let step = 1.0 / 512.0;
            let at = |offset: f32| {
                let mut moved = log_probs.clone();
                moved[index] += offset;
                orpo.micro_loss(&batch, &moved, WEIGHTS).value
            };
            let measured = (at(step) - at(-step)) / f64::from(2.0 * step);
            let slope = f64::from(found.gradient[index]);
            assert!(
                (slope - measured).abs() < 1e-5,
                "{index}: {slope} is {measured}"
            );
        }
    }

    #[test]
    fn a_certain_answer_stays_finite() {
        let mut log_probs = log_probs();
        log_probs[7] = 0.0;
        let found = Orpo { beta: 0.1 }.micro_loss(&batch(), &log_probs, WEIGHTS);
        assert!(found.value.is_finite());
        assert!(found.gradient.iter().all(|slope| slope.is_finite()));
    }
}
