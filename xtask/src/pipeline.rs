//! The pipeline: stages in their order, from exports to a measured model.
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
    invocation::Invocation,
    stages::{dataset::Dataset, dpo::Dpo, eval::Eval, export::Export, ingest::Ingest, sft::Sft},
};

/// Plan of the pipeline. [`Stage::reads`] says which stages each one reads. Without a base, while it is yet to be downloaded,
/// the plan can be shown but not carried out.
pub(crate) fn plan<'a>(invocation: &'a Invocation, base: Option<&'a Base>) -> Plan<'a, Error> {
    let after_ingest = true;
    let dataset = Dataset {
        invocation,
        after_ingest,
    };
    invocation
        .plan()
        .then(Ingest { invocation }) // exports → store
        .then(dataset) // store → conversations, pairs
        .then(Sft { invocation, base }) // base, conversations → adapter
        .then(Dpo { invocation, base }) // base, pairs, adapter → adapter
        .then(Export { invocation, base }) // base, adapter → merged, GGUF
        .then(Eval { invocation, base }) // all of these → report
}

/// Runs every stage whose results are not there already, in order; from `forced` on, all stages.
pub(crate) fn run(invocation: &Invocation, forced: Option<Stage>) -> Result<Vec<Finished>> {
    invocation.record_config()?;
    let base = invocation.base()?;
    let plan = plan(invocation, Some(&base));
    if let Some(forced) = forced {
        plan.clear(forced)?;
    }
    plan.run(&invocation.console)
}
