//! The bot on a server that behaves like Discord, with a model that answers what a test tells it to.

mod commands;
mod feedback;
mod hostile;
#[cfg(target_os = "linux")]
mod long_run;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod program;
mod recall;
mod replies;
mod scene;
#[cfg(unix)]
mod secrets;
mod sessions;
mod stub;
mod triggers;
