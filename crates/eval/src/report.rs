//! Report of an evaluation, as written to `report.json`.

use persona_core::Split;
use serde::Serialize;

use crate::{habits::HabitReport, memorisation::RareStrings};

/// One figure per model; `null` for a model that does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PerModel {
    /// Figure of the base.
    pub base: Option<f64>,
    /// Figure after SFT.
    pub sft: Option<f64>,
    /// Figure after DPO.
    pub dpo: Option<f64>,
    /// Figure of the merged checkpoint.
    pub merged: Option<f64>,
    /// Figure of the quantized file.
    pub quantized: Option<f64>,
}

impl PerModel {
    /// Names of the models, in the order of the fields.
    pub(crate) const NAMES: [&str; 5] = ["base", "sft", "dpo", "merged", "quantized"];
}

/// A figure of the persona with the same figure of people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Figure of generated against real replies.
    pub value: f64,
    /// Human ceiling: figure of real against other real replies.
    pub ceiling: f64,
    /// Share of the ceiling that is reached, 0 to 1.
    pub share: f64,
    /// Lower end of the 95 % interval of `value`.
    pub low: f64,
    /// Upper end of the 95 % interval of `value`.
    pub high: f64,
}

/// All scores. A score is `null` where there are too few replies to compute it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Share of the base's bits per character that training saved.
    pub perplexity: Option<Score>,
    /// Cosine of mean sentence embeddings.
    pub style: Option<Score>,
    /// 1 − Kolmogorov-Smirnov statistic of lengths.
    pub length: Option<Score>,
    /// Jaccard index of word sets from equal numbers of words.
    pub vocabulary: Option<Score>,
    /// Accuracy of a classifier that tells bot from people; the ceiling is that of telling people from people.
    pub detection: Option<Score>,
    /// Share of replies copied from the training split; the ceiling is that of real held-out replies.
    pub memorisation: Option<Score>,
}

/// Share of held-out pairs whose chosen side has the higher log-probability per token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PreferenceAccuracy {
    /// Share under the base.
    pub base: Option<f64>,
    /// Share after SFT.
    pub sft: Option<f64>,
    /// Share after DPO.
    pub dpo: Option<f64>,
    /// Share of pairs whose chosen side gained more log-probability than the rejected one, against the SFT model.
    pub dpo_reward: Option<f64>,
    /// Number of held-out pairs.
    pub pairs: usize,
}

/// A style feature in real and in generated replies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeatureDistance {
    /// Name of the feature.
    pub name: String,
    /// Mean over real replies.
    pub real: f64,
    /// Mean over generated replies.
    pub generated: f64,
    /// Difference of the means, in standard deviations of the real replies.
    pub distance: f64,
    /// Mean absolute distance between halves of the real replies.
    pub ceiling: f64,
}

/// Distances that are not part of the scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Distances {
    /// Jensen-Shannon divergence of word frequencies, in bits.
    pub word_divergence: Option<f64>,
    /// Word divergence between halves of the real replies.
    pub word_divergence_ceiling: Option<f64>,
    /// Mean absolute distance of the style features.
    pub stylometry: Option<f64>,
    /// Stylometric distance between halves of the real replies.
    pub stylometry_ceiling: Option<f64>,
    /// Distances of all style features, the largest first.
    pub features: Vec<FeatureDistance>,
}

/// Sizes of the samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Number of targets in the split.
    pub test_targets: usize,
    /// Number of targets whose real reply was scored.
    pub scored: usize,
    /// Number of targets that a reply was generated for.
    pub generated: usize,
    /// Number of generated replies that are empty.
    pub empty: usize,
    /// Number of generated replies that reached the longest length.
    pub cut_off: usize,
    /// Number of replies in the training split.
    pub training_replies: usize,
    /// Number of tokens that the perplexities are computed over.
    pub scored_tokens: usize,
    /// Number of characters that the bits per character are computed over.
    pub scored_characters: usize,
    /// Number of generated replies in the blind test, and of real ones.
    pub blind_test: usize,
}

/// Report of an evaluation.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Overall score, the weighted mean of shares: 0.25 perplexity, 0.30 style, 0.20 length, 0.25 vocabulary.
    pub overall: Option<f64>,
    /// Whether `overall` reaches the pass mark.
    pub pass: bool,
    /// Smallest overall score that is a pass.
    pub pass_mark: f64,
    /// Perplexity per token of the real replies.
    pub perplexity: PerModel,
    /// Bits per character of the real replies.
    pub bits_per_character: PerModel,
    /// Bits per character of the base mixed with a trigram model of the training replies: the reference of the
    /// perplexity score.
    pub counting_bits_per_character: Option<f64>,
    /// Scores with their ceilings.
    pub scores: Scores,
    /// Preference accuracy on held-out pairs.
    pub preference_accuracy: PreferenceAccuracy,
    /// Distances that are not part of the scores.
    pub distances: Distances,
    /// Numbers of mail addresses, phone numbers and keys in generated replies.
    pub rare_strings: RareStrings,
    /// Habit recall; `null` where no habits are known.
    pub habit_recall: Option<HabitReport>,
    /// Sizes of the samples.
    pub counts: Counts,
    /// Split that was evaluated.
    pub split: Split,
    /// Name of the embedder.
    pub embedder: String,
    /// Seed of the evaluation.
    pub seed: u64,
    /// Notes for the reader.
    pub notes: Vec<String>,
}
