//! `supervise`: keeps a bot running.

use std::{ffi::OsString, path::Path, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use bot::{
    Program, logging,
    supervise::{self, Watch},
};
use tokio::process::Command;

use super::{global::Global, stop::asked_to_stop};

/// Longest time that a stopping bot takes to close its connections after the last reply.
const CLOSING: Duration = Duration::from_secs(10);

/// Starts the bot, watches it, and starts it again when it is dead or silent
#[derive(Debug, clap::Args)]
pub(crate) struct Supervise {}

impl Supervise {
    #[expect(clippy::unused_self, reason = "all commands are called alike")]
    pub(crate) fn run(&self, global: &Global) -> Result<ExitCode> {
        let program = Program::read(global.config.as_deref(), global.run.as_deref())?;
        let _logging = logging::start(&program.bot.log, Path::new("."), "supervise")?;
        let ended = keep_running(&program, global);
        if let Err(error) = &ended {
            logging::ending(&format!("{error:#}"));
        }
        ended
    }
}

/// Runs the supervisor until it is asked to stop or gives up.
fn keep_running(program: &Program, global: &Global) -> Result<ExitCode> {
    let bot = std::env::current_exe().context("cannot find out where this program lies")?;
    let arguments = arguments(global);
    let watch = Watch {
        config: &program.bot.supervise,
        heartbeat: &program.files.heartbeat(),
        grace: Duration::from_secs(program.bot.stop_seconds) + CLOSING,
    };
    let command = || {
        let mut command = Command::new(&bot);
        command.args(&arguments);
        command
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime
        .block_on(supervise::run(&watch, command, asked_to_stop(false)))
        .map_err(bot::Error::from)?;
    Ok(ExitCode::SUCCESS)
}

/// Flags for the bot: those that the supervisor was given.
fn arguments(global: &Global) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["run".into(), "--supervised".into()];
    let mut add = |flag: &str, value: Option<OsString>| {
        if let Some(value) = value {
            arguments.extend([flag.into(), value]);
        }
    };
    add("--config", global.config.clone().map(Into::into));
    add("--run", global.run.clone().map(Into::into));
    add("--model", global.model.clone().map(Into::into));
    arguments
}
