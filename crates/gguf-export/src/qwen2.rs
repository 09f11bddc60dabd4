//! Contents of a GGUF file of a Qwen2 model: types and order of tensors by llama.cpp's rules, metadata keys,
//! vocabulary.

mod metadata;
mod rules;
mod vocabulary;

pub(crate) use metadata::{ModelMetadata, metadata};
pub(crate) use rules::{in_file_order, tensor_type};

#[cfg(test)]
mod tests;
