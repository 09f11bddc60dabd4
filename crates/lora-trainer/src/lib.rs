//! Training engine and SFT recipe.
//!
//! A recipe ([`train::Recipe`]) defines the micro-batches of a step, and its loss as a pure function of
//! log-probabilities. A training engine ([`executor::Executor`]) runs batches forward and backward and updates the
//! parameters. The loop ([`train::train`]) is the same for all recipes: accumulate over micro-batches, clip, update,
//! log, evaluate, save, continue after a stop. [`run`] is the SFT recipe, [`pretrain::run`] makes a base from scratch,
//! and the `dpo` crate has a third recipe.

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
pub mod train;
pub mod workers;

pub use config::{Config, Precision};
pub use error::Error;
pub use plan::{Plan, plan};
pub use sft::{Inputs, Report, run};
