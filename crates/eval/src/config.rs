//! What an evaluation is made of.

use std::path::PathBuf;

use persona_core::{ConversationForm, Sampling};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Settings of an evaluation. The defaults are the ones that reports are compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Longest prompt and reply together, in tokens. The oldest context turns are left out first.
    pub sequence: usize,
    /// At most so many test targets are scored for perplexity; a seeded sample of them where there are more.
    pub max_scored: usize,
    /// At most so many pairs are scored for preference accuracy.
    pub max_pairs: usize,
    /// A reply is generated to at most so many test targets.
    pub max_generated: usize,
    /// So many replies are generated with each model to compare their habits.
    pub habit_replies: usize,
    /// Random halvings of the test replies behind each score, its ceiling and its interval.
    pub halvings: usize,
    /// Halvings that the detector is trained on.
    pub detection_halvings: usize,
    /// Folds of its cross-validation.
    pub detection_folds: usize,
    /// Resamples behind each bootstrap interval.
    pub bootstrap: usize,
    /// A training message repeated whole counts as copied when it has so many words,
    pub copied_words: usize,
    /// or so many characters;
    pub copied_characters: usize,
    /// and so does a reply that shares a run of so many words with a training message.
    pub copied_run_words: usize,
    /// Generated replies in the blind test, and as many real ones.
    pub blind_test: usize,
    /// The overall score that is a pass.
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

/// Where everything lies that an evaluation reads, and where it writes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// Folder of the dataset stage.
    pub dataset: PathBuf,
    /// Folder of the base model.
    pub base: PathBuf,
    /// Adapter after supervised fine-tuning.
    pub sft_adapter: Option<PathBuf>,
    /// Adapter after preference training.
    pub dpo_adapter: Option<PathBuf>,
    /// Folder of the merged checkpoint.
    pub merged: PathBuf,
    /// The quantized GGUF file that will be deployed.
    pub quantized: PathBuf,
    /// Folder the reports are written to.
    pub out: PathBuf,
    /// Folder of a sentence embedding model. Without one, mean hidden states of the base model are used.
    pub embedder: Option<PathBuf>,
    /// Known habits, to ask whether the persona picked them up.
    pub habits: Option<PathBuf>,
    /// The form of conversations that the deployed file was trained with.
    pub form: ConversationForm,
    /// How replies are drawn.
    pub sampling: Sampling,
    /// All chance derives from it.
    pub seed: u64,
}
