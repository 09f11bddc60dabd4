//! Vectors of messages, where a sentence model is configured: the bot finds past messages by them.

use std::path::Path;

use anyhow::Result;
use persona_recall::{Embedded, Recall};
use persona_store::Store;

use crate::{interrupt, session::Session};

/// Computes the vectors that the store lacks; nothing where no sentence model is configured.
pub(crate) fn run(session: &Session, store: &Path) -> Result<Option<Embedded>> {
    let Some(folder) = &session.config.embedder else {
        tracing::info!(
            "no vectors of messages: `embedder` is not set, so the bot will not look up past messages"
        );
        return Ok(None);
    };
    let recall = Recall::load(folder)?;
    let mut store = Store::open(store)?;
    let embedded = recall.embed_new(&mut store, &session.console)?;
    if embedded.interrupted {
        interrupt::check()?;
    }
    if embedded.embedded > 0 {
        tracing::info!(
            "{} messages embedded with {}",
            embedded.embedded,
            recall.model()
        );
    }
    if embedded.removed > 0 {
        tracing::info!("{} vectors of other models removed", embedded.removed);
    }
    Ok(Some(embedded))
}
