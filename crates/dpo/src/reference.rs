//! Reference of DPO: log-probabilities under the policy that training starts from, computed once and kept on disk.

use std::{borrow::Cow, collections::BTreeMap, fs, path::Path};

use persona_core::FileError;
use persona_model::tensor_file::{self, NamedTensor};
use safetensors::SafeTensors;
use serde_json::json;

use crate::{error::Error, policy::AnswerLogProbs};

/// File name of the reference in the folder of the stage.
pub const FILE_NAME: &str = "reference.safetensors";

/// Log-probabilities of the reference.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reference {
    /// Log-probabilities of the training pairs.
    pub train: AnswerLogProbs,
    /// Log-probabilities of the held-out pairs.
    pub held_out: AnswerLogProbs,
}

/// Everything that the log-probabilities depend on, by role.
pub type Key = BTreeMap<String, String>;

impl Reference {
    /// Loads the log-probabilities saved in `folder` under the same key; `None` where there are none.
    pub fn load(folder: &Path, key: &Key, train: usize, held_out: usize) -> Option<Self> {
        let bytes = fs::read(folder.join(FILE_NAME)).ok()?;
        let (_, header) = SafeTensors::read_metadata(&bytes).ok()?;
        let found: Key = header
            .metadata()
            .as_ref()?
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        if found != *key {
            return None;
        }
        let tensors = SafeTensors::deserialize(&bytes).ok()?;
        let read = |name: &str, count: usize| {
            let values: Vec<f32> = bytemuck::pod_collect_to_vec(tensors.tensor(name).ok()?.data());
            (values.len() == count).then_some(values)
        };
        Some(Self {
            train: AnswerLogProbs {
                chosen: read("train.chosen", train)?,
                rejected: read("train.rejected", train)?,
            },
            held_out: AnswerLogProbs {
                chosen: read("held_out.chosen", held_out)?,
                rejected: read("held_out.rejected", held_out)?,
            },
        })
    }

    /// Saves the log-probabilities in `folder` under `key`.
    pub fn save(&self, folder: &Path, key: &Key) -> Result<(), FileError> {
        let tensor = |name: &str, values: &'_ [f32]| (name.to_owned(), values.to_vec());
        let tensors: Vec<NamedTensor<'_>> = [
            tensor("held_out.chosen", &self.held_out.chosen),
            tensor("held_out.rejected", &self.held_out.rejected),
            tensor("train.chosen", &self.train.chosen),
            tensor("train.rejected", &self.train.rejected),
        ]
        .into_iter()
        .map(|(name, values)| NamedTensor {
            name,
            dtype: safetensors::Dtype::F32,
            shape: vec![values.len()],
            bytes: Cow::Owned(bytemuck::cast_slice(&values).to_vec()),
        })
        .collect();
        tensor_file::write(&folder.join(FILE_NAME), json!(key), &tensors)
    }

    /// Loads the log-probabilities, or computes and saves them. The flag tells whether they were loaded.
    pub fn load_or(
        folder: &Path,
        key: &Key,
        counts: (usize, usize),
        compute: impl FnOnce() -> Result<Self, Error>,
    ) -> Result<(Self, bool), Error> {
        if let Some(found) = Self::load(folder, key, counts.0, counts.1) {
            return Ok((found, true));
        }
        let computed = compute()?;
        computed.save(folder, key)?;
        Ok((computed, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_under_the_same_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let log_probs = |value: f32| AnswerLogProbs {
            chosen: vec![value, -0.1],
            rejected: vec![f32::MIN_POSITIVE, value],
        };
        let reference = Reference {
            train: log_probs(-3.25),
            held_out: log_probs(-7.1),
        };
        let key = Key::from([("adapter".to_owned(), "a".to_owned())]);
        reference.save(folder.path(), &key).unwrap();
        assert_eq!(Reference::load(folder.path(), &key, 2, 2), Some(reference));
        assert_eq!(Reference::load(folder.path(), &key, 3, 2), None);
        assert_eq!(Reference::load(folder.path(), &Key::new(), 2, 2), None);
    }
}
