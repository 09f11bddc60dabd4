//! Stages as the command line runs them: inputs, settings, and the library that does the work.

pub(crate) mod base;
pub(crate) mod dataset;
pub(crate) mod dpo;
pub(crate) mod embeddings;
pub(crate) mod eval;
pub(crate) mod export;
pub(crate) mod ingest;
mod settings;
pub(crate) mod sft;
