//! The token engine: one thread owns the model; callers send token ids and get streams of token ids.
//!
//! Requests are answered in the order of their arrival. A conversation keeps its KV cache between requests, so that only the
//! new tokens of a prompt are computed. Nothing here knows text.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use persona_model::Qwen2;

use crate::{error::Error, pulse::Pulse};

mod cache;
mod request;
mod worker;

pub use cache::CacheLimits;
pub use request::{Finish, Timings, TokenEvent, TokenReply, TokenRequest, TokenStream};

use worker::{Job, Worker};

/// A handle of a running engine for token ids. Clones are handles of the same engine, which stops when the last of them is
/// dropped; replies that are unfinished then end with [`Error::Stopped`].
#[derive(Clone, Debug)]
pub struct TokenEngine {
    running: Arc<EngineThread>,
}

#[derive(Debug)]
struct EngineThread {
    /// Job queue; `None` only while the engine stops.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    stopping: Arc<AtomicBool>,
    context: usize,
    pulse: Pulse,
}

impl TokenEngine {
    /// Starts the thread that owns `model`.
    pub fn start(model: Qwen2, limits: CacheLimits) -> Result<Self, Error> {
        let (jobs, queue) = mpsc::channel();
        let stopping = Arc::new(AtomicBool::new(false));
        let pulse = Pulse::default();
        let context = model.config().max_position_embeddings;
        let mut worker = Worker::new(model, limits, stopping.clone(), pulse.clone());
        let counted = pulse.clone();
        let thread = thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || {
                for job in queue {
                    worker.work(job);
                    counted.finish();
                }
            })
            .map_err(Error::Thread)?;
        Ok(Self {
            running: Arc::new(EngineThread {
                jobs: Some(jobs),
                thread: Some(thread),
                stopping,
                context,
                pulse,
            }),
        })
    }

    /// Queues a request. The stream begins when the request is reached.
    pub fn submit(&self, request: TokenRequest) -> TokenStream {
        // Unbounded is safe: a reply has at most as many events as tokens.
        let (events, stream) = tokio::sync::mpsc::unbounded_channel();
        self.send(Job::Reply {
            request,
            events,
            submitted: Instant::now(),
        });
        TokenStream::new(stream)
    }

    /// Queues a request and waits for the whole reply. Blocks: not for asynchronous code.
    pub fn reply(&self, request: TokenRequest) -> Result<TokenReply, Error> {
        self.submit(request).blocking_finish()
    }

    /// Drops the KV cache of a conversation.
    pub fn drop_cache(&self, conversation: &str) {
        self.send(Job::DropCache(conversation.to_owned()));
    }

    /// The longest prompt and reply together that the model was made for, in tokens.
    pub fn context(&self) -> usize {
        self.running.context
    }

    /// Handle that tells whether the engine's thread makes progress.
    pub fn pulse(&self) -> Pulse {
        self.running.pulse.clone()
    }

    /// A thread that is gone drops the job, and with it the sender of its events: the stream then ends with
    /// [`Error::Stopped`].
    fn send(&self, job: Job) {
        if let Some(jobs) = &self.running.jobs {
            self.running.pulse.ask();
            let _ = jobs.send(job);
        }
    }
}

impl Drop for EngineThread {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already reported to whoever waited for it.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
