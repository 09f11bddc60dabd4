//! Vectors of messages, for retrieval by the bot; only where a sentence model is configured.

use std::path::Path;

use anyhow::Result;
use persona_recall::{Embedded, Recall};
use persona_store::Store;

use crate::{interrupt, invocation::Invocation};

/// Computes the vectors that the store lacks; `None` where no sentence model is configured.
pub(crate) fn run(invocation: &Invocation, store: &Path) -> Result<Option<Embedded>> {
    let Some(folder) = &invocation.config.embedder else {
        tracing::info!(
            "no vectors of messages: `embedder` is not set, so the bot will not look up past messages"
        );
        return Ok(None);
    };
    let recall = Recall::load(folder)?;
    let mut store = Store::open(store)?;
    let embedded = recall.embed_new(&mut store, &invocation.console)?;
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
