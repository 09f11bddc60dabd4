//! Text on top of the token engine: messages rendered as ChatML before it, whole characters after it.

use std::sync::Arc;

use persona_model::{
    Tokenizer,
    chatml::{self, Form},
};

use crate::{
    error::Error,
    pulse::Pulse,
    reply::{Reply, Request},
    source::{Loaded, ModelSource},
    stream::ReplyStream,
    tokens::{CacheLimits, TokenEngine, TokenRequest},
};

/// What an engine runs, and how much it remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// Where the model comes from.
    pub source: ModelSource,
    /// How much is kept of its conversations.
    pub caches: CacheLimits,
}

impl EngineConfig {
    /// The model at `source`, with the default limits.
    pub fn new(source: ModelSource) -> Self {
        Self {
            source,
            caches: CacheLimits::default(),
        }
    }
}

/// A handle of a running engine and the tokenizer of its model. Clones are handles of the same one; it stops when the last of
/// them is dropped, and replies that are not finished then end with [`Error::Stopped`].
#[derive(Clone, Debug)]
pub struct Engine {
    tokens: TokenEngine,
    tokenizer: Arc<Tokenizer>,
}

impl Engine {
    /// Loads the model and starts the thread that owns it. Returns when the model is ready.
    pub fn start(config: &EngineConfig) -> Result<Self, Error> {
        let Loaded { model, tokenizer } = config.source.load()?;
        Ok(Self {
            tokens: TokenEngine::start(model, config.caches)?,
            tokenizer: Arc::new(tokenizer),
        })
    }

    /// Queues a request. The stream begins when its turn comes.
    pub fn submit(&self, request: Request) -> ReplyStream {
        match self.token_request(request) {
            Ok(request) => {
                ReplyStream::of_tokens(self.tokens.submit(request), self.tokenizer.clone())
            }
            Err(error) => ReplyStream::failed(error),
        }
    }

    /// Queues a request and waits for the whole reply. Blocks: not for asynchronous code.
    pub fn reply(&self, request: Request) -> Result<Reply, Error> {
        self.submit(request).blocking_finish()
    }

    /// The engine below, which speaks token ids.
    pub fn tokens(&self) -> &TokenEngine {
        &self.tokens
    }

    /// The tokenizer of the model.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The ids that end a reply in ChatML.
    pub fn stop_ids(&self) -> [u32; 2] {
        let specials = self.tokenizer.specials();
        [specials.im_end, specials.end_of_text]
    }

    /// The longest prompt and reply together that the model was made for, in tokens.
    pub fn context(&self) -> usize {
        self.tokens.context()
    }

    /// Whether its thread works.
    pub fn pulse(&self) -> Pulse {
        self.tokens.pulse()
    }

    /// Drops the KV cache of a conversation.
    pub fn drop_cache(&self, conversation: &str) {
        self.tokens.drop_cache(conversation);
    }

    /// The prompt's ids, few enough for the reply to fit behind them: the oldest messages are left out where they don't.
    fn token_request(&self, request: Request) -> Result<TokenRequest, Error> {
        let room = self.context().saturating_sub(request.sampling.max_tokens);
        let fitted =
            chatml::encode_fitting(&self.tokenizer, &request.messages, room, Form::Prompt)?;
        Ok(TokenRequest {
            conversation: request.conversation,
            prompt: fitted.encoded.ids,
            stop: self.stop_ids().to_vec(),
            sampling: request.sampling,
            seed: request.seed,
        })
    }
}
