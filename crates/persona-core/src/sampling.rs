//! How tokens are chosen: the settings.

use serde::{Deserialize, Serialize};

use crate::error::SettingError;

/// Section `[sampling]`: how replies are drawn, in evaluation, chat, on Discord and by programs that read the Modelfile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// Above 0: how freely to draw, for it divides the logits. 0: always the likeliest token.
    pub temperature: f64,
    /// Draw from the likeliest tokens that together have this probability.
    pub top_p: f64,
    /// Draw from this many of the likeliest tokens; 0: from all.
    pub top_k: usize,
    /// Above 1: tokens that the reply has already become less likely (Keskar et al. 2019).
    pub repetition_penalty: f64,
    /// A reply ends after this many tokens at the latest.
    pub max_tokens: usize,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_p: 0.9,
            top_k: 40,
            repetition_penalty: 1.1,
            max_tokens: 120,
        }
    }
}

impl Sampling {
    /// Always the likeliest token.
    pub fn greedy(max_tokens: usize) -> Self {
        Self {
            temperature: 0.0,
            repetition_penalty: 1.0,
            max_tokens,
            ..Self::default()
        }
    }

    /// Refuses values that make no sense.
    pub fn check(&self) -> Result<(), SettingError> {
        let refuse = |key: &str, found: String, expected| {
            Err(SettingError {
                key: format!("sampling.{key}"),
                found,
                expected,
            })
        };
        if !(0.0..=100.0).contains(&self.temperature) {
            return refuse("temperature", self.temperature.to_string(), "0 to 100");
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return refuse("top_p", self.top_p.to_string(), "above 0, at most 1");
        }
        if !(0.1..=10.0).contains(&self.repetition_penalty) {
            let found = self.repetition_penalty.to_string();
            return refuse("repetition_penalty", found, "0.1 to 10");
        }
        if self.max_tokens == 0 {
            return refuse("max_tokens", "0".to_owned(), "at least 1");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused_by_name() {
        Sampling::default().check().unwrap();
        Sampling::greedy(1).check().unwrap();
        let refused = |change: fn(&mut Sampling)| {
            let mut sampling = Sampling::default();
            change(&mut sampling);
            sampling.check().unwrap_err().to_string()
        };
        insta::assert_snapshot!(refused(|sampling| sampling.temperature = -1.0), @"`sampling.temperature` is -1, expected 0 to 100");
        insta::assert_snapshot!(refused(|sampling| sampling.top_p = 0.0), @"`sampling.top_p` is 0, expected above 0, at most 1");
        insta::assert_snapshot!(refused(|sampling| sampling.repetition_penalty = f64::NAN), @"`sampling.repetition_penalty` is NaN, expected 0.1 to 10");
        insta::assert_snapshot!(refused(|sampling| sampling.max_tokens = 0), @"`sampling.max_tokens` is 0, expected at least 1");
    }
}
