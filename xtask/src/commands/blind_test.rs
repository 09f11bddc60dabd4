//! `blind-test`: generated and real replies for people to tell apart.

use std::{fs, path::PathBuf};

use anyhow::Result;
use eval::{BLIND_TEST, BLIND_TEST_KEY};
use persona_core::{FileError, atomic};
use persona_run::Stage;
use serde::Serialize;

use crate::{
    failure::{Problem, Status},
    invocation::{Invocation, print},
};

/// Hands out the blind test of an evaluation: a text for people to mark, its key kept apart
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask blind-test --run mine                      says where the test and its key lie
  cargo xtask blind-test --run mine --out for-friends    copies the test there, without the key
  cargo xtask blind-test --print | less                  reads it in the terminal")]
pub(crate) struct BlindTest {
    /// Copy the test into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the test
    #[arg(long, conflicts_with_all = ["out", "json"])]
    print: bool,
}

#[derive(Serialize)]
struct Files {
    test: PathBuf,
    key: PathBuf,
}

impl BlindTest {
    /// Runs the command: finds the test and copies or prints it.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let folder = invocation.run.folder.stage(Stage::Eval);
        let mut test = folder.join(BLIND_TEST);
        let key = folder.join(BLIND_TEST_KEY);
        if !test.is_file() || !key.is_file() {
            return Err(Problem::new(
                format!("the run `{}` has no blind test", invocation.run.name),
                "an evaluation makes it: cargo xtask eval",
            )
            .into());
        }
        let text = fs::read(&test).map_err(FileError::read(&test))?;
        if self.print {
            print(&String::from_utf8_lossy(&text))?;
            return Ok(Status::Done);
        }
        if let Some(out) = &self.out {
            test = out.join(BLIND_TEST);
            atomic::write(&test, text)?;
        }
        let message = format!(
            "{}: give this to people\n{}: the answers; keep them to yourself until all are done\n",
            test.display(),
            key.display()
        );
        invocation.print(&Files { test, key }, &message)?;
        Ok(Status::Done)
    }
}
