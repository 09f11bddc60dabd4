//! Writing a model whose weights were all trained as a Hugging Face checkpoint.

use std::path::Path;

use half::bf16;
use persona_core::{FileError, atomic};
use safetensors::{Dtype, tensor::TensorView};

use super::model::Qwen2;
use crate::{error::Result, ops::to_values};

impl Qwen2 {
    /// Writes all variables as `model.safetensors` in bf16 into `folder`.
    pub fn save_weights(&self, folder: &Path) -> Result<()> {
        let path = folder.join("model.safetensors");
        let broken = |error: safetensors::SafeTensorError| FileError::content(&path, "tensors", error);
        let mut raw = Vec::with_capacity(self.variables.len());
        for (_, var) in &self.variables {
            let values = to_values(var.as_tensor())?;
            raw.push(values.iter().flat_map(|value| bf16::from_f32(*value).to_le_bytes()).collect::<Vec<u8>>());
        }
        let mut views = Vec::with_capacity(raw.len());
        for ((name, var), bytes) in self.variables.iter().zip(&raw) {
            let view = TensorView::new(Dtype::BF16, var.dims().to_vec(), bytes).map_err(broken)?;
            views.push((name.as_str(), view));
        }
        let metadata = std::collections::HashMap::from([("format".to_owned(), "pt".to_owned())]);
        Ok(atomic::write(&path, safetensors::serialize(views, Some(metadata)).map_err(broken)?)?)
    }
}
