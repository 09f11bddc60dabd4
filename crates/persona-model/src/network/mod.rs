//! The Qwen2 network: one definition for training and generation.

pub mod adapter;
pub mod adapter_config;
mod build;
pub mod cache;
pub mod gguf;
mod layer;
pub(crate) mod linear;
mod lora;
pub mod lora_config;
pub mod loss;
pub mod model;
