//! How tokens are chosen: the settings.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How tokens are chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// Divides the logits; 0 always takes the most likely token.
    pub temperature: f32,
    /// Only the most likely tokens that together reach this probability are left.
    pub top_p: f32,
    /// Only so many of the most likely tokens are left; 0 leaves all.
    pub top_k: usize,
    /// Makes tokens of the reply so far less likely (Keskar et al. 2019); 1 does nothing.
    pub repetition_penalty: f32,
    /// Longest reply, in tokens.
    pub max_tokens: usize,
    /// Seed of the choices.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_p: 0.9,
            top_k: 40,
            repetition_penalty: 1.1,
            max_tokens: 120,
            seed: 0,
        }
    }
}

impl Sampling {
    /// Always the most likely token.
    pub fn greedy(max_tokens: usize) -> Self {
        Self {
            temperature: 0.0,
            repetition_penalty: 1.0,
            max_tokens,
            ..Self::default()
        }
    }

    /// Refuses values that make no sense.
    pub fn check(&self) -> Result<()> {
        let wrong = |key: &str, found: f32, expected: &str| {
            Err(Error::Config {
                key: key.to_owned(),
                found: found.to_string(),
                expected: expected.to_owned(),
            })
        };
        if !(0.0..=100.0).contains(&self.temperature) {
            return wrong("temperature", self.temperature, "0 to 100");
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return wrong("top_p", self.top_p, "above 0, at most 1");
        }
        if !(0.1..=10.0).contains(&self.repetition_penalty) {
            return wrong("repetition_penalty", self.repetition_penalty, "0.1 to 10");
        }
        Ok(())
    }
}
