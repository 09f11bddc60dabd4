//! A test server, a store, and the progress messages.

use std::{path::PathBuf, sync::atomic::AtomicU64};

use discord_server::{Request, Server, Validation, World};
use ingest::discord::{self, ChannelReport, Error, FetchConfig, Inputs, Mode, Report};
use persona_core::{Message, Silent};
use persona_discord::{ApiConfig, Rest, Token};
use persona_store::Store;
use tempfile::TempDir;

/// Test server and store.
pub(crate) struct Bench {
    pub(crate) server: Server,
    folder: TempDir,
    stores: AtomicU64,
}

impl Bench {
    pub(crate) fn new(world: World) -> Self {
        Self {
            server: Server::start(world),
            folder: tempfile::tempdir().unwrap(),
            stores: AtomicU64::new(0),
        }
    }

    /// Like [`new`](Self::new), with a server that does not check its own messages.
    pub(crate) fn quick(world: World) -> Self {
        let bench = Self::new(world);
        bench.server.validate(Validation::NotPages);
        bench
    }

    pub(crate) fn inputs(&self) -> Inputs {
        Inputs {
            store: self.path("persona.sqlite"),
            rest: self.rest(),
            guild: None,
            allow: Vec::new(),
            deny: Vec::new(),
            mode: Mode::Fetch,
        }
    }

    /// A second, empty store for the same server.
    pub(crate) fn other_store(&self) -> PathBuf {
        let number = self
            .stores
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.path(&format!("other-{number}.sqlite"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn rest(&self) -> Rest {
        let config = ApiConfig {
            api: self.server.url(),
            requests_per_second: 0.0,
            channel_interval_ms: 0,
            timeout_seconds: 20.0,
            retries: 8,
            backoff_ms: 1,
            ..ApiConfig::default()
        };
        Rest::new(&Token::new(self.server.token()).unwrap(), &config).unwrap()
    }

    pub(crate) fn fetch(&self) -> Result<Report, Error> {
        self.fetch_with(&FetchConfig::default())
    }

    pub(crate) fn fetch_with(&self, config: &FetchConfig) -> Result<Report, Error> {
        discord::run(config, &self.inputs(), &Silent)
    }

    pub(crate) fn store(&self) -> Store {
        Store::open_read_only(&self.inputs().store).unwrap()
    }

    pub(crate) fn hash(&self) -> String {
        self.store().content_hash().unwrap()
    }

    /// The messages of a channel in the store.
    pub(crate) fn messages(&self, channel: u64) -> Vec<Message> {
        self.store().messages_of_channel(channel).unwrap()
    }

    pub(crate) fn texts(&self, channel: u64) -> Vec<String> {
        let messages = self.messages(channel).into_iter();
        messages.map(|message| message.content).collect()
    }

    /// Pages requested since the last call, as channel and `after`, sorted, because several channels are read at once.
    pub(crate) fn pages(&self) -> Vec<(u64, u64)> {
        let mut pages = pages(&self.server.take_requests());
        pages.sort_unstable();
        pages
    }
}

/// Pages that were sent completely, as channel and `after`.
pub(crate) fn pages(requests: &[Request]) -> Vec<(u64, u64)> {
    requests
        .iter()
        .filter(|request| request.is_page() && request.answered && request.status == 200)
        .map(|request| {
            let after = request.query("after").unwrap().parse().unwrap();
            (request.channel().unwrap(), after)
        })
        .collect()
}

/// Report of one channel.
pub(crate) fn of(report: &Report, channel: u64) -> &ChannelReport {
    let mut channels = report.channels.iter();
    channels.find(|one| one.id == channel).unwrap()
}
