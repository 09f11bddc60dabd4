//! Integration tests of the crate, in one binary.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail with the test")]

mod chatml;
mod embed;
mod error_texts;
mod fixtures;
mod forward;
mod gguf;
mod gguf_hostile;
mod lora;
mod tokenizer;
