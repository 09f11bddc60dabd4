//! Rank, strength and targets of the adapter that training adds to a model.

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    tensors::ALL_TARGETS,
};

/// Rank, strength and targets of an adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoraConfig {
    /// Rank: width of the low-rank part.
    pub rank: usize,
    /// Alpha: the low-rank output is scaled by `alpha / rank`.
    pub alpha: f64,
    /// Dropout rate: share of the inputs that training drops.
    pub dropout: f32,
    /// Linear layers that get an adapter, by the last part of their name.
    pub targets: Vec<String>,
}

impl LoraConfig {
    /// Refuses values that nothing can be trained with.
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |key: &str, found: String, expected: &str| {
            Err(Error::Config {
                key: key.to_owned(),
                found,
                expected: expected.to_owned(),
            })
        };
        if self.rank == 0 {
            return wrong("rank", "0".to_owned(), "at least 1");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return wrong(
                "dropout",
                self.dropout.to_string(),
                "at least 0 and below 1",
            );
        }
        match self
            .targets
            .iter()
            .find(|target| !ALL_TARGETS.contains(&target.as_str()))
        {
            Some(target) => wrong(
                "targets",
                target.clone(),
                &format!("some of {}", ALL_TARGETS.join(", ")),
            ),
            None if self.targets.is_empty() => {
                wrong("targets", "empty".to_owned(), "at least one linear")
            }
            None => Ok(()),
        }
    }
}
