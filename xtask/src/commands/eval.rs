//! `eval`: measures the persona of a run.

use std::{fs, path::PathBuf};

use anyhow::Result;
use eval::TEXT_REPORT;
use persona_core::FileError;
use persona_run::{Overrides, Stage, once};

use crate::{
    failure::Status,
    invocation::Invocation,
    stages::{self, export},
};

/// Measures the persona on messages it has never seen, with the file that is deployed
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every score stands beside its human ceiling: the same figure between two halves of the people's own messages.
The report lies in runs/NAME/eval, as report.json and report.txt.

Examples:
  cargo xtask eval --run mine
  cargo xtask eval --run mine --check        exit code 3 where the overall score is below the pass mark
  cargo xtask eval --json | jq .overall")]
pub(crate) struct Eval {
    /// Exit with 3 where the overall score is below the pass mark
    #[arg(long)]
    check: bool,
    /// Folder of a sentence-embedding model for the style score
    #[arg(long, value_name = "DIR")]
    embedder: Option<PathBuf>,
    /// Measure again though nothing has changed
    #[arg(long)]
    force: bool,
}

impl Eval {
    /// Returns the flags as a layer of the configuration.
    pub(crate) fn overrides(&self) -> toml::Table {
        Overrides::default()
            .path("embedder", self.embedder.as_ref())
            .table()
    }

    /// Runs the command: measures the persona and prints the report.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let _lock = invocation.lock()?;
        let base = invocation.base()?;
        invocation.dataset()?;
        export::existing(invocation)?;
        invocation.record_config()?;
        if self.force {
            once::clear(&invocation.run.folder.stage(Stage::Eval))?;
        }
        let base = Some(&base);
        let finished = invocation.run_stage(&stages::eval::Eval { invocation, base })?;
        let path = finished.folder.join(TEXT_REPORT);
        let text = fs::read_to_string(&path).map_err(FileError::read(&path))?;
        invocation.print(
            &finished.figures,
            &format!("{text}\n{}\n", finished.folder.display()),
        )?;
        let passed = finished.figures["pass"].as_bool().unwrap_or(false);
        Ok(if self.check && !passed {
            Status::BelowMark
        } else {
            Status::Done
        })
    }
}
