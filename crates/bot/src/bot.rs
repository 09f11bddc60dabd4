//! Start, event loop and end of a bot.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use ingest::discord::FetchConfig;
use persona_core::{ConversationForm, Sampling};
use persona_discord::{ApiConfig, Rest, Token};
use persona_engine::Backend;
use persona_recall::Recall;
use serenity::{all::ShardManager, client::Client};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

use crate::{
    config::BotConfig,
    database::Database,
    dispatcher::Dispatcher,
    error::Error,
    files::BotFiles,
    gateway::{self, EVENTS_MAX, Event},
    internal_event::InternalEvent,
    known::Known,
    observer::Observer,
    retrieval::Retrieval,
    state::BotState,
};

/// Interval at which the observer is told that the bot is alive.
const ALIVE_EVERY: Duration = Duration::from_secs(2);
/// Internal events that may wait in the channel.
const INTERNAL_EVENTS_MAX: usize = 64;

/// Everything that a bot is started with.
pub struct Setup {
    /// Section `[bot]`.
    pub config: BotConfig,
    /// Form of conversations that the model was trained with.
    pub form: ConversationForm,
    /// Sampling settings, where no order changed them.
    pub sampling: Sampling,
    /// Section `[discord]`.
    pub api: ApiConfig,
    /// Section `[fetch]`: whether new channels are allowed, and what the order `fetch` reads.
    pub fetch: FetchConfig,
    /// Discord token.
    pub token: Token,
    /// Paths of the bot's files.
    pub files: BotFiles,
    /// Seed of all random decisions.
    pub seed: u64,
    /// Backend that writes the replies.
    pub backend: Backend,
    /// Observer that is told of events.
    pub observer: Arc<dyn Observer>,
}

/// Reason for which a bot ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BotEnd {
    /// `stop` resolved.
    Stopped,
    /// An admin ordered a restart.
    Restart,
}

/// Runs a bot until `stop` resolves, an admin orders a restart, or an error ends it. Replies in progress are finished first.
pub async fn run(setup: Setup, stop: impl Future<Output = ()>) -> Result<BotEnd, Error> {
    let recall = match &setup.files.embedder {
        Some(folder) => Some(Recall::load(folder)?),
        None => None,
    };
    run_with(setup, recall, stop).await
}

/// [`run`] with `recall` as its embedder, or without one.
pub async fn run_with(
    setup: Setup,
    recall: Option<Recall>,
    stop: impl Future<Output = ()>,
) -> Result<BotEnd, Error> {
    setup.config.check()?;
    setup.form.check()?;
    setup.sampling.check()?;
    let rest = Rest::new(&setup.token, &setup.api)?;
    // The first request, which shows whether the token is right.
    let account = rest.me().await?;
    let database = Database::open(&setup.files.store)?;
    tracing::info!(
        name = account.name,
        engine = setup.backend.describe(),
        "the bot starts"
    );
    let intents = gateway::intents(setup.config.direct_messages);
    let me = account.id;
    let known = Known::read(&database, account, setup.config.pseudonym.clone()).await?;
    let known = Arc::new(known);
    let retrieval = Retrieval::start(
        &setup.files.store,
        &setup.config,
        setup.form.silence_minutes,
        recall,
        known.clone(),
        setup.observer.clone(),
    )?;
    let state = Arc::new(BotState {
        config: setup.config,
        form: setup.form,
        sampling: setup.sampling,
        seed: setup.seed,
        me,
        rest,
        backend: setup.backend,
        database,
        retrieval: retrieval.map(Arc::new),
        observer: setup.observer,
        files: setup.files,
        started: Instant::now(),
        fetch: setup.fetch,
        fetching: AtomicBool::new(false),
        known,
    });
    let (sender, events) = mpsc::channel(EVENTS_MAX);
    let lost = Arc::new(AtomicBool::new(false));
    let client = gateway::connect(&setup.token, &state.rest, intents, sender, lost.clone()).await?;
    run_event_loop(state, client, events, &lost, stop).await
}

/// Handles events until the gateway is lost, `stop` resolves or a restart is ordered.
async fn run_event_loop(
    state: Arc<BotState>,
    mut client: Client,
    mut events: mpsc::Receiver<Event>,
    lost: &AtomicBool,
    stop: impl Future<Output = ()>,
) -> Result<BotEnd, Error> {
    let (sender, mut internal) = mpsc::channel(INTERNAL_EVENTS_MAX);
    let shards = client.shard_manager.clone();
    let mut gateway = tokio::spawn(async move { client.start().await });
    let mut dispatcher = Dispatcher::new(state.clone(), sender);
    let mut alive = interval(ALIVE_EVERY);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = std::pin::pin!(stop);
    let ended = loop {
        let result = tokio::select! {
            biased;
            () = &mut stop => break Ok(BotEnd::Stopped),
            ended = &mut gateway => break Err(closed(ended)),
            _ = alive.tick() => {
                state.observer.alive();
                if lost.swap(false, Ordering::SeqCst) {
                    dispatcher.catch_up_all();
                }
                Ok(())
            }
            () = dispatcher.answered() => state.known.refused(),
            Some(event) = internal.recv() => match event {
                InternalEvent::Missed { messages, answer_from } => dispatcher.missed(messages, answer_from).await,
                InternalEvent::Restart => break Ok(BotEnd::Restart),
            },
            Some(event) = events.recv() => dispatcher.event(event).await,
        };
        if let Err(error) = result {
            break Err(error);
        }
    };
    tracing::info!("the bot stops: replies that are being written are finished first");
    leave(&state, &shards, dispatcher).await;
    gateway.abort();
    ended
}

async fn leave(state: &BotState, shards: &ShardManager, dispatcher: Dispatcher) {
    let seconds = Duration::from_secs(state.config.stop_seconds);
    dispatcher.finish(seconds).await;
    let _ = tokio::time::timeout(Duration::from_secs(5), shards.shutdown_all()).await;
}

/// Error for a gateway task that ended although it should not.
fn closed(ended: Result<serenity::Result<()>, tokio::task::JoinError>) -> Error {
    match ended {
        Ok(Err(error)) => gateway::refused(error),
        Ok(Ok(())) => Error::Gateway {
            reason: "it was closed".to_owned(),
        },
        Err(_) => Error::Gateway {
            reason: "its task hit a fault in the program".to_owned(),
        },
    }
}
