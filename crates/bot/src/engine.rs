//! The inference engine: one thread owns the model; callers send requests and get streams of text.
//!
//! Requests are answered in the order they come. A conversation keeps its KV cache between messages, so that only what is
//! new in a prompt is computed. A request that fails, or hits a fault in the program, ends with an error of its own;
//! the engine goes on with the next one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use persona_model::Tokenizer;

mod cache;
mod error;
mod pulse;
mod request;
mod source;
mod worker;

pub use error::Error;
pub use persona_model::Sampling;
pub use pulse::Pulse;
pub use request::{Event, Finish, Prompt, Reply, ReplyStream, Request, Timings};
pub use source::ModelSource;

use source::Loaded;
use worker::{Job, Worker};

/// What an engine runs, and how much it remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// Where the model comes from.
    pub source: ModelSource,
    /// Conversations whose KV cache is kept; the one that was quiet longest goes first.
    pub max_conversations: usize,
    /// Bytes that all kept KV caches may take together.
    pub max_cache_bytes: usize,
}

impl EngineConfig {
    /// The model at `source`, at most 16 conversations and 1 GiB of their caches.
    pub fn new(source: ModelSource) -> Self {
        Self {
            source,
            max_conversations: 16,
            max_cache_bytes: 1 << 30,
        }
    }
}

/// A handle of a running engine. Clones are handles of the same one; it stops when the last of them is dropped,
/// and replies that are not finished then end with [`Error::Stopped`].
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Always there, except while the engine stops.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    stopping: Arc<AtomicBool>,
    tokenizer: Arc<Tokenizer>,
    context: usize,
    pulse: Pulse,
}

impl Engine {
    /// Loads the model and starts the thread that owns it. Returns when the model is ready.
    pub fn start(config: EngineConfig) -> Result<Self, Error> {
        let (jobs, queue) = mpsc::channel();
        let (ready, loaded) = mpsc::channel();
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = stopping.clone();
        let pulse = Pulse::default();
        let counted = pulse.clone();
        let thread = thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || run(&config, &ready, &queue, stop, &counted))
            .map_err(Error::Thread)?;
        // The thread sends exactly one answer, or panicked before it could.
        let (tokenizer, context) = loaded.recv().map_err(|_| Error::Stopped)??;
        Ok(Self {
            shared: Arc::new(Shared {
                jobs: Some(jobs),
                thread: Some(thread),
                stopping,
                tokenizer,
                context,
                pulse,
            }),
        })
    }

    /// Queues a request. The stream begins when its turn comes.
    pub fn submit(&self, request: Request) -> ReplyStream {
        // Never full: a reply has at most as many events as it may have tokens.
        let (events, stream) = tokio::sync::mpsc::unbounded_channel();
        self.send(Job::Reply {
            request,
            events,
            submitted: Instant::now(),
        });
        ReplyStream::new(stream)
    }

    /// Queues a request and waits for the whole reply.
    pub fn reply(&self, request: Request) -> Result<Reply, Error> {
        self.submit(request).finish()
    }

    /// Forgets the KV cache of a conversation.
    pub fn forget(&self, conversation: &str) {
        self.send(Job::Forget(conversation.to_owned()));
    }

    /// The tokenizer of the model.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.shared.tokenizer
    }

    /// The longest prompt and reply together that the model was made for, in tokens.
    pub fn context(&self) -> usize {
        self.shared.context
    }

    /// Whether its thread works.
    pub fn pulse(&self) -> Pulse {
        self.shared.pulse.clone()
    }

    /// A thread that is gone drops the job, and with it the sender of its events: the stream then says so.
    fn send(&self, job: Job) {
        if let Some(jobs) = &self.shared.jobs {
            self.shared.pulse.ask();
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already reported to whoever waited for it.
            let _ = thread.join();
        }
    }
}

type Ready = Result<(Arc<Tokenizer>, usize), Error>;

/// The life of the engine's thread.
fn run(
    config: &EngineConfig,
    ready: &mpsc::Sender<Ready>,
    queue: &mpsc::Receiver<Job>,
    stopping: Arc<AtomicBool>,
    pulse: &Pulse,
) {
    let Loaded { model, tokenizer } = match config.source.load() {
        Ok(loaded) => loaded,
        Err(error) => {
            let _ = ready.send(Err(error.into()));
            return;
        }
    };
    let tokenizer = Arc::new(tokenizer);
    let context = model.config().max_position_embeddings;
    let mut worker = Worker::new(model, tokenizer.clone(), config, stopping, pulse.clone());
    let _ = ready.send(Ok((tokenizer, context)));
    for job in queue {
        worker.work(job);
        pulse.finish();
    }
}

#[cfg(test)]
pub(crate) mod tests;
