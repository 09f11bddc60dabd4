//! `train`: adapters on the dataset of the run.

use anyhow::Result;
use persona_run::{Mode, Overrides, Stage, config::Contradictions};

use crate::{
    config::mode_values,
    failure::Status,
    global::Change,
    invocation::Invocation,
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
    /// Base model: a folder, or a repository to download [default: the run's, or data/base/persona-tiny]
    #[arg(long, value_name = "DIR|REPO")]
    base: Option<String>,
    /// Stages to train
    #[arg(long, value_parser = mode_values())]
    mode: Option<Mode>,
    /// Epochs of SFT over the training split
    #[arg(long, value_name = "N")]
    epochs: Option<u32>,
    /// Peak learning rate of SFT
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f64>,
    /// Seed of all random choices
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Go on where a stopped training was; this is also the default
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Train again from the start
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    change: Change,
}

impl Train {
    /// Treatment of settings that contradict those of the run.
    pub(crate) fn contradictions(&self) -> Contradictions {
        self.change
            .contradictions(&["input", "store", "limit", "dataset"])
    }

    /// Returns the flags as a layer of the configuration.
    pub(crate) fn overrides(&self) -> toml::Table {
        Overrides::default()
            .set("base", self.base.clone())
            .set("mode", self.mode.map(|mode| mode.name().to_owned()))
            .set("train.epochs", self.epochs.map(i64::from))
            .set("train.learning_rate", self.learning_rate)
            .set("seed", self.seed.map(|seed| seed as i64))
            .table()
    }

    /// Runs the command: trains the stages of the mode.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let _lock = invocation.lock()?;
        invocation.record_config()?;
        let base = invocation.base()?;
        invocation.dataset()?;
        let base = Some(&base);
        let plan = invocation
            .plan()
            .then(Sft { invocation, base })
            .then(Dpo { invocation, base });
        if self.force {
            plan.clear(Stage::Sft)?;
        }
        let summary = summary::of(invocation, plan.run(&invocation.console)?);
        invocation.print(&summary, &summary.text(invocation)?)?;
        Ok(Status::Done)
    }
}
