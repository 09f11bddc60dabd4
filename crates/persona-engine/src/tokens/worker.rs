//! The work of the engine's thread: token ids in, token ids out.

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

use persona_model::{KvCache, Qwen2, generate};

use crate::{
    error::Error,
    pulse::Pulse,
    tokens::{
        cache::{CacheLimits, Caches, Kept},
        request::{Finish, Timings, TokenEvent, TokenReply, TokenRequest, TokenSender},
    },
};

/// What the thread is asked to do.
#[derive(Debug)]
pub(crate) enum Job {
    /// Write a reply.
    Reply {
        request: TokenRequest,
        events: TokenSender,
        submitted: Instant,
    },
    /// Drop the KV cache of a conversation.
    DropCache(String),
    /// Fail as a fault in the program would.
    #[cfg(test)]
    Panic(TokenSender),
}

/// The model and what it remembers.
pub(crate) struct Worker {
    model: Qwen2,
    caches: Caches,
    stopping: Arc<AtomicBool>,
    pulse: Pulse,
}

impl Worker {
    pub(crate) fn new(
        model: Qwen2,
        limits: CacheLimits,
        stopping: Arc<AtomicBool>,
        pulse: Pulse,
    ) -> Self {
        Self {
            model,
            caches: Caches::new(limits),
            stopping,
            pulse,
        }
    }

    pub(crate) fn work(&mut self, job: Job) {
        match job {
            Job::Reply {
                request,
                events,
                submitted,
            } => self.guarded(&events, |worker| worker.reply(&request, &events, submitted)),
            Job::DropCache(conversation) => drop(self.caches.take(&conversation)),
            #[cfg(test)]
            Job::Panic(events) => self.guarded(&events, |_| panic!("as the test wished")),
        }
    }

    /// Sends the end of a reply, whatever end it finds.
    ///
    /// A panic may leave nothing half-done behind: the model is only read, and the cache in use was taken out.
    fn guarded(
        &mut self,
        events: &TokenSender,
        work: impl FnOnce(&mut Self) -> Result<TokenReply, Error>,
    ) {
        let outcome = catch_unwind(AssertUnwindSafe(|| work(self)));
        let event = match outcome {
            Ok(outcome) => outcome.map(TokenEvent::Done),
            Err(panic) => Err(Error::Panicked {
                message: message_of(&*panic),
            }),
        };
        // Nobody listens any more: then nobody misses it.
        let _ = events.send(event);
    }

    fn reply(
        &mut self,
        request: &TokenRequest,
        events: &TokenSender,
        submitted: Instant,
    ) -> Result<TokenReply, Error> {
        self.check_cancelled()?;
        self.check_length(request)?;
        let started = Instant::now();
        let prompt = &request.prompt;
        let conversation = request.conversation.as_deref();
        let mut kept = conversation
            .and_then(|key| self.caches.take(key))
            .unwrap_or_else(|| Kept {
                cache: KvCache::new(self.model.config()),
                ids: Vec::new(),
            });
        let reused_tokens = kept.keep_common(prompt);
        let mut first = None;
        let ids = generate(
            &self.model,
            &mut kept.cache,
            &prompt[reused_tokens..],
            &request.sampling,
            request.seed,
            &request.stop,
            &mut |id| {
                self.pulse.step();
                first.get_or_insert_with(Instant::now);
                // Nobody listens any more: the rest of the reply need not be computed.
                let wanted = events.send(Ok(TokenEvent::Token(id))).is_ok();
                if wanted && !self.stopping.load(Ordering::Relaxed) {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            },
        )?;
        let first_token = first.map_or(started.elapsed(), |at| at - started);
        if let Some(key) = conversation {
            kept.ids = [prompt.as_slice(), &ids].concat();
            kept.ids.truncate(kept.cache.len());
            self.caches.put(key, kept);
        }
        self.check_cancelled()?;
        Ok(TokenReply {
            finish: if ids.len() == request.sampling.max_tokens {
                Finish::Length
            } else {
                Finish::Stop
            },
            ids,
            prompt_tokens: prompt.len(),
            reused_tokens,
            timings: Timings {
                waited: started - submitted,
                first_token,
                total: started.elapsed(),
            },
        })
    }

    fn check_cancelled(&self) -> Result<(), Error> {
        if self.stopping.load(Ordering::Relaxed) {
            Err(Error::Stopped)
        } else {
            Ok(())
        }
    }

    /// The reply must fit behind its prompt.
    fn check_length(&self, request: &TokenRequest) -> Result<(), Error> {
        let context = self.model.config().max_position_embeddings;
        let (prompt, most) = (request.prompt.len(), request.sampling.max_tokens);
        if prompt <= context.saturating_sub(most) {
            return Ok(());
        }
        Err(Error::Setting {
            key: "max_tokens",
            found: most.to_string(),
            expected: format!(
                "at most {}: the model holds {context} tokens and the prompt has {prompt}",
                context.saturating_sub(prompt),
            ),
        })
    }
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "no message".to_owned())
}
