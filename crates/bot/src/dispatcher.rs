//! The loop that everything goes through: it decides what is answered, and never waits for the model.

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
    catchup, commands,
    error::Error,
    feedback,
    gateway::{Event, Seen},
    incoming::{self, Incoming},
    internal_event::InternalEvent,
    lanes::{Lanes, QueueLoad},
    observer::BotEvent,
    queue::{Pauses, Recent},
    retrieval::Query,
    settings::Settings,
    shared::Shared,
    trigger,
};

/// The memory is pruned after so many messages.
const PRUNE_EVERY: u64 = 256;
/// What the bot sent and nobody judged is kept for so long.
const FEEDBACK_DAYS: i64 = 30;
/// A server's channels are read again at most this often because of an unknown one.
const LOOK_AGAIN_MS: i64 = 60_000;

/// The state of the loop.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    shared: Arc<Shared>,
    lanes: Lanes,
    pauses: Pauses,
    /// The servers that the bot is in.
    guilds: BTreeSet<Id>,
    /// Messages that were decided about.
    decided: Recent,
    /// Messages that were deleted: a page that was read before may still hold them.
    deleted: Recent,
    /// Everything else that takes time: catching up, commands, feedback.
    chores: JoinSet<()>,
    internal: mpsc::Sender<InternalEvent>,
    /// When a server was read again because of which server or channel.
    looked: BTreeMap<Id, i64>,
    registered: bool,
    remembered: u64,
}

impl Dispatcher {
    pub(crate) fn new(shared: Arc<Shared>, internal: mpsc::Sender<InternalEvent>) -> Self {
        let pause_ms = (shared.config.pause_seconds * 1_000.0) as i64;
        Self {
            lanes: Lanes::new(shared.clone()),
            shared,
            pauses: Pauses::new(pause_ms),
            guilds: BTreeSet::new(),
            decided: Recent::default(),
            deleted: Recent::default(),
            chores: JoinSet::new(),
            internal,
            looked: BTreeMap::new(),
            registered: false,
            remembered: 0,
        }
    }

    /// Deals with an event of the gateway.
    pub(crate) async fn event(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Ready {
                application,
                guilds,
            } => {
                tracing::info!(guilds = guilds.len(), "connected with Discord");
                self.register(application);
                for guild in guilds {
                    self.looked.insert(guild, now_ms());
                    self.catch_up(guild, now_ms());
                }
                self.catch_up_direct();
            }
            Event::Guild(guild) => self.look_again(guild, guild, now_ms()),
            Event::Channel(info) => catchup::remember_channels(&self.shared, vec![*info]).await?,
            Event::Message(seen) => self.message(*seen, 0).await?,
            Event::Edited(record) => self.edited(*record).await?,
            Event::Deleted { channel, messages } => self.deleted(channel, messages).await?,
            Event::Reacted {
                channel,
                message,
                added,
            } => {
                let shared = self.shared.clone();
                self.chore("count a reaction", async move {
                    feedback::reacted(&shared, channel, message, added).await
                });
            }
            Event::Command(command) => {
                let (shared, internal, load) =
                    (self.shared.clone(), self.internal.clone(), self.load());
                self.chore("carry out a command", async move {
                    commands::slash(&shared, &internal, load, &command).await
                });
            }
        }
        Ok(())
    }

    /// Deals with messages that were missed.
    pub(crate) async fn missed(&mut self, seen: Vec<Seen>, answer_from: Id) -> Result<(), Error> {
        for seen in seen {
            self.message(seen, answer_from).await?;
        }
        Ok(())
    }

    /// Waits until an answer is finished, and begins the next one of its channel. Never ends while there is none.
    pub(crate) async fn answered(&mut self) {
        self.lanes.finished().await;
        while self.chores.try_join_next().is_some() {}
    }

    /// Lets the replies that are being made come to their end, for so long; what waits is left.
    pub(crate) async fn finish(mut self, at_most: Duration) {
        self.chores.abort_all();
        self.lanes.finish(at_most).await;
    }

    fn load(&self) -> QueueLoad {
        self.lanes.load()
    }

    async fn message(&mut self, seen: Seen, answer_from: Id) -> Result<(), Error> {
        let message = &seen.record.message;
        let (id, channel, guild) = (message.id, message.channel_id, seen.guild);
        let (author, timestamp_ms) = (message.author_id, message.timestamp_ms);
        if self.deleted.contains(id) {
            return Ok(());
        }
        let (shared, read) = (self.shared.clone(), seen.clone());
        let incoming = self
            .shared
            .database
            .run(move |store| incoming::receive(&shared, store, &read))
            .await?;
        let (facts, settings, again, content) = match incoming {
            Incoming::Nothing => return Ok(()),
            Incoming::UnknownChannel => {
                if let Some(guild) = guild {
                    // Nothing is known of its channel, but it was written now: it may be answered.
                    self.look_again(guild, channel, timestamp_ms);
                }
                return Ok(());
            }
            Incoming::Order(order) => {
                // An order that was missed is not carried out later. The same one may still come live.
                if seen.live && self.decided.insert(id) {
                    self.order(seen, order);
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
        self.shared.observer.happened(&BotEvent::Seen);
        self.prune().await?;
        let silent = settings.silent_channels.contains(&channel);
        if id < answer_from {
            return answer::settle(&self.shared, id, channel).await;
        }
        if silent || timestamp_ms < self.shared.answer_since_ms() {
            return Ok(());
        }
        if let Some(retrieval) = &self.shared.retrieval {
            // That it was called says nothing of what is talked about.
            let text = content.replace(&format!("@{}", self.shared.config.pseudonym), "");
            retrieval.look_up(Query {
                channel,
                timestamp_ms,
                text: text.trim().to_owned(),
            });
        }
        // What an earlier process saw and let be is only asked again whether it was meant for the bot.
        let settings = Settings {
            mentions_only: settings.mentions_only || again,
            ..settings
        };
        let Some(trigger) = trigger::decide(&facts, &settings, self.shared.seed) else {
            return Ok(());
        };
        if !self.pauses.admit(author, now_ms()) {
            tracing::info!(
                channel_id = channel,
                message_id = id,
                "not answered: its author was just answered"
            );
            self.shared.observer.happened(&BotEvent::Dropped);
            return answer::settle(&self.shared, id, channel).await;
        }
        self.wait(Question {
            message: id,
            channel,
            guild,
            timestamp_ms,
            trigger,
        })
        .await
    }

    /// Puts a question into the queue of its channel.
    async fn wait(&mut self, question: Question) -> Result<(), Error> {
        let channel = question.channel;
        let Some(dropped) = self.lanes.push(question) else {
            return Ok(());
        };
        tracing::info!(
            channel_id = channel,
            message_id = dropped.message,
            queue_max = self.shared.config.queue_max,
            "not answered: newer messages wait in its channel"
        );
        self.shared.observer.happened(&BotEvent::Dropped);
        answer::settle(&self.shared, dropped.message, channel).await
    }

    fn order(&mut self, seen: Seen, order: String) {
        let (shared, internal, load) = (self.shared.clone(), self.internal.clone(), self.load());
        self.chore("carry out an order", async move {
            commands::text(&shared, &internal, load, &seen, &order).await
        });
    }

    async fn edited(&mut self, record: DecodedMessage) -> Result<(), Error> {
        if self.deleted.contains(record.message.id) {
            return Ok(());
        }
        let shared = self.shared.clone();
        self.shared
            .database
            .run(move |store| incoming::edited(&shared, store, &record))
            .await
    }

    async fn deleted(&mut self, channel: Id, messages: Vec<Id>) -> Result<(), Error> {
        self.lanes.remove(channel, &messages);
        for message in &messages {
            self.deleted.insert(*message);
        }
        self.shared
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
        let shared = self.shared.clone();
        self.chore("register the commands", async move {
            let definitions = commands::definitions(shared.config.direct_messages);
            Ok(shared
                .rest
                .set_commands(application, None, &definitions)
                .await?)
        });
    }

    /// Reads what was missed everywhere, because events were lost.
    pub(crate) fn catch_up_all(&mut self) {
        for guild in self.guilds.clone() {
            self.catch_up(guild, now_ms());
        }
        self.catch_up_direct();
    }

    /// Reads which direct messages were missed.
    fn catch_up_direct(&mut self) {
        let (shared, internal) = (self.shared.clone(), self.internal.clone());
        self.chore("catch up with direct messages", async move {
            catchup::catch_up_direct(&shared, now_ms(), &internal).await;
            Ok(())
        });
    }

    /// Reads what was missed in a server. What is older than `since_ms` is not answered where the bot never was.
    fn catch_up(&mut self, guild: Id, since_ms: i64) {
        self.guilds.insert(guild);
        let (shared, internal) = (self.shared.clone(), self.internal.clone());
        self.chore("catch up", async move {
            catchup::catch_up(&shared, guild, since_ms, &internal).await;
            Ok(())
        });
    }

    /// Reads the channels of a server because of `what`, unless that was just done for it.
    fn look_again(&mut self, guild: Id, what: Id, since_ms: i64) {
        let now = now_ms();
        self.looked
            .retain(|_, last| now.saturating_sub(*last) < LOOK_AGAIN_MS);
        if self.looked.insert(what, now).is_none() {
            self.catch_up(guild, since_ms);
        }
    }

    async fn prune(&mut self) -> Result<(), Error> {
        self.remembered += 1;
        if !self.remembered.is_multiple_of(PRUNE_EVERY) {
            return Ok(());
        }
        let keep = self.shared.config.memory_messages;
        self.shared
            .database
            .run(move |store| {
                store.prune_memory(keep)?;
                store.prune_feedback(now_ms() - FEEDBACK_DAYS * 86_400_000)
            })
            .await?;
        Ok(())
    }

    /// Does something on the side. That it fails is told, and stops nothing.
    fn chore(
        &mut self,
        what: &'static str,
        work: impl Future<Output = Result<(), Error>> + Send + 'static,
    ) {
        let shared = self.shared.clone();
        self.chores.spawn(async move {
            if let Err(error) = work.await {
                tracing::warn!(%error, "cannot {what}");
                shared.observer.happened(&BotEvent::Failed);
            }
        });
    }
}
