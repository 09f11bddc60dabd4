//! The network: Qwen2, LoRA, tokenizer and ChatML, weights, generation, sentence embeddings.
//!
//! One definition of the network serves training and generation, through one attention interface: [`segments`].
//! Everything is computed in f32 on the CPU; frozen matrices may be held as bf16 or as the blocks of a GGUF file.

pub mod batch;
pub mod chatml;
pub mod config;
pub mod embed;
pub mod error;
pub mod form;
pub mod generate;
pub mod network;
mod ops;
mod sampler;
pub mod segments;
pub mod tensor_file;
pub mod tensors;
pub mod tokenizer;
pub mod weights;

pub use batch::{Batch, Span};
pub use config::Qwen2Config;
pub use error::{Error, Result};
pub use generate::generate;
pub use network::{
    adapter::{self, Adapter, AdapterFile},
    adapter_config::AdapterConfig,
    cache::KvCache,
    gguf::GgufFile,
    lora_config::LoraConfig,
    loss,
    model::{LoadOptions, Qwen2},
};
pub use segments::{Segment, Segments};
pub use tensors::ALL_TARGETS;
pub use tokenizer::Tokenizer;
pub use weights::Checkpoint;
