//! Safetensors files that a run writes beside its model: checkpoints, optimizer states, reference log-probabilities.

pub use persona_model::tensor_file::{NamedTensor, write};
