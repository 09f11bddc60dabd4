//! `status` and `stats`: state and figures of a bot, read without disturbing it.

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::Result;
use bot::{Program, monitor, status};
use persona_store::Store;

use super::global::Global;

/// Prints whether the bot is alive and what it did today; exits with 1 when it is not alive
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the statistics per day: seen, answered, latency, tokens per second, memory, errors
#[derive(Debug, clap::Args)]
pub(crate) struct Stats {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Number of days to show, the newest first
    #[arg(long, value_name = "N", default_value_t = 7)]
    days: usize,
}

impl Status {
    pub(crate) fn run(&self, global: &Global) -> Result<ExitCode> {
        let (program, store) = open(global)?;
        let silent = program.bot.supervise.silent_seconds;
        let status = status::status(&program.files.heartbeat(), &store, silent)?;
        if self.json {
            print(&serde_json::to_string_pretty(&status)?)?;
        } else {
            print(status.to_string().trim_end())?;
        }
        Ok(if status.alive {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

impl Stats {
    pub(crate) fn run(&self, global: &Global) -> Result<ExitCode> {
        let (_, store) = open(global)?;
        let days = monitor::days(&store, self.days)?;
        if self.json {
            print(&serde_json::to_string_pretty(&days)?)?;
        } else {
            print(status::table(&days).trim_end())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn open(global: &Global) -> Result<(Program, Store)> {
    let program = Program::read(global.config.as_deref(), global.run.as_deref())?;
    let path: &Path = &program.files.store;
    let store = Store::open_read_only(path)?;
    Ok((program, store))
}

/// Prints `text`. A reader that left early (`| head`) is no error.
fn print(text: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
