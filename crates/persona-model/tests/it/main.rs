//! Integration tests of the crate, in one binary.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests fail with the test, and say when a test needs files that are not there"
)]

mod chatml;
mod embed;
mod error_texts;
mod fixtures;
mod forward;
mod gguf;
mod gguf_hostile;
mod lora;
mod tokenizer;
