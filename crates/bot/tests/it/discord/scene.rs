//! A small server with people on it, and bots that run there.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use bot::{BotConfig, BotEvent, BotFiles, Ended, Error, Observer, Setup};
use discord_server::{Kind, Message, Server, World};
use ingest::discord::FetchConfig;
use persona_discord::{ApiConfig, Token};
use persona_recall::Recall;
use persona_run::RunFolder;
use persona_store::Store;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::stub::Stub;

/// Only broken code waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A guild with three people, two channels, and one that the bot may not enter.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) guild: u64,
    pub(crate) admin: u64,
    pub(crate) ann: u64,
    pub(crate) ben: u64,
    pub(crate) general: u64,
    pub(crate) games: u64,
    pub(crate) secret: u64,
    folder: TempDir,
}

/// What a bot did.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) seen: AtomicUsize,
    pub(crate) answered: AtomicUsize,
    pub(crate) dropped: AtomicUsize,
    pub(crate) failed: AtomicUsize,
    pub(crate) looked_up: AtomicUsize,
}

/// A bot that runs.
pub(crate) struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<Ended, Error>>>,
    pub(crate) counted: Arc<Counted>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        if let Ok(filter) = std::env::var("RUST_LOG") {
            let _ = tracing_subscriber::fmt()
                .with_env_filter(filter)
                .with_test_writer()
                .try_init();
        }
        let mut world = World::new();
        let [admin, ann, ben] = ["admin", "ann", "ben"].map(|name| world.user(name));
        let guild = world.guild("Friends");
        let [general, games, secret] =
            ["general", "games", "secret"].map(|name| world.channel(guild, Kind::Text, name));
        let scene = Self {
            server: Server::start(world),
            guild,
            admin,
            ann,
            ben,
            general,
            games,
            secret,
            folder: tempfile::tempdir().unwrap(),
        };
        scene.deny(secret);
        scene
    }

    /// Takes a channel off the list of those that are allowed.
    pub(crate) fn deny(&self, channel: u64) {
        self.know(&mut self.store(), channel, false);
    }

    /// Puts a channel into the store.
    pub(crate) fn know(&self, store: &mut Store, channel: u64, allowed: bool) {
        let (name, parent_id) = self.server.world(|world| {
            let channel = &world.channels[&channel];
            (channel.name.clone(), channel.parent_id)
        });
        let channel = persona_core::Channel {
            id: channel,
            guild_id: self.guild,
            parent_id,
            kind: persona_core::ChannelKind::Text,
            name,
            topic: None,
        };
        let batch = store.batch().unwrap();
        batch.upsert_channel(&channel, 1).unwrap();
        batch.commit().unwrap();
        assert!(store.set_allowed(channel.id, allowed).unwrap());
    }

    pub(crate) fn store_path(&self) -> PathBuf {
        self.folder.path().join("persona.sqlite")
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&self.store_path()).unwrap()
    }

    /// Answers what it is asked, and nothing by chance.
    pub(crate) fn config(&self) -> BotConfig {
        BotConfig {
            admins: vec![self.admin],
            probability: 0.0,
            pause_seconds: 0.0,
            active_minutes: 0,
            ..BotConfig::default()
        }
    }

    /// Asks quickly, and again soon.
    pub(crate) fn api(&self) -> ApiConfig {
        ApiConfig {
            api: self.server.url(),
            requests_per_second: 0.0,
            channel_interval_ms: 0,
            backoff_ms: 5,
            timeout_seconds: 5.0,
            ..ApiConfig::default()
        }
    }

    /// Starts a bot and waits until it has caught up.
    pub(crate) fn start(&self, config: BotConfig, model: &Stub) -> Running {
        let looks = self.looks();
        let running = self.launch(config, model);
        self.wait_for_bot(looks);
        running
    }

    /// Starts a bot.
    pub(crate) fn launch(&self, config: BotConfig, model: &Stub) -> Running {
        let url = model.url();
        self.launch_with(config, None, url)
    }

    /// Starts a bot with the model at `url`, and maybe a sentence model.
    pub(crate) fn launch_with(
        &self,
        config: BotConfig,
        recall: Option<Recall>,
        url: String,
    ) -> Running {
        let counted = Arc::new(Counted::default());
        let observer = counted.clone();
        let (api, token) = (self.api(), Token::new(self.server.token()).unwrap());
        let files = BotFiles {
            store: self.store_path(),
            run: RunFolder::new(self.folder.path().join("run")),
            embedder: None,
        };
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let ended = runtime.block_on(async {
                let setup = Setup {
                    config,
                    form: persona_core::ConversationForm::default(),
                    sampling: persona_core::Sampling::default(),
                    api,
                    fetch: FetchConfig::default(),
                    token,
                    files,
                    seed: 1,
                    backend: Stub::backend(&url).await,
                    observer,
                };
                let stop = async {
                    let _ = stopped.await;
                };
                bot::run_with(setup, recall, stop).await
            });
            runtime.shutdown_background();
            ended
        });
        Running {
            stop: Some(stop),
            thread: Some(thread),
            counted,
        }
    }

    /// Waits until something is so.
    pub(crate) fn wait(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let so = self.server.until(PATIENCE, |_| is_so(self));
        assert!(so, "waited in vain for {what}");
    }

    /// Waits until the bot wrote so many messages, and gives them.
    pub(crate) fn written(&self, count: usize) -> Vec<Message> {
        self.wait(&format!("{count} messages"), |scene| {
            scene.server.written_by_bot().len() >= count
        });
        let written = self.server.written_by_bot();
        assert_eq!(written.len(), count, "{written:#?}");
        written
    }

    /// Says `text` and names the bot in it.
    pub(crate) fn ask(&self, channel: u64, user: u64, text: &str) -> u64 {
        let me = self.me();
        let text = format!("<@{me}> {text}");
        self.server.post_with(channel, user, &text, |mut message| {
            message.mentions = vec![me];
            message
        })
    }

    /// The bot's account.
    pub(crate) fn me(&self) -> u64 {
        self.server.world(|world| world.me)
    }

    /// Nobody was pinged, and every request was as Discord describes it.
    pub(crate) fn check(&self) {
        assert_eq!(self.server.violations(), Vec::<String>::new());
        for message in self.server.written_by_bot() {
            assert!(message.pinged.is_empty(), "{message:#?}");
            assert!(!message.pinged_everyone, "{message:#?}");
        }
    }

    /// Waits until a bot is connected and has looked around more often than `looks`.
    pub(crate) fn wait_for_bot(&self, looks: usize) {
        self.wait("the bot to come", |scene| {
            scene.server.connected() == 1 && scene.looks() > looks
        });
    }

    /// How often a bot looked which channels there are.
    pub(crate) fn looks(&self) -> usize {
        let requests = self.server.requests();
        requests
            .iter()
            .filter(|request| request.path.ends_with("/threads/active") && request.answered)
            .count()
    }
}

impl Running {
    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<Ended, Error> {
        let _ = self.stop.take().map(|stop| stop.send(()));
        self.wait()
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(&mut self) -> Result<Ended, Error> {
        self.thread.take().unwrap().join().unwrap()
    }

    /// How much was counted of something.
    pub(crate) fn count(&self, of: impl Fn(&Counted) -> &AtomicUsize) -> usize {
        of(&self.counted).load(Ordering::SeqCst)
    }
}

impl Observer for Counted {
    fn happened(&self, event: &BotEvent) {
        let counter = match event {
            BotEvent::Seen => &self.seen,
            BotEvent::Answered { .. } => &self.answered,
            BotEvent::Dropped => &self.dropped,
            BotEvent::Failed => &self.failed,
            BotEvent::LookedUp => &self.looked_up,
        };
        counter.fetch_add(1, Ordering::SeqCst);
    }
}
