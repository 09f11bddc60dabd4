//! The Qwen2 network: one definition for training and generation.

pub mod adapter;
mod build;
pub mod cache;
pub mod gguf;
mod layer;
pub(crate) mod linear;
pub mod lora;
pub mod loss;
pub mod model;
