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

use anyhow::{Error, Result};
use persona_run::{Finished, Plan, Stage, base::Base};

use crate::{
    session::Session,
    stages::{dataset::Dataset, dpo::Dpo, eval::Eval, export::Export, ingest::Ingest, sft::Sft},
};

/// The way of the data. What each stage reads of those before it stands in [`Stage::reads`]. Without a base, as where it is yet to
/// be downloaded, the plan can be looked at but not carried out.
pub(crate) fn plan<'a>(session: &'a Session, base: Option<&'a Base>) -> Plan<'a, Error> {
    let after_ingest = true;
    let dataset = Dataset {
        session,
        after_ingest,
    };
    session
        .plan()
        .then(Ingest { session }) // exports → store
        .then(dataset) // store → conversations, pairs
        .then(Sft { session, base }) // base, conversations → adapter
        .then(Dpo { session, base }) // base, pairs, adapter → adapter
        .then(Export { session, base }) // base, adapter → merged, GGUF
        .then(Eval { session, base }) // all of these → report
}

/// Runs every stage whose results are not there already, in order; from `forced` on, those too.
pub(crate) fn run(session: &Session, forced: Option<Stage>) -> Result<Vec<Finished>> {
    session.record_config()?;
    let base = session.base()?;
    let plan = plan(session, Some(&base));
    if let Some(forced) = forced {
        plan.clear(forced)?;
    }
    plan.run(&session.console)
}
