//! The event loop: it decides what is answered, and never waits for the model.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use persona_core::Id;
use persona_discord::{DecodedMessage, time::now_ms};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    answer::{self, Question},
    catchup,
    channel_queues::{ChannelQueues, QueueLoad},
    commands,
    error::Error,
    feedback,
    gateway::{Event, ReceivedMessage},
    incoming::{self, Incoming},
    internal_event::InternalEvent,
    observer::BotEvent,
    queue::{Pauses, Recent},
    retrieval::Query,
    settings::Settings,
    state::BotState,
    trigger,
};

/// Messages between two prunings of the live memory.
const PRUNE_EVERY: u64 = 256;
/// Days for which a reply that nobody judged is kept.
const FEEDBACK_DAYS: i64 = 30;
/// Smallest interval, in milliseconds, between two readings of a server's channels because of an unknown one.
const READ_AGAIN_MS: i64 = 60_000;

/// State of the event loop.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    state: Arc<BotState>,
    queues: ChannelQueues,
    pauses: Pauses,
    /// Servers that the bot is in.
    guilds: BTreeSet<Id>,
    /// Ids of messages that were decided about.
    decided: Recent,
    /// Ids of deleted messages: a page that was read before may still hold them.
    deleted: Recent,
    /// Background tasks: catching up, orders, feedback.
    background: JoinSet<()>,
    internal: mpsc::Sender<InternalEvent>,
    /// Time at which each server or channel last made the bot read the list of channels again.
    channels_read_at: BTreeMap<Id, i64>,
    registered: bool,
    remembered: u64,
}

impl Dispatcher {
    pub(crate) fn new(state: Arc<BotState>, internal: mpsc::Sender<InternalEvent>) -> Self {
        let pause_ms = (state.config.pause_seconds * 1_000.0) as i64;
        Self {
            queues: ChannelQueues::new(state.clone()),
            state,
            pauses: Pauses::new(pause_ms),
            guilds: BTreeSet::new(),
            decided: Recent::default(),
            deleted: Recent::default(),
            background: JoinSet::new(),
            internal,
            channels_read_at: BTreeMap::new(),
            registered: false,
            remembered: 0,
        }
    }

    /// Handles an event of the gateway.
    pub(crate) async fn event(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Ready {
                application,
                guilds,
            } => {
                tracing::info!(guilds = guilds.len(), "connected with Discord");
                self.register(application);
                for guild in guilds {
                    self.channels_read_at.insert(guild, now_ms());
                    self.catch_up(guild, now_ms());
                }
                self.catch_up_direct();
            }
            Event::Guild(guild) => self.read_channels_again(guild, guild, now_ms()),
            Event::Channel(info) => catchup::remember_channels(&self.state, vec![*info]).await?,
            Event::Message(received) => self.message(*received, 0).await?,
            Event::Edited(record) => self.edited(*record).await?,
            Event::Deleted { channel, messages } => self.deleted(channel, messages).await?,
            Event::Reacted {
                channel,
                message,
                added,
            } => {
                let state = self.state.clone();
                self.run_in_background("count a reaction", async move {
                    feedback::reacted(&state, channel, message, added).await
                });
            }
            Event::Command(command) => {
                let (state, internal, load) =
                    (self.state.clone(), self.internal.clone(), self.load());
                self.run_in_background("carry out a command", async move {
                    commands::slash(&state, &internal, load, &command).await
                });
            }
        }
        Ok(())
    }

    /// Handles missed messages.
    pub(crate) async fn missed(
        &mut self,
        received: Vec<ReceivedMessage>,
        answer_from: Id,
    ) -> Result<(), Error> {
        for received in received {
            self.message(received, answer_from).await?;
        }
        Ok(())
    }

    /// Waits until an answer is finished, and begins the next one of its channel. Never resolves while none is in progress.
    pub(crate) async fn answered(&mut self) {
        self.queues.finished().await;
        while self.background.try_join_next().is_some() {}
    }

    /// Waits at most `at_most` for replies in progress; drops the questions that wait.
    pub(crate) async fn finish(mut self, at_most: Duration) {
        self.background.abort_all();
        self.queues.finish(at_most).await;
    }

    fn load(&self) -> QueueLoad {
        self.queues.load()
    }

    async fn message(&mut self, received: ReceivedMessage, answer_from: Id) -> Result<(), Error> {
        let message = &received.record.message;
        let (id, channel, guild) = (message.id, message.channel_id, received.guild);
        let (author, timestamp_ms) = (message.author_id, message.timestamp_ms);
        if self.deleted.contains(id) {
            return Ok(());
        }
        let (state, read) = (self.state.clone(), received.clone());
        let incoming = self
            .state
            .database
            .run(move |store| incoming::receive(&state, store, &read))
            .await?;
        let (facts, settings, again, content) = match incoming {
            Incoming::Nothing => return Ok(()),
            Incoming::UnknownChannel => {
                if let Some(guild) = guild {
                    // The channel is unknown, but the message is new: once the channel is read, it may be answered.
                    self.read_channels_again(guild, channel, timestamp_ms);
                }
                return Ok(());
            }
            Incoming::Order(order) => {
                // A missed order is not carried out later. The gateway may still send the same one.
                if received.live && self.decided.insert(id) {
                    self.order(received, order);
                }
                return Ok(());
            }
            Incoming::Remembered {
                facts,
                settings,
                again,
                content,
            } => (facts, *settings, again, content),
        };
        if !self.decided.insert(id) {
            return Ok(());
        }
        self.state.observer.on_event(&BotEvent::MessageRead);
        self.prune().await?;
        let silent = settings.silent_channels.contains(&channel);
        if id < answer_from {
            return answer::settle(&self.state, id, channel).await;
        }
        if silent || timestamp_ms < self.state.answer_since_ms() {
            return Ok(());
        }
        if let Some(retrieval) = &self.state.retrieval {
            // The bot's own name says nothing about the subject.
            let text = content.replace(&format!("@{}", self.state.config.pseudonym), "");
            retrieval.look_up(Query {
                channel,
                timestamp_ms,
                text: text.trim().to_owned(),
            });
        }
        // A message that an earlier process saw and did not answer is answered only if it was meant for the bot.
        let settings = Settings {
            mentions_only: settings.mentions_only || again,
            ..settings
        };
        let Some(trigger) = trigger::decide(&facts, &settings, self.state.seed) else {
            return Ok(());
        };
        if !self.pauses.admit(author, now_ms()) {
            tracing::info!(
                channel_id = channel,
                message_id = id,
                "not answered: its author was just answered"
            );
            self.state.observer.on_event(&BotEvent::Dropped);
            return answer::settle(&self.state, id, channel).await;
        }
        self.enqueue(Question {
            message: id,
            channel,
            guild,
            timestamp_ms,
            trigger,
        })
        .await
    }

    /// Puts a question into the queue of its channel.
    async fn enqueue(&mut self, question: Question) -> Result<(), Error> {
        let channel = question.channel;
        let Some(dropped) = self.queues.push(question) else {
            return Ok(());
        };
        tracing::info!(
            channel_id = channel,
            message_id = dropped.message,
            queue_max = self.state.config.queue_max,
            "not answered: newer messages wait in its channel"
        );
        self.state.observer.on_event(&BotEvent::Dropped);
        answer::settle(&self.state, dropped.message, channel).await
    }

    fn order(&mut self, received: ReceivedMessage, order: String) {
        let (state, internal, load) = (self.state.clone(), self.internal.clone(), self.load());
        self.run_in_background("carry out an order", async move {
            commands::text(&state, &internal, load, &received, &order).await
        });
    }

    async fn edited(&mut self, record: DecodedMessage) -> Result<(), Error> {
        if self.deleted.contains(record.message.id) {
            return Ok(());
        }
        let state = self.state.clone();
        self.state
            .database
            .run(move |store| incoming::edited(&state, store, &record))
            .await
    }

    async fn deleted(&mut self, channel: Id, messages: Vec<Id>) -> Result<(), Error> {
        self.queues.remove(channel, &messages);
        for message in &messages {
            self.deleted.insert(*message);
        }
        self.state
            .database
            .run(move |store| {
                for message in messages {
                    store.remove_remembered(channel, message)?;
                }
                Ok(())
            })
            .await
    }

    /// Registers the slash commands, once.
    fn register(&mut self, application: Id) {
        if std::mem::replace(&mut self.registered, true) {
            return;
        }
        let state = self.state.clone();
        self.run_in_background("register the commands", async move {
            let definitions = commands::definitions(state.config.direct_messages);
            Ok(state
                .rest
                .set_commands(application, None, &definitions)
                .await?)
        });
    }

    /// Catches up with all servers, because events were lost.
    pub(crate) fn catch_up_all(&mut self) {
        for guild in self.guilds.clone() {
            self.catch_up(guild, now_ms());
        }
        self.catch_up_direct();
    }

    /// Catches up with direct messages.
    fn catch_up_direct(&mut self) {
        let (state, internal) = (self.state.clone(), self.internal.clone());
        self.run_in_background("catch up with direct messages", async move {
            catchup::catch_up_direct(&state, now_ms(), &internal).await;
            Ok(())
        });
    }

    /// Catches up with a server. In channels that are new to the bot, messages from before `since_ms` are not answered.
    fn catch_up(&mut self, guild: Id, since_ms: i64) {
        self.guilds.insert(guild);
        let (state, internal) = (self.state.clone(), self.internal.clone());
        self.run_in_background("catch up", async move {
            catchup::catch_up(&state, guild, since_ms, &internal).await;
            Ok(())
        });
    }

    /// Reads the channels of a server again because of `what`, unless that was just done for it.
    fn read_channels_again(&mut self, guild: Id, what: Id, since_ms: i64) {
        let now = now_ms();
        self.channels_read_at
            .retain(|_, last| now.saturating_sub(*last) < READ_AGAIN_MS);
        if self.channels_read_at.insert(what, now).is_none() {
            self.catch_up(guild, since_ms);
        }
    }

    async fn prune(&mut self) -> Result<(), Error> {
        self.remembered += 1;
        if !self.remembered.is_multiple_of(PRUNE_EVERY) {
            return Ok(());
        }
        let keep = self.state.config.memory_messages;
        self.state
            .database
            .run(move |store| {
                store.prune_memory(keep)?;
                store.prune_feedback(now_ms() - FEEDBACK_DAYS * 86_400_000)
            })
            .await?;
        Ok(())
    }

    /// Runs a task in the background. A failure is logged, and stops nothing.
    fn run_in_background(
        &mut self,
        what: &'static str,
        work: impl Future<Output = Result<(), Error>> + Send + 'static,
    ) {
        let state = self.state.clone();
        self.background.spawn(async move {
            if let Err(error) = work.await {
                tracing::warn!(%error, "cannot {what}");
                state.observer.on_event(&BotEvent::Failed);
            }
        });
    }
}
