//! What a Qwen2 model is in both worlds: tensors by name and shape, types by llama.cpp's rules, keys, vocabulary.

mod metadata;
mod rules;
mod tensors;
mod vocabulary;

pub(crate) use metadata::{Source, metadata};
pub(crate) use rules::{in_file_order, tensor_type};
pub(crate) use tensors::{Expected, expected, is_ignored};

#[cfg(test)]
mod tests;
