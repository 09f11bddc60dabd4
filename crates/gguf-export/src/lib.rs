//! Merged checkpoints and GGUF files that run in llama.cpp, Ollama and LM Studio.
//!
//! [`run`] merges an adapter into the unquantized base ([`Inputs`]), writes the merged Hugging Face folder, and from
//! that one GGUF file for each of [`Config::quants`], each tested by reading it back. [`inspect()`] shows the content
//! of such files. Everything is streamed: no more than a piece of one tensor is in memory at any time, except in the
//! self-test.

mod config;
mod error;
mod export;
pub mod inspect;
mod merge;
mod modelfile;
mod quantize;
mod qwen2;
mod report;
mod run;
mod selftest;

pub use config::{Config, Inputs, Quant, SelfTest};
pub use error::{Error, Result};
pub use inspect::{Inspection, inspect};
pub use report::{FileReport, MergedReport, Report, SelfTestReport, TypeCount};
pub use run::run;
