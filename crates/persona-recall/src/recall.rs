//! Embedding of messages into the store, and search among the vectors.

use std::path::Path;

use persona_core::{Id, Message, Progress, Unit, hash};
use persona_model::embed::{Embedder, SentenceEmbedder};
use persona_store::{Neighbour, Scope, Store};
use serde::Serialize;

use crate::{error::Error, texts::Texts};

/// Number of messages that are embedded and stored together. Chunks are cut at the same messages however often the work
/// was stopped.
const CHUNK: usize = 128;

/// Digits of the model's hash in its name, enough to tell the models of one store apart.
const HASH_DIGITS: usize = 12;

/// Result of computing missing vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Embedded {
    /// Messages that got a vector.
    pub embedded: u64,
    /// Messages skipped because they have no meaningful text, such as bare links.
    pub passed_over: u64,
    /// Vectors of other models that were removed once all messages had one of this model.
    pub removed: u64,
    /// Whether messages are left to embed because the user asked to stop.
    pub interrupted: bool,
}

/// Embedder for past messages, and the name that its vectors are stored under.
pub struct Recall {
    embedder: Box<dyn Embedder + Send + Sync>,
    model: String,
}

impl Recall {
    /// Reads the sentence model in `folder`. Its vectors are stored under the folder's name and a hash of its files, so
    /// that they are never compared with vectors of another model.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let embedder = SentenceEmbedder::load(folder)?;
        let hash = hash::hash_path(folder)?;
        let model = format!("{}-{}", embedder.name(), &hash[..HASH_DIGITS]);
        Ok(Self::new(Box::new(embedder), model))
    }

    /// Uses `embedder`, whose vectors are stored under the name `model`.
    pub fn new(embedder: Box<dyn Embedder + Send + Sync>, model: String) -> Self {
        Self { embedder, model }
    }

    /// Name that vectors are stored under.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Computes and stores the missing vectors, oldest message first.
    pub fn embed_new(&self, store: &mut Store, progress: &dyn Progress) -> Result<Embedded, Error> {
        let mut done = Embedded::default();
        let missing = store.count_unembedded(&self.model)?;
        if missing > 0 {
            let texts = Texts::new(store)?;
            let task = progress.task(
                "embedding messages",
                Some(missing),
                Unit::Things("messages"),
            );
            let mut after = 0;
            loop {
                if progress.interrupted() {
                    done.interrupted = true;
                    return Ok(done);
                }
                let messages = store.unembedded(&self.model, after, CHUNK)?;
                let Some(last) = messages.last() else {
                    break;
                };
                after = last.id;
                let embedded = self.embed_chunk(store, &texts, &messages)?;
                done.embedded += embedded;
                done.passed_over += messages.len() as u64 - embedded;
                task.advance(messages.len() as u64);
            }
        }
        done.removed = store.drop_other_embeddings(&self.model)? as u64;
        Ok(done)
    }

    /// Embeds those of `messages` that have a meaningful text, and returns their number.
    fn embed_chunk(
        &self,
        store: &mut Store,
        texts: &Texts,
        messages: &[Message],
    ) -> Result<u64, Error> {
        let said: Vec<(Id, String)> = messages
            .iter()
            .filter_map(|message| Some((message.id, texts.of(message)?)))
            .collect();
        let vectors = self
            .embedder
            .embed(&said.iter().map(|(_, text)| &**text).collect::<Vec<_>>())?;
        let batch = store.batch()?;
        let mut kept = 0;
        for ((id, _), vector) in said.iter().zip(&vectors) {
            kept += u64::from(batch.put_embedding(*id, &self.model, vector)?);
        }
        batch.commit()?;
        Ok(kept)
    }

    /// The `count` messages in `scope` that are most similar to `text`, the most similar first. The text is compared
    /// with every stored vector, which takes too long for a thread that others wait for.
    pub fn nearest(
        &self,
        store: &Store,
        text: &str,
        count: usize,
        scope: &Scope,
    ) -> Result<Vec<Neighbour>, Error> {
        let vectors = self.embedder.embed(&[text])?;
        let query = vectors.first().map_or(&[][..], |vector| vector);
        Ok(store.nearest(&self.model, query, count, scope)?)
    }
}
