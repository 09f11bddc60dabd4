//! `dataset`: the store into conversations, pairs and statistics.

use std::path::PathBuf;

use anyhow::Result;
use dataset::{Statistics, render_table};
use persona_core::{FileError, layout};
use persona_run::{Overrides, Stage, config::Contradictions, once};

use crate::{
    failure::{Problem, Status},
    global::Change,
    invocation::Invocation,
    stages,
};

/// Builds conversations, preference pairs and statistics from the store
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Written are conversations.jsonl and pairs.jsonl, the same as Parquet, sft-*.jsonl for other trainers, and statistics.json.

Examples:
  cargo xtask dataset --run mine
  cargo xtask dataset --run mine --persona mara --persona u7     only the replies of these two
  cargo xtask dataset --limit 2000 --json | jq .authors")]
pub(crate) struct Dataset {
    /// The store [default: runs/NAME/persona.sqlite]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Only the N latest messages
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Seed of splits and copies
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// People whom the model shall talk like: name, pseudonym or id; can be given several times [default: everybody]
    #[arg(long, value_name = "WHO")]
    persona: Vec<String>,
    /// Build the dataset again though nothing has changed
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    change: Change,
}

impl Dataset {
    /// Treatment of settings that contradict those of the run.
    pub(crate) fn contradictions(&self) -> Contradictions {
        self.change
            .contradictions(&["input", "base", "mode", "train", "dpo"])
    }

    /// Returns the flags as a layer of the configuration.
    pub(crate) fn overrides(&self) -> toml::Table {
        Overrides::default()
            .path("store", self.store.as_ref())
            .set("limit", self.limit.map(i64::from))
            .set("seed", self.seed.map(|seed| seed as i64))
            .set(
                "dataset.persona",
                (!self.persona.is_empty()).then(|| self.persona.clone()),
            )
            .table()
    }

    /// Runs the command: builds the dataset and prints its statistics.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let store = invocation.run.store();
        if !store.exists() {
            return Err(Problem::new(
                format!("there is no store `{}`", store.display()),
                "fill one first: cargo xtask ingest export PATH…",
            )
            .into());
        }
        let _lock = invocation.lock()?;
        invocation.record_config()?;
        if self.force {
            once::clear(&invocation.run.folder.stage(Stage::Dataset))?;
        }
        let finished = invocation.run_stage(&stages::dataset::Dataset {
            invocation,
            after_ingest: false,
        })?;
        let path = finished.folder.join(layout::dataset::STATISTICS);
        let text = std::fs::read(&path).map_err(FileError::read(&path))?;
        let statistics: Statistics = serde_json::from_slice(&text)
            .map_err(|error| FileError::content(&path, format!("line {}", error.line()), error))?;
        let table = render_table(&statistics);
        invocation.print(
            &statistics,
            &format!("{table}\n{}\n", finished.folder.display()),
        )?;
        Ok(Status::Done)
    }
}
