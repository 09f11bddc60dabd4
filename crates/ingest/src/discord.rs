//! Discord's own history into the store, page by page.
//!
//! - A page is one transaction, with its authors and with how far the channel is read now. A kill loses at most the pages that
//!   were on their way, one a channel.
//! - Channels are asked side by side, and their pages are stored in turns: of all channels the one that has had the fewest pages,
//!   and among equals the one with the smallest id. The store, pseudonyms included, therefore does not depend on who answers
//!   faster, nor on kills.
//! - Nothing is stored that Discord hides from the bot: while no message has shown that the bot may read what people write,
//!   pages with nothing in them are held back.
//! - A channel that the bot may not read is reported, and the others go on.

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
    /// The connection, in the name of the bot.
    pub rest: Rest,
    /// The server; needed only where the bot is in several.
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
    /// Messages are read into the store.
    Fetch,
    /// Channels are looked at, and noted in the store with what is allowed; no messages are read.
    Channels,
    /// Channels are looked at, and nothing is stored.
    DryRun,
}

/// Reads what the store lacks.
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

/// [`run`] for programs that have a runtime. Dropped, it leaves the store with the last whole page.
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

/// The user asked to stop.
#[derive(Debug)]
struct Stopped;

#[cfg(test)]
mod tests {
    use persona_core::Progress;

    use super::{FetchConfig, Inputs, fetch};

    /// The bot reads beside its other work, on whichever thread is free.
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
