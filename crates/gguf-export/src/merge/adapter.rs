//! LoRA adapter for merging: every factor pair is checked against the base before anything is written.

use std::path::Path;

use persona_model::{
    AdapterFile,
    adapter::{Side, key_of},
    tensors::{EMBEDDING, TensorSpec, without_ending},
};

use super::arithmetic::{FactorPair, FloatType, read_floats};
use crate::error::{Error, Result};

/// An adapter whose factor pairs are complete and of the ranks that its configuration states.
#[derive(Debug)]
pub(super) struct Adapter {
    file: AdapterFile,
}

impl Adapter {
    /// Opens the adapter in `folder`.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        Ok(Self {
            file: AdapterFile::open(folder)?,
        })
    }

    /// Number of factor pairs.
    pub(super) fn len(&self) -> usize {
        self.file.modules.len()
    }

    /// Checks that every factor pair is complete, that the base has a matrix of its shape, and that no target module
    /// lacks its pair.
    pub(super) fn check_against(&self, base: &[TensorSpec]) -> Result<()> {
        for module in &self.file.modules {
            let matrix = base
                .iter()
                .find(|tensor| tensor.name.strip_suffix(".weight") == Some(module));
            let Some(matrix) = matrix else {
                return Err(self.error(format!(
                    "is for `{module}`, which the base model does not have"
                )));
            };
            self.check_pair(module, &matrix.shape)?;
        }
        let matrices = base
            .iter()
            .filter(|tensor| tensor.shape.len() == 2 && tensor.name != EMBEDDING.checkpoint);
        for tensor in matrices {
            let module = without_ending(&tensor.name);
            if self.file.config.is_target(module) == Some(true)
                && !self.file.modules.contains(module)
            {
                let last = module.rsplit('.').next().unwrap_or(module);
                return Err(self.error(format!(
                    "has no `{}`, though `{last}` is one of its target_modules",
                    key_of(module, Side::A)
                )));
            }
        }
        Ok(())
    }

    fn check_pair(&self, module: &str, base: &[usize]) -> Result<()> {
        let &[rows, columns] = base else {
            return Err(self.error(format!(
                "is for `{module}`, which is no matrix in the base model"
            )));
        };
        let rank = self.file.config.rank_of(module);
        for (side, expected) in [(Side::A, [rank, columns]), (Side::B, [rows, rank])] {
            let key = key_of(module, side);
            if !self.file.weights.contains(&key) {
                return Err(self.error(format!("has no `{key}`, the partner of a tensor it has")));
            }
            let (dtype, found) = self
                .file
                .weights
                .view(&key, |view| (view.dtype(), view.shape().to_vec()))?;
            if found != expected {
                return Err(self.error(format!(
                    "`{key}` has shape {found:?}, expected {expected:?} for rank {rank} and a base matrix of {rows} × {columns}"
                )));
            }
            if FloatType::of(dtype).is_none() {
                return Err(Error::DType {
                    path: self.file.folder.clone(),
                    name: key,
                    found: format!("{dtype:?}"),
                });
            }
        }
        Ok(())
    }

    /// Reads the factor pair for the base's tensor `name`, if there is one.
    pub(super) fn pair(&self, name: &str) -> Result<Option<FactorPair>> {
        let Some(module) = name
            .strip_suffix(".weight")
            .filter(|module| self.file.modules.contains(*module))
        else {
            return Ok(None);
        };
        let rank = self.file.config.rank_of(module);
        let read = |side| {
            self.file.weights.view(&key_of(module, side), |view| {
                let kind = FloatType::of(view.dtype()).expect("checked by `check_pair`");
                read_floats(view.data(), kind)
            })
        };
        let (a, b) = (read(Side::A)?, read(Side::B)?);
        Ok(Some(FactorPair {
            columns: a.len() / rank,
            a,
            b,
            rank,
            scale: self.file.config.scale_of(module) as f32,
        }))
    }

    fn error(&self, message: String) -> Error {
        Error::Adapter {
            path: self.file.folder.clone(),
            message,
        }
    }
}
