//! The order `fetch`: the same incremental reading as `cargo xtask ingest discord`.

use std::sync::{Arc, atomic::Ordering};

use ingest::discord::{Inputs, Mode};
use persona_core::{Hint, Id, Progress, Silent, Task, Unit};

use crate::state::BotState;

/// Starts a fetch in the background. Returns the answer to the order.
pub(crate) fn fetch(state: &Arc<BotState>, guild: Option<Id>) -> String {
    if state.fetching.swap(true, Ordering::SeqCst) {
        return "I am reading already".to_owned();
    }
    let state = state.clone();
    tokio::spawn(async move {
        let inputs = Inputs {
            store: state.files.store.clone(),
            rest: state.rest.clone(),
            guild,
            allow: Vec::new(),
            deny: Vec::new(),
            mode: Mode::Fetch,
        };
        match ingest::discord::fetch(&state.fetch, &inputs, &Log).await {
            Ok(report) => {
                tracing::info!(
                    new = report.totals.new,
                    updated = report.totals.updated,
                    "what is new was read into the store"
                );
                embed(&state).await;
            }
            Err(error) => {
                let hint = error.hint().unwrap_or_default();
                tracing::warn!(%error, hint, "cannot read what is new");
            }
        }
        state.fetching.store(false, Ordering::SeqCst);
    });
    "I read what is new; the log says when it is done. What was read is learnt from by the next training".to_owned()
}

/// Computes the vectors of new messages, where an embedder is set.
async fn embed(state: &Arc<BotState>) {
    let Some(retrieval) = state.retrieval.clone() else {
        return;
    };
    let store = state.files.store.clone();
    let work = tokio::task::spawn_blocking(move || retrieval.embed_new(&store, &Log));
    match work.await {
        Ok(Ok(done)) => tracing::info!(messages = done.embedded, "what is new can be looked up"),
        Ok(Err(error)) => tracing::warn!(%error, "cannot embed what is new"),
        Err(error) => tracing::warn!(%error, "embedding what is new was cut short"),
    }
}

/// Shows progress as lines of the log.
struct Log;

impl Progress for Log {
    fn task(&self, _: &str, _: Option<u64>, _: Unit) -> Box<dyn Task> {
        Box::new(Silent)
    }

    fn warn(&self, message: &str) {
        tracing::warn!("{message}");
    }

    fn info(&self, message: &str) {
        tracing::info!("{message}");
    }

    fn interrupted(&self) -> bool {
        false
    }
}
