//! Subcommands: one file for each, with its flags and its work.

pub(crate) mod blind_test;
pub(crate) mod chat;
pub(crate) mod config;
pub(crate) mod dataset;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod export;
pub(crate) mod forget;
pub(crate) mod ingest;
pub(crate) mod inspect;
pub(crate) mod pipeline;
pub(crate) mod pretrain;
pub(crate) mod runs;
pub(crate) mod sample;
pub(crate) mod train;
