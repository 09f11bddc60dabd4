//! Queues of questions, one per channel; in each, one question at a time is answered.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use persona_core::Id;
use persona_discord::time::now_ms;
use tokio::task::JoinSet;

use crate::{
    answer::{self, Outcome, Question},
    error::Error,
    observer::BotEvent,
    queue::Queue,
    state::BotState,
};

/// Queue of one channel, and whether a reply is being written there.
#[derive(Debug)]
struct ChannelQueue {
    waiting: Queue<Question>,
    busy: bool,
}

/// Questions waiting and in progress, over all channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueLoad {
    /// Questions in queues.
    pub(crate) waiting: usize,
    /// Questions that are being answered.
    pub(crate) answering: usize,
}

/// Queues of all channels that have a question.
#[derive(Debug)]
pub(crate) struct ChannelQueues {
    state: Arc<BotState>,
    by_channel: BTreeMap<Id, ChannelQueue>,
    /// Replies in progress, by channel.
    answers: JoinSet<Id>,
}

impl ChannelQueues {
    pub(crate) fn new(state: Arc<BotState>) -> Self {
        Self {
            state,
            by_channel: BTreeMap::new(),
            answers: JoinSet::new(),
        }
    }

    /// Puts a question into the queue of its channel. Returns the one that was displaced.
    pub(crate) fn push(&mut self, question: Question) -> Option<Question> {
        let channel = question.channel;
        let max = self.state.config.queue_max;
        let queue = self
            .by_channel
            .entry(channel)
            .or_insert_with(|| ChannelQueue {
                waiting: Queue::new(max),
                busy: false,
            });
        let dropped = queue.waiting.push(question);
        self.begin(channel);
        dropped
    }

    /// Removes the questions of `messages` from the queue of their channel.
    pub(crate) fn remove(&mut self, channel: Id, messages: &[Id]) {
        if let Some(queue) = self.by_channel.get_mut(&channel) {
            queue
                .waiting
                .remove(|question| messages.contains(&question.message));
        }
    }

    /// Waits until an answer is finished, and begins the next one of its channel. Never resolves while none is in progress.
    pub(crate) async fn finished(&mut self) {
        match self.answers.join_next().await {
            Some(Ok(channel)) => {
                if let Some(queue) = self.by_channel.get_mut(&channel) {
                    queue.busy = false;
                }
                self.begin(channel);
            }
            Some(Err(_)) => {}
            None => std::future::pending().await,
        }
    }

    /// Waits at most `at_most` for replies in progress.
    pub(crate) async fn finish(mut self, at_most: Duration) {
        let all = async { while self.answers.join_next().await.is_some() {} };
        if tokio::time::timeout(at_most, all).await.is_err() {
            tracing::warn!("a reply was not finished in time");
        }
    }

    pub(crate) fn load(&self) -> QueueLoad {
        QueueLoad {
            waiting: self
                .by_channel
                .values()
                .map(|queue| queue.waiting.len())
                .sum(),
            answering: self.by_channel.values().filter(|queue| queue.busy).count(),
        }
    }

    /// Begins the next answer of a channel, unless one is in progress there.
    fn begin(&mut self, channel: Id) {
        let Some(queue) = self
            .by_channel
            .get_mut(&channel)
            .filter(|queue| !queue.busy)
        else {
            return;
        };
        let Some(question) = queue.waiting.pop() else {
            self.by_channel.remove(&channel);
            return;
        };
        queue.busy = true;
        let state = self.state.clone();
        self.answers.spawn(async move {
            // A panic costs one answer, not the channel.
            let guarded = AssertUnwindSafe(answer::answer(&state, &question)).catch_unwind();
            match guarded.await {
                Ok(result) => report(&state, &question, result),
                Err(_) => failed(&state, &question, "a fault in the program"),
            }
            question.channel
        });
    }
}

fn report(state: &BotState, question: &Question, result: Result<Outcome, Error>) {
    let Question {
        message,
        channel,
        trigger,
        timestamp_ms,
        ..
    } = question;
    match result {
        Ok(Outcome::Sent(written)) => {
            let latency_ms = (now_ms() - timestamp_ms).max(0);
            tracing::info!(
                channel_id = channel,
                message_id = message,
                trigger = trigger.name(),
                latency_ms,
                tokens = written.tokens,
                "answered"
            );
            state.observer.on_event(&BotEvent::Answered {
                latency: Duration::from_millis(latency_ms.cast_unsigned()),
                tokens: written.tokens,
                writing: written.timings.total,
            });
        }
        Ok(Outcome::Nothing(reason)) => {
            tracing::info!(
                channel_id = channel,
                message_id = message,
                "not answered: {reason}"
            );
        }
        Err(error) => {
            failed(state, question, &chain(&error));
            state.known.note_refusal(error);
        }
    }
}

fn failed(state: &BotState, question: &Question, reason: &str) {
    tracing::error!(
        channel_id = question.channel,
        message_id = question.message,
        "cannot answer: {reason}"
    );
    state.observer.on_event(&BotEvent::Failed);
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}
