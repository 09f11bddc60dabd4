//! `runs`: lists runs, prunes and removes them.

use std::path::Path;

use anyhow::Result;
use clap::Subcommand;
use indicatif::BinaryBytes;
use persona_core::{atomic, layout::is_plain_name};
use persona_run::{
    RunFolder,
    catalogue::{self, Entry},
    folder::RUNS,
    lock::RunLock,
};
use serde_json::json;

use crate::{
    failure::{Problem, Status},
    invocation::{Invocation, command_line, confirm},
};

/// Lists the runs: what each was made from, which stages are done, how much disk it takes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask runs
  cargo xtask runs prune mine       removes the merged checkpoint and large GGUF files, which `export` makes again
  cargo xtask runs rm test-sample   removes a run with everything in it
  cargo xtask runs --json | jq '.[] | {name, base, bytes}'")]
pub(crate) struct Runs {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Removes runs with everything in them: store, dataset and models
    Rm {
        /// Names of the runs
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Removes what `export` can make again from the adapter and the base; the GGUF file for `chat` stays
    Prune {
        /// Names of the runs
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
}

impl Runs {
    /// Runs the command: lists, removes or prunes runs.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        match &self.task {
            None => {
                let found = catalogue::list(Path::new(RUNS))?;
                invocation.print(&found, &catalogue::table(&found))?;
            }
            Some(Task::Rm { names, yes }) => remove(invocation, &entries(names)?, *yes)?,
            Some(Task::Prune { names }) => prune(invocation, &entries(names)?)?,
        }
        Ok(Status::Done)
    }
}

/// Looks up the runs called `names`.
fn entries(names: &[String]) -> Result<Vec<Entry>> {
    let found = names.iter().map(|name| {
        let run = RunFolder::named(name);
        if !is_plain_name(name) || !run.root().is_dir() {
            let problem = Problem::usage(
                format!("there is no run `{name}`"),
                "cargo xtask runs lists them",
            );
            return Err(problem.into());
        }
        Ok(catalogue::look(&run)?)
    });
    found.collect()
}

fn remove(invocation: &Invocation, runs: &[Entry], yes: bool) -> Result<()> {
    for run in runs {
        catalogue::check_store_is_free(run, runs)?;
        let what = format!("{} with {}", run.folder.display(), BinaryBytes(run.bytes));
        if !yes {
            confirm(&format!("removing {what}"), &what, "add --yes")?;
        }
        let folder = RunFolder::named(&run.name);
        drop(RunLock::take(&folder, &command_line())?);
        atomic::remove_folder(folder.root())?;
        invocation.print(&json!({ "removed": run }), &format!("removed {what}\n"))?;
    }
    Ok(())
}

fn prune(invocation: &Invocation, runs: &[Entry]) -> Result<()> {
    for run in runs {
        let folder = RunFolder::named(&run.name);
        let _lock = RunLock::take(&folder, &command_line())?;
        let found = catalogue::prunable(&folder)?;
        catalogue::prune(&found)?;
        let bytes: u64 = found.iter().map(|one| one.bytes).sum();
        let text = format!(
            "{}: {} freed; `export` and `pipeline` make it again\n",
            run.name,
            BinaryBytes(bytes)
        );
        invocation.print(
            &json!({ "run": run.name, "removed": found, "bytes": bytes }),
            &text,
        )?;
    }
    Ok(())
}
