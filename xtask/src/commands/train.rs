//! `train`: adapters on the dataset of the run.

use anyhow::Result;
use persona_run::{Mode, Overrides, Stage, config::Contradictions};

use crate::{
    config::mode_values,
    failure::Status,
    global::Change,
    session::Session,
    stages::{dpo::Dpo, sft::Sft},
    summary,
};

/// Trains adapters on the dataset of the run
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A stopped training goes on where it was. All numbers stand in [train] and [dpo] of persona.toml.

Examples:
  cargo xtask train --run mine --base Qwen/Qwen2.5-0.5B-Instruct
  cargo xtask train --run mine --mode dpo-only --force")]
pub(crate) struct Train {
    /// Base model: a folder, or a repository to download [default: data/base/persona-tiny]
    #[arg(long, value_name = "DIR|REPO")]
    base: Option<String>,
    /// What to train
    #[arg(long, value_parser = mode_values())]
    mode: Option<Mode>,
    /// Passes over the training split
    #[arg(long, value_name = "N")]
    epochs: Option<u32>,
    /// Peak learning rate of SFT
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f64>,
    /// Another seed, other random choices
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Go on where a stopped training was; it does so anyway
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Begin from the start
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    change: Change,
}

impl Train {
    /// What becomes of settings that contradict the run's.
    pub(crate) fn contradictions(&self) -> Contradictions {
        self.change
            .contradictions(&["input", "store", "limit", "dataset"])
    }

    /// The flags as configuration.
    pub(crate) fn overrides(&self) -> toml::Table {
        Overrides::default()
            .set("base", self.base.clone())
            .set("mode", self.mode.map(|mode| mode.name().to_owned()))
            .set("train.epochs", self.epochs.map(i64::from))
            .set("train.learning_rate", self.learning_rate)
            .set("seed", self.seed.map(|seed| seed as i64))
            .table()
    }

    /// Trains what the mode asks for.
    pub(crate) fn run(&self, session: &Session) -> Result<Status> {
        let _lock = session.lock()?;
        session.record_config()?;
        let base = session.base()?;
        session.dataset()?;
        let base = Some(&base);
        let plan = session
            .plan()
            .then(Sft { session, base })
            .then(Dpo { session, base });
        if self.force {
            plan.clear(Stage::Sft)?;
        }
        let summary = summary::of(session, plan.run(&session.console)?);
        session.print(&summary, &summary.text(session)?)?;
        Ok(Status::Done)
    }
}
