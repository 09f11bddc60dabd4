//! Runs of Persona: their configuration, folders, manifests and lineage, the plan of stages, and base models.
//!
//! | part | does |
//! |---|---|
//! | [`config`], [`secrets`] | reads `persona.toml` and `.env` |
//! | [`form`] | the form of conversations and the sampling, as configuration and record give them |
//! | [`folder`], [`run`], [`lock`] | where the files of a run lie, and who may write to them |
//! | [`figures`] | figures and durations as text |
//! | [`stage`], [`plan`] | which stages there are, what each reads, and what is to be done |
//! | [`manifest`], [`once`], [`role`] | runs a stage unless its results are there already |
//! | [`forgotten`] | what was made from the messages of people who were forgotten |
//! | `trial` | the settings of a run of about a minute; behind the feature `hub` |
//! | [`catalogue`] | which runs there are, and what of one can be made again |
//! | `base`, `hub`, `machine`, `checkup` | base models, from a folder or downloaded, what this machine has, and the checks of `doctor`; behind the feature `hub` |
//!
//! Invariant: this crate knows the stages and what each reads, but no stage's code. Programs attach the work.

#[cfg(feature = "hub")]
pub mod base;
pub mod catalogue;
#[cfg(feature = "hub")]
pub mod checkup;
pub mod config;
pub mod figures;
pub mod folder;
pub mod forgotten;
pub mod form;
#[cfg(feature = "hub")]
pub mod hub;
pub mod lock;
#[cfg(feature = "hub")]
pub mod machine;
pub mod manifest;
#[cfg(feature = "hub")]
mod model_files;
pub mod once;
pub mod plan;
pub mod role;
pub mod run;
pub mod secrets;
pub mod stage;
#[cfg(feature = "hub")]
pub mod trial;

pub use config::{ConfigError, ConfigFile, Overrides};
pub use folder::RunFolder;
pub use manifest::Manifest;
pub use once::{Finished, Interrupted};
pub use plan::{Inputs, NotReady, Outlook, Plan, Planned, Work};
pub use run::Run;
pub use secrets::Secrets;
pub use stage::{Mode, Stage};
