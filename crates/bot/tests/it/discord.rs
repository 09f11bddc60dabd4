//! The bot on a server that behaves like Discord, with a model that says what a test tells it to.

mod commands;
mod feedback;
mod hostile;
#[cfg(unix)]
mod process;
mod replies;
mod scene;
mod sessions;
mod stub;
mod triggers;
