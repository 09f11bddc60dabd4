//! Section `[eval]` of `persona.toml`, and the inputs of the stage.

use std::path::PathBuf;

use persona_core::{ConversationForm, Sampling};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Settings of an evaluation. Reports can be compared only if they were made with the same settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Largest number of tokens in a prompt and its reply together. The oldest context turns are cut first.
    pub sequence: usize,
    /// Largest number of test targets scored for perplexity; of more, some are drawn by the seed.
    pub max_scored: usize,
    /// Largest number of pairs scored for preference accuracy.
    pub max_pairs: usize,
    /// Largest number of test targets for which a reply is generated.
    pub max_generated: usize,
    /// Number of replies generated with each model to measure habits.
    pub habit_replies: usize,
    /// Random halvings of the test replies for each score, its ceiling and its interval.
    pub halvings: usize,
    /// Halvings that the detection classifier is trained on.
    pub detection_halvings: usize,
    /// Folds of the classifier's cross-validation.
    pub detection_folds: usize,
    /// Resamples for each bootstrap interval.
    pub bootstrap: usize,
    /// A reply that repeats a whole training message counts as copied from this number of words on, or from
    /// `copied_characters` on.
    pub copied_words: usize,
    /// A reply that repeats a whole training message counts as copied from this number of characters on, too, however few
    /// its words are.
    pub copied_characters: usize,
    /// Smallest number of consecutive words shared with a training message for a reply to count as copied.
    pub copied_run_words: usize,
    /// Number of generated replies in the blind test, and of real ones.
    pub blind_test: usize,
    /// Smallest overall score that is a pass.
    pub pass_mark: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sequence: 2048,
            max_scored: 1000,
            max_pairs: 500,
            max_generated: 200,
            habit_replies: 60,
            halvings: 200,
            detection_halvings: 8,
            detection_folds: 5,
            bootstrap: 1000,
            copied_words: 5,
            copied_characters: 25,
            copied_run_words: 8,
            blind_test: 50,
            pass_mark: 0.85,
        }
    }
}

impl Config {
    /// Refuses values that no evaluation can be made with.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let counts = [
            ("sequence", self.sequence),
            ("max_scored", self.max_scored),
            ("max_generated", self.max_generated),
            ("halvings", self.halvings),
            ("detection_halvings", self.detection_halvings),
            ("bootstrap", self.bootstrap),
        ];
        let wrong = |key, found: String, expected| {
            Err(Error::Setting {
                key,
                found,
                expected,
            })
        };
        if let Some((key, found)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return wrong(key, found.to_string(), "at least 1");
        }
        if self.detection_folds < 2 {
            return wrong(
                "detection_folds",
                self.detection_folds.to_string(),
                "at least 2",
            );
        }
        if !(0.0..=1.0).contains(&self.pass_mark) {
            return wrong("pass_mark", self.pass_mark.to_string(), "0 to 1");
        }
        Ok(())
    }
}

/// Paths that an evaluation reads and writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// Folder of the dataset stage.
    pub dataset: PathBuf,
    /// Folder of the base.
    pub base: PathBuf,
    /// Adapter after SFT.
    pub sft_adapter: Option<PathBuf>,
    /// Adapter after DPO.
    pub dpo_adapter: Option<PathBuf>,
    /// Folder of the merged checkpoint.
    pub merged: PathBuf,
    /// Quantized GGUF file that will be deployed.
    pub quantized: PathBuf,
    /// Folder for the reports.
    pub out: PathBuf,
    /// Folder of a sentence embedding model. Without one, mean hidden states of the base are used.
    pub embedder: Option<PathBuf>,
    /// File of known habits, to measure whether the persona has them.
    pub habits: Option<PathBuf>,
    /// The form of conversations that the deployed file was trained with.
    pub form: ConversationForm,
    /// How replies are drawn.
    pub sampling: Sampling,
    /// Seed of all random decisions.
    pub seed: u64,
}
