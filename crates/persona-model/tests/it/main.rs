//! Integration tests of the crate, in one binary.

mod chatml;
mod embed;
mod fixtures;
mod forward;
mod gguf;
mod lora;
mod tokenizer;
