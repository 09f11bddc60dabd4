//! Reads Discord's history into the store, page by page.
//!
//! - A page is stored in one transaction, with its authors and the channel's cursor. A kill loses at most the pages
//!   that were on their way, one per channel.
//! - Channels are read side by side, and their pages are stored in a fixed order: first the channel with the fewest
//!   pages, among equals the one with the smallest id. The store, pseudonyms included, therefore does not depend on the
//!   speed of answers, nor on kills.
//! - Messages whose content Discord hides are not stored: until a message shows that the bot has the Message Content
//!   Intent, pages with empty messages are held back.
//! - A channel that the bot may not read is reported, and the others are read.

mod channels;
mod choice;
mod config;
mod error;
mod evidence;
mod history_reader;
mod plan;
mod report;
mod show;
mod task;
mod text;
mod write;

use std::{path::PathBuf, time::Duration};

use persona_core::{Id, Progress};
use persona_discord::Rest;
use persona_store::Store;

pub use config::{FetchConfig, NewChannels};
pub use error::{Error, Failure};
pub use report::{ChannelReport, ChannelState, Report};

use history_reader::HistoryReader;
use task::StoreThread;

/// Interval at which an interruption by the user is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Settings, connection and target of a fetch.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Path of the store; created where it is missing.
    pub store: PathBuf,
    /// Client for Discord's API.
    pub rest: Rest,
    /// Server to read; needed only where the bot is in several.
    pub guild: Option<Id>,
    /// Channels to use from now on: ids, names, categories, or `all`.
    pub allow: Vec<String>,
    /// Channels to use no longer. A channel in both lists is allowed.
    pub deny: Vec<String>,
    /// Messages, only the list of channels, or a preview that stores nothing.
    pub mode: Mode,
}

/// Extent of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Read messages into the store.
    Fetch,
    /// List the channels, and store them with their flag `allowed`; read no messages.
    Channels,
    /// List the channels, and store nothing.
    DryRun,
}

/// Reads what the store lacks, on a runtime of its own.
pub fn run(
    config: &FetchConfig,
    inputs: &Inputs,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Error::Runtime)?
        .block_on(fetch(config, inputs, progress))
}

/// Like [`run`], for programs that have a runtime. Dropping the future leaves the store with the last complete page.
pub async fn fetch(
    config: &FetchConfig,
    inputs: &Inputs,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let bounds = config.bounds()?;
    let mut store_thread =
        StoreThread::new(if inputs.mode == Mode::DryRun && !inputs.store.exists() {
            Store::in_memory()?
        } else {
            Store::open(&inputs.store)?
        });
    let server = channels::find(config, inputs, progress, &mut store_thread);
    let Ok(server) = unless_stopped(progress, server).await else {
        let report = Box::default();
        return Err(Error::Interrupted { report });
    };
    let server = server?;
    let mut reader = HistoryReader::new(config, bounds, inputs, progress, store_thread, &server);
    let outcome = reader.run(server).await;
    reader.finish(outcome).await
}

/// Waits for `work`, unless the user asks to stop.
async fn unless_stopped<T>(
    progress: &dyn Progress,
    work: impl Future<Output = T>,
) -> Result<T, Stopped> {
    let asked = async {
        while !progress.interrupted() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        biased;
        done = work => Ok(done),
        () = asked => Err(Stopped),
    }
}

/// Signal that the user asked to stop.
#[derive(Debug)]
struct Stopped;

#[cfg(test)]
mod tests {
    use persona_core::Progress;

    use super::{FetchConfig, Inputs, fetch};

    /// The bot fetches beside its other work, on any free thread.
    #[expect(dead_code, reason = "that it compiles is the test")]
    fn a_fetch_may_move_between_threads(
        config: &FetchConfig,
        inputs: &Inputs,
        progress: &dyn Progress,
    ) {
        fn assert_send(_: impl Send) {}
        assert_send(fetch(config, inputs, progress));
    }
}
