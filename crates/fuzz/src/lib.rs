//! One function per parser of bytes from elsewhere, for fuzzers and for tests that replay a corpus.
//!
//! Each takes any bytes, gives them to the parser by the way they take in real use, and panics where the parser panics
//! or where what came out cannot be right: something vanished, a round trip changed it, a number is out of its bounds.
//! It returns whether the parser took the bytes, so that a test can tell a corpus that reaches deep from one that does not.
//!
//! `libfuzzer/` has a program for `cargo fuzz` per function, `corpus/` has files to begin with; `docs/TESTING.md` tells how to run them.

#![expect(
    clippy::unwrap_used,
    reason = "whoever calls these functions waits for a panic"
)]

mod adapter_config;
mod discord_page;
mod export;
mod gguf;
mod ingested;
mod package;
mod safetensors;
mod scratch;
mod settings;
mod slash;
mod tokenizer;

pub use adapter_config::adapter_config;
pub use discord_page::discord_page;
pub use export::export;
pub use gguf::gguf;
pub use package::package;
pub use safetensors::safetensors;
pub use settings::settings;
pub use slash::slash;
pub use tokenizer::tokenizer;

/// A function for any bytes. Returns whether the parser took them.
pub type Target = fn(&[u8]) -> bool;

/// All functions by name: that of the program for the fuzzer, and that of the folder of its corpus.
pub const TARGETS: [(&str, Target); 9] = [
    ("adapter_config", adapter_config),
    ("discord_page", discord_page),
    ("export", export),
    ("gguf", gguf),
    ("package", package),
    ("safetensors", safetensors),
    ("settings", settings),
    ("slash", slash),
    ("tokenizer", tokenizer),
];
