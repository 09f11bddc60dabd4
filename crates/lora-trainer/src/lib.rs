//! The training engine and the SFT recipe.
//!
//! A recipe says what a step is made of and what its loss is, as a pure function of log-probabilities
//! ([`train::Recipe`]); an engine ([`executor::Executor`]) computes batches forward and backward and moves the parameters;
//! the loop ([`train::train`]) does the rest the same for all: accumulate over micro-batches, clip, update, log, evaluate,
//! save, go on after a stop.
//! [`run`] is the SFT recipe, [`pretrain::run`] makes a base model from scratch, and the `dpo` crate has a third one.

pub mod adapter;
pub mod batch;
pub mod checkpoint;
pub mod checks;
pub mod clip;
pub mod config;
pub mod data;
pub mod epoch;
pub mod error;
pub mod evaluate;
pub mod executor;
pub mod executors;
pub mod loss;
pub mod metrics;
pub mod optimisation;
pub mod optimizer;
pub mod packing;
mod plan;
pub mod pretrain;
pub mod schedule;
pub mod sft;
pub mod tensor_file;
pub mod train;
pub mod workers;

pub use config::{Config, Precision};
pub use error::Error;
pub use plan::{Plan, plan};
pub use sft::{Inputs, Report, run};
