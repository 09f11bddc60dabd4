//! Metrics, blind test and reports.
//!
//! All figures are computed on held-out replies, the scores with the quantized file that will be deployed. Each score
//! has a human ceiling: the same figure between halves of the people's own replies.

mod blind;
mod brief;
mod closing;
pub mod config;
mod counting;
mod data;
mod detection;
mod embedding;
pub mod error;
pub mod figures;
mod generation;
mod habits;
mod likelihood;
mod logistic;
mod memorisation;
mod models;
mod notes;
mod profile;
pub mod report;
pub mod resample;
mod run;
mod saving;
mod scores;
mod table;

pub use blind::{KEY as BLIND_TEST_KEY, TEXT as BLIND_TEST};
pub use brief::brief;
pub use closing::closing;
pub use config::{Config, Inputs};
pub use error::Error;
pub use habits::{HabitReport, HabitShare};
pub use memorisation::RareStrings;
pub use profile::words;
pub use report::Report;
pub use run::{GENERATED, TEXT_REPORT, run};
pub use table::text;
