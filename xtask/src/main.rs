//! The command line of Persona: the pipeline and one subcommand per stage.
//!
//! Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage,
//! 3 done but below the pass mark, 130 interrupted with the progress saved.

mod cli;
mod commands;
mod config;
mod console;
mod dry_run;
mod failure;
mod global;
mod interrupt;
mod invocation;
mod pipeline;
mod stages;
mod summary;

use std::process::ExitCode;

use clap::Parser;

use crate::{cli::Cli, failure::Status};

fn main() -> ExitCode {
    let cli = Cli::parse();
    interrupt::install();
    match cli.run() {
        Ok(status) => status.into(),
        Err(error) if failure::is_broken_pipe(&error) => Status::Done.into(),
        Err(error) => failure::report(&error),
    }
}
