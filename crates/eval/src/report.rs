//! The findings of an evaluation, as they stand in `report.json`.

use persona_core::Split;
use serde::Serialize;

use crate::{habits::HabitReport, memorisation::RareStrings};

/// One figure per model. A model that does not exist has none: it is `null`, never made up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Stages {
    /// The base model.
    pub base: Option<f64>,
    /// After supervised fine-tuning.
    pub sft: Option<f64>,
    /// After preference training.
    pub dpo: Option<f64>,
    /// The last adapter merged into the base.
    pub merged: Option<f64>,
    /// The quantized file.
    pub quantized: Option<f64>,
}

/// A figure of the persona beside the same figure of people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Generated replies against real ones.
    pub value: f64,
    /// Real replies against other real ones: what a persona that is one of them would reach.
    pub ceiling: f64,
    /// How much of the ceiling is reached, 0 to 1.
    pub share: f64,
    /// Lower end of the 95 % interval of `value`.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
}

/// The scores. One that cannot be computed from so few replies is `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Share of the base's bits per character that training saved.
    pub perplexity: Option<Score>,
    /// Cosine of mean sentence embeddings.
    pub style: Option<Score>,
    /// 1 − Kolmogorov-Smirnov of lengths.
    pub length: Option<Score>,
    /// Jaccard of word sets of equally many words.
    pub vocabulary: Option<Score>,
    /// Accuracy of a classifier that tells bot from people; the ceiling is that of telling people from people.
    pub detection: Option<Score>,
    /// Share of replies copied from training; the ceiling is that of real held-out replies.
    pub memorisation: Option<Score>,
}

/// How often a model finds the chosen side of a held-out pair likelier than the rejected one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PreferenceAccuracy {
    /// The base model, by log-probability per token.
    pub base: Option<f64>,
    /// The fine-tuned model.
    pub sft: Option<f64>,
    /// The preference-trained model.
    pub dpo: Option<f64>,
    /// The preference-trained model by its implicit reward: what it moved, against the fine-tuned one.
    pub dpo_reward: Option<f64>,
    /// Pairs that were looked at.
    pub pairs: usize,
}

/// A style feature in real and in generated replies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeatureDistance {
    /// What is measured.
    pub name: String,
    /// Mean over real replies.
    pub real: f64,
    /// Mean over generated replies.
    pub generated: f64,
    /// Difference of the means, in standard deviations of the real replies.
    pub distance: f64,
    /// The same between halves of the real replies, without sign, on average.
    pub ceiling: f64,
}

/// Distances beyond the scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Distances {
    /// Jensen-Shannon divergence of word frequencies, in bits.
    pub word_divergence: Option<f64>,
    /// The same between halves of the real replies.
    pub word_divergence_ceiling: Option<f64>,
    /// Mean size of the feature distances.
    pub stylometry: Option<f64>,
    /// The same between halves of the real replies.
    pub stylometry_ceiling: Option<f64>,
    /// Every style feature, the farthest first.
    pub features: Vec<FeatureDistance>,
}

/// How many there were of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Targets in the split.
    pub test_targets: usize,
    /// Targets whose real reply was scored.
    pub scored: usize,
    /// Targets that a reply was generated for.
    pub generated: usize,
    /// Generated replies that are empty.
    pub empty: usize,
    /// Generated replies that were cut off at the longest length.
    pub cut_off: usize,
    /// Replies in the training split.
    pub training_replies: usize,
    /// Tokens behind the perplexities.
    pub scored_tokens: usize,
    /// Characters behind the bits per character.
    pub scored_characters: usize,
    /// Generated replies in the blind test, and as many real ones.
    pub blind_test: usize,
}

/// The findings.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Weighted share of the ceilings: 0.25 perplexity, 0.30 style, 0.20 length, 0.25 vocabulary.
    pub overall: Option<f64>,
    /// Whether `overall` reaches the pass mark.
    pub pass: bool,
    /// The pass mark.
    pub pass_mark: f64,
    /// Perplexity per token of the real replies.
    pub perplexity: Stages,
    /// Bits per character of the real replies.
    pub bits_per_character: Stages,
    /// The same of the base mixed with counts of the training replies: the reference of the perplexity score.
    pub counting_bits_per_character: Option<f64>,
    /// Scores and their ceilings.
    pub scores: Scores,
    /// Accuracy on held-out pairs.
    pub preference_accuracy: PreferenceAccuracy,
    /// Distances beyond the scores.
    pub distances: Distances,
    /// Mail addresses, phone numbers and keys in generated replies.
    pub rare_strings: RareStrings,
    /// Habit recall, where habits are known.
    pub habit_recall: Option<HabitReport>,
    /// Numbers of everything.
    pub counts: Counts,
    /// The split that was evaluated.
    pub split: Split,
    /// What made the sentence embeddings.
    pub embedder: String,
    /// The seed.
    pub seed: u64,
    /// What the reader should know.
    pub notes: Vec<String>,
}
