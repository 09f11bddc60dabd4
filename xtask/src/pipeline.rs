//! The way of the data, from exports to a model that was measured.
//!
//! ```text
//! export JSON ─┐
//! data package ┴─ ingest ──► persona.sqlite ── dataset ──► conversations, pairs
//!                                                              │
//!                                     base model ── sft ──► adapter ── dpo ──► adapter
//!                                                              │
//!                                     base model ── export ──► merged, GGUF ── eval ──► report
//! ```

use anyhow::Result;

use crate::{
    base,
    session::Session,
    stage::Finished,
    stages::{dataset, dpo, embeddings, eval, export, ingest, sft},
};

/// Runs every stage whose results are not there already, in order.
pub(crate) fn run(session: &Session) -> Result<Vec<Finished>> {
    session.record_config()?;
    let base = base::resolve(session)?;

    let ingested = ingest::run(session)?;
    embeddings::run(session, &ingested.store)?;
    let (built, data) = dataset::run(session, ingested.store, &ingested.content)?;
    let (fine_tuned, sft_adapter) = sft::run(session, &base, &data)?;
    let (preferring, dpo_adapter) = dpo::run(session, &base, &data, sft_adapter.as_deref())?;
    let adapter = dpo_adapter.as_deref().or(sft_adapter.as_deref());
    let (written, exported) = export::run(session, &base, adapter)?;
    let models = eval::Models {
        base: &base,
        sft_adapter,
        dpo_adapter,
        exported: &exported,
    };
    let measured = eval::run(session, &data, &models)?;

    let stages = [
        Some(ingested.finished),
        Some(built),
        fine_tuned,
        preferring,
        Some(written),
        Some(measured),
    ];
    Ok(stages.into_iter().flatten().collect())
}
