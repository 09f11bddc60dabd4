//! The work of the engine's thread.

use std::{
    any::Any,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use persona_model::{
    KvCache, Qwen2, Tokenizer,
    chatml::{self, Form},
    generate,
    tokenizer::Decoder,
};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    EngineConfig,
    cache::{Caches, Kept},
    error::Error,
    pulse::Pulse,
    request::{Event, Finish, Prompt, Reply, Request, Timings},
};

/// What the thread is asked to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Write a reply.
    Reply {
        request: Request,
        events: UnboundedSender<Event>,
        submitted: Instant,
    },
    /// Forget a conversation.
    Forget(String),
    /// Fail as a fault in the program would.
    #[cfg(test)]
    Panic(UnboundedSender<Event>),
}

/// The model and what it remembers.
pub(super) struct Worker {
    model: Qwen2,
    tokenizer: Arc<Tokenizer>,
    caches: Caches,
    stopping: Arc<AtomicBool>,
    pulse: Pulse,
}

impl Worker {
    pub(super) fn new(
        model: Qwen2,
        tokenizer: Arc<Tokenizer>,
        config: &EngineConfig,
        stopping: Arc<AtomicBool>,
        pulse: Pulse,
    ) -> Self {
        Self {
            model,
            tokenizer,
            caches: Caches::new(config.max_conversations, config.max_cache_bytes),
            stopping,
            pulse,
        }
    }

    pub(super) fn work(&mut self, job: Job) {
        match job {
            Job::Reply {
                request,
                events,
                submitted,
            } => self.guarded(&events, |worker| worker.reply(&request, &events, submitted)),
            Job::Forget(conversation) => drop(self.caches.take(&conversation)),
            #[cfg(test)]
            Job::Panic(events) => self.guarded(&events, |_| panic!("as the test wished")),
        }
    }

    /// Sends the end of a reply, whatever end it finds.
    ///
    /// A panic may leave nothing half-done behind: the model is only read, and the cache in use was taken out.
    fn guarded(
        &mut self,
        events: &UnboundedSender<Event>,
        work: impl FnOnce(&mut Self) -> Result<Reply, Error>,
    ) {
        let outcome = catch_unwind(AssertUnwindSafe(|| work(self)));
        let event = match outcome {
            Ok(Ok(reply)) => Event::Done(reply),
            Ok(Err(error)) => Event::Failed(error),
            Err(panic) => Event::Failed(Error::Panicked {
                message: message_of(&*panic),
            }),
        };
        // Nobody listens any more: then nobody misses it.
        let _ = events.send(event);
    }

    fn reply(
        &mut self,
        request: &Request,
        events: &UnboundedSender<Event>,
        submitted: Instant,
    ) -> Result<Reply, Error> {
        self.go_on()?;
        let started = Instant::now();
        let prompt = self.prompt_ids(request)?;
        let conversation = request.conversation.as_deref();
        let mut kept = conversation
            .and_then(|key| self.caches.take(key))
            .unwrap_or_else(|| Kept {
                cache: KvCache::new(self.model.config()),
                ids: Vec::new(),
            });
        let reused_tokens = kept.keep_common(&prompt);
        let mut pieces = Pieces::new(&self.tokenizer, events, &self.stopping);
        let ids = generate(
            &self.model,
            &mut kept.cache,
            &prompt[reused_tokens..],
            &request.sampling,
            &self.stop_ids(),
            &mut |id| {
                self.pulse.step();
                pieces.push(id)
            },
        )?;
        let first_token = pieces.first.map_or(started.elapsed(), |at| at - started);
        let text = pieces.finish();
        let prompt_tokens = prompt.len();
        if let Some(key) = conversation {
            kept.ids = [prompt, ids.clone()].concat();
            kept.ids.truncate(kept.cache.len());
            self.caches.put(key, kept);
        }
        self.go_on()?;
        Ok(Reply {
            finish: if ids.len() == request.sampling.max_tokens {
                Finish::Length
            } else {
                Finish::Stop
            },
            ids,
            text,
            prompt_tokens,
            reused_tokens,
            timings: Timings {
                waited: started - submitted,
                first_token,
                total: started.elapsed(),
            },
        })
    }

    fn go_on(&self) -> Result<(), Error> {
        if self.stopping.load(Ordering::Relaxed) {
            Err(Error::Stopped)
        } else {
            Ok(())
        }
    }

    /// The prompt, short enough for the reply to fit behind it.
    fn prompt_ids(&self, request: &Request) -> Result<Vec<u32>, Error> {
        let context = self.model.config().max_position_embeddings;
        let room = context.saturating_sub(request.sampling.max_tokens);
        match &request.prompt {
            Prompt::Messages(messages) => {
                let fitted = chatml::encode_fitting(&self.tokenizer, messages, room, Form::Prompt)?;
                Ok(fitted.encoded.ids)
            }
            Prompt::Ids(ids) if ids.len() <= room => Ok(ids.clone()),
            Prompt::Ids(ids) => Err(Error::Setting {
                key: "max_tokens",
                found: request.sampling.max_tokens.to_string(),
                expected: format!(
                    "at most {}: the model holds {context} tokens and the prompt has {}",
                    context.saturating_sub(ids.len()),
                    ids.len()
                ),
            }),
        }
    }

    fn stop_ids(&self) -> [u32; 2] {
        let specials = self.tokenizer.specials();
        [specials.im_end, specials.end_of_text]
    }
}

/// Sends text as it becomes whole, and notices when nobody wants it any more.
struct Pieces<'a> {
    decoder: Decoder<'a>,
    events: &'a UnboundedSender<Event>,
    stopping: &'a AtomicBool,
    /// Tokens of a character that is not whole yet.
    pending: Vec<u32>,
    text: String,
    first: Option<Instant>,
}

impl<'a> Pieces<'a> {
    fn new(
        tokenizer: &'a Tokenizer,
        events: &'a UnboundedSender<Event>,
        stopping: &'a AtomicBool,
    ) -> Self {
        Self {
            decoder: tokenizer.decoder(),
            events,
            stopping,
            pending: Vec::new(),
            text: String::new(),
            first: None,
        }
    }

    fn push(&mut self, id: u32) -> ControlFlow<()> {
        self.first.get_or_insert_with(Instant::now);
        self.pending.push(id);
        let sent = match self.decoder.push(id) {
            Some(text) => self.send(text),
            None => true,
        };
        if sent && !self.stopping.load(Ordering::Relaxed) {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    fn send(&mut self, text: String) -> bool {
        self.text.push_str(&text);
        let ids = std::mem::take(&mut self.pending);
        self.events.send(Event::Text { ids, text }).is_ok()
    }

    /// The whole text. What is left of a character that never became whole goes out as a piece of its own.
    fn finish(self) -> String {
        let Self {
            decoder,
            events,
            pending: ids,
            text: mut whole,
            ..
        } = self;
        if let Some(text) = decoder.finish() {
            whole.push_str(&text);
            let _ = events.send(Event::Text { ids, text });
        }
        whole
    }
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "no message".to_owned())
}
