//! Supervisor: starts the bot, watches its heartbeat, and restarts it when it is dead or silent.
//!
//! The bot is a process of its own, so that its faults do not reach the supervisor. Closing its standard input asks it to
//! stop, which works on every system and also when the supervisor itself is killed.

use std::{
    path::Path,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tokio::process::{Child, ChildStdin, Command};
use tracing::{error, info, warn};

use crate::heartbeat::Beat;

mod config;
mod error;
mod restarts;

pub use config::SuperviseConfig;
pub use error::Error;
use restarts::{Next, Restarts};

/// Exit code of a bot whose restart was ordered: it is started again at once.
pub const RESTART: u8 = 75;
/// Exit code of a bot that could not reach Discord or the remote server. It is started again without limit, after the
/// longest wait.
pub const UNREACHABLE: u8 = 69;
/// Exit code of a bot that cannot work with its configuration: a restart would change nothing.
pub const HOPELESS: u8 = 78;

/// Reason for which a supervisor ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupervisorEnd {
    /// The supervisor was asked to stop.
    Stopped,
    /// The bot ended by itself, without an error.
    Finished,
}

/// The bot process to watch.
#[derive(Debug)]
pub struct Watch<'a> {
    /// Restart rules.
    pub config: &'a SuperviseConfig,
    /// Path of the bot's heartbeat file.
    pub heartbeat: &'a Path,
    /// Time that a bot gets to stop before it is killed.
    pub grace: Duration,
}

/// How one process of the bot ended.
enum ProcessEnd {
    Exited(ExitStatus),
    Silent(Duration),
    Stop,
}

/// Keeps the process of `command` running until `stop` resolves, the process ends without an error, or restarts do not help.
///
/// The process must write heartbeats to [`Watch::heartbeat`] and end when its standard input is closed.
pub async fn run(
    watch: &Watch<'_>,
    mut command: impl FnMut() -> Command,
    stop: impl Future<Output = ()>,
) -> Result<SupervisorEnd, Error> {
    watch.config.check()?;
    let mut restarts = Restarts::new(watch.config);
    tokio::pin!(stop);
    loop {
        let started = Instant::now();
        let (mut child, input) = spawn(command())?;
        info!(process = child.id(), "the bot was started");
        let end = tokio::select! {
            end = watch_process(watch, &mut child) => end,
            () = &mut stop => Ok(ProcessEnd::Stop),
        };
        let reason = match end? {
            ProcessEnd::Stop => {
                close(watch, child, input).await;
                return Ok(SupervisorEnd::Stopped);
            }
            ProcessEnd::Exited(status) if status.success() => {
                info!("the bot ended by itself");
                return Ok(SupervisorEnd::Finished);
            }
            ProcessEnd::Exited(status) if status.code() == Some(HOPELESS.into()) => {
                return Err(Error::Hopeless);
            }
            ProcessEnd::Exited(status) if status.code() == Some(RESTART.into()) => {
                info!("the bot was ordered to start again");
                None
            }
            ProcessEnd::Exited(status) if status.code() == Some(UNREACHABLE.into()) => {
                let wait = Duration::from_secs_f64(watch.config.wait_seconds_max);
                let wait_seconds = wait.as_secs_f64();
                warn!(
                    wait_seconds,
                    "the bot is started again: it could not reach what it needs"
                );
                tokio::select! {
                    () = tokio::time::sleep(wait) => continue,
                    () = &mut stop => return Ok(SupervisorEnd::Stopped),
                }
            }
            ProcessEnd::Exited(status) => Some(format!("it ended with {status}")),
            ProcessEnd::Silent(silent) => {
                kill(&mut child).await;
                Some(format!(
                    "it gave no sign of life for {:.1} s",
                    silent.as_secs_f64()
                ))
            }
        };
        match restarts.next(Instant::now(), started.elapsed(), reason.is_some()) {
            Next::After(wait) => {
                if let Some(reason) = &reason {
                    let wait_seconds = wait.as_secs_f64();
                    warn!(wait_seconds, "the bot is started again: {reason}");
                }
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = &mut stop => return Ok(SupervisorEnd::Stopped),
                }
            }
            Next::TooMany => {
                let reason =
                    reason.unwrap_or_else(|| "somebody ordered it again and again".to_owned());
                error!(
                    "the bot is not started again: more than {} restarts in an hour; the last time, {reason}",
                    watch.config.restarts_per_hour
                );
                return Err(Error::CrashLoop {
                    restarts: watch.config.restarts_per_hour,
                    reason,
                });
            }
        }
    }
}

/// Starts a process; returns it and its standard input. The input is taken out because waiting for a process closes it.
fn spawn(mut command: Command) -> Result<(Child, Option<ChildStdin>), Error> {
    let mut child = command
        .stdin(Stdio::piped())
        // A supervisor that panics must not leave two bots behind after its own restart.
        .kill_on_drop(true)
        .spawn()
        .map_err(Error::Start)?;
    let input = child.stdin.take();
    Ok((child, input))
}

/// Waits until the bot's process ends or falls silent.
async fn watch_process(watch: &Watch<'_>, child: &mut Child) -> Result<ProcessEnd, Error> {
    let config = watch.config;
    let process = child.id();
    let tick = Duration::from_secs_f64((config.heartbeat_seconds / 2.0).clamp(0.01, 1.0));
    let mut last_beat = None;
    let mut last_change = Instant::now();
    let mut patience = Duration::from_secs_f64(config.start_seconds);
    loop {
        let planned = Instant::now() + tick;
        tokio::select! {
            status = child.wait() => return Ok(ProcessEnd::Exited(status.map_err(Error::Wait)?)),
            () = tokio::time::sleep(tick) => {}
        }
        // The machine slept, or was too busy even for this process: the bot had no chance either.
        let late = planned.elapsed();
        if late > Duration::from_secs_f64(config.heartbeat_seconds) {
            last_change = Instant::now();
        }
        let beat = Beat::read(watch.heartbeat).filter(|beat| Some(beat.process) == process);
        if let Some(beat) = beat
            && Some(beat.count) != last_beat
        {
            last_beat = Some(beat.count);
            last_change = Instant::now();
            patience = Duration::from_secs_f64(config.silent_seconds);
        }
        if last_change.elapsed() > patience {
            return Ok(ProcessEnd::Silent(last_change.elapsed()));
        }
    }
}

/// Asks the bot to stop, and kills it when it doesn't.
async fn close(watch: &Watch<'_>, mut child: Child, input: Option<ChildStdin>) {
    info!("the bot is asked to stop");
    drop(input);
    if tokio::time::timeout(watch.grace, child.wait())
        .await
        .is_ok()
    {
        info!("the bot has stopped");
        return;
    }
    let grace = watch.grace.as_secs_f64();
    warn!("the bot did not stop within {grace:.1} s and is killed");
    kill(&mut child).await;
}

/// Kills the process, also one that is suspended (SIGSTOP).
async fn kill(child: &mut Child) {
    if let Err(error) = child.kill().await {
        warn!("the bot could not be killed: {error}");
    }
}
