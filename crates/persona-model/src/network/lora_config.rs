//! Shape and strength of the low-rank part that training adds to a model.

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    tensors::ALL_TARGETS,
};

/// Shape and strength of the low-rank part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoraConfig {
    /// Width of the low-rank part.
    pub rank: usize,
    /// Its output is scaled by `alpha / rank`.
    pub alpha: f64,
    /// Share of its inputs dropped in training.
    pub dropout: f32,
    /// Which linears get one, by their last name.
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
