//! A bot from its start to its end.

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
    shared::Shared,
};

/// The observer is told this often that the bot is alive.
const ALIVE_EVERY: Duration = Duration::from_secs(2);
/// Internal events that may wait.
const INTERNAL_EVENTS_MAX: usize = 64;

/// What a bot is made of.
pub struct Setup {
    /// How it behaves.
    pub config: BotConfig,
    /// The form of conversations that the model was trained with.
    pub form: ConversationForm,
    /// How replies are drawn, where no command changed it.
    pub sampling: Sampling,
    /// How Discord is asked.
    pub api: ApiConfig,
    /// How new channels are treated, and what is read when an admin orders it.
    pub fetch: FetchConfig,
    /// What it shows Discord.
    pub token: Token,
    /// Where its files lie.
    pub files: BotFiles,
    /// Chance follows from it.
    pub seed: u64,
    /// Where replies come from.
    pub backend: Backend,
    /// Who is told what happens.
    pub observer: Arc<dyn Observer>,
}

/// How a bot ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was asked to stop.
    Stopped,
    /// An admin wants it to start anew.
    Restart,
}

/// Runs a bot until `stop` is ready, an admin restarts it, or Discord does not let it go on.
/// Replies that are being written when it is to end are finished.
pub async fn run(setup: Setup, stop: impl Future<Output = ()>) -> Result<Ended, Error> {
    let recall = match &setup.files.embedder {
        Some(folder) => Some(Recall::load(folder)?),
        None => None,
    };
    run_with(setup, recall, stop).await
}

/// [`run`] with this sentence model, or with none.
pub async fn run_with(
    setup: Setup,
    recall: Option<Recall>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Error> {
    setup.config.check()?;
    setup.form.check()?;
    setup.sampling.check()?;
    let rest = Rest::new(&setup.token, &setup.api)?;
    // The first request: a wrong token is noticed here.
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
    let shared = Arc::new(Shared {
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
    let client =
        gateway::connect(&setup.token, &shared.rest, intents, sender, lost.clone()).await?;
    run_event_loop(shared, client, events, &lost, stop).await
}

/// Handles events until the gateway is lost, `stop` resolves or a restart is ordered.
async fn run_event_loop(
    shared: Arc<Shared>,
    mut client: Client,
    mut events: mpsc::Receiver<Event>,
    lost: &AtomicBool,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Error> {
    let (sender, mut internal) = mpsc::channel(INTERNAL_EVENTS_MAX);
    let shards = client.shard_manager.clone();
    let mut gateway = tokio::spawn(async move { client.start().await });
    let mut dispatcher = Dispatcher::new(shared.clone(), sender);
    let mut alive = interval(ALIVE_EVERY);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = std::pin::pin!(stop);
    let ended = loop {
        let result = tokio::select! {
            biased;
            () = &mut stop => break Ok(Ended::Stopped),
            ended = &mut gateway => break Err(closed(ended)),
            _ = alive.tick() => {
                shared.observer.alive();
                if lost.swap(false, Ordering::SeqCst) {
                    dispatcher.catch_up_all();
                }
                Ok(())
            }
            () = dispatcher.answered() => shared.known.refused(),
            Some(event) = internal.recv() => match event {
                InternalEvent::Missed { seen, answer_from } => dispatcher.missed(seen, answer_from).await,
                InternalEvent::Restart => break Ok(Ended::Restart),
            },
            Some(event) = events.recv() => dispatcher.event(event).await,
        };
        if let Err(error) = result {
            break Err(error);
        }
    };
    tracing::info!("the bot stops: replies that are being written are finished first");
    leave(&shared, &shards, dispatcher).await;
    gateway.abort();
    ended
}

async fn leave(shared: &Shared, shards: &ShardManager, dispatcher: Dispatcher) {
    let seconds = Duration::from_secs(shared.config.stop_seconds);
    dispatcher.finish(seconds).await;
    let _ = tokio::time::timeout(Duration::from_secs(5), shards.shutdown_all()).await;
}

/// Why the gateway's task ended, which it should not.
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
