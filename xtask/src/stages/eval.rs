//! How good it is.

use std::path::PathBuf;

use anyhow::Result;
use eval::Inputs;
use persona_core::Manifest;

use super::{add, dataset::Dataset, export::Exported};
use crate::{
    base::Base,
    session::Session,
    stage::{self, Finished},
};

const STAGE: &str = "eval";

/// Known habits of the people, where somebody planted them.
const HABITS: &str = "habits.json";

/// What an evaluation compares.
pub(crate) struct Models<'a> {
    /// Before training.
    pub(crate) base: &'a Base,
    /// After supervised fine-tuning.
    pub(crate) sft_adapter: Option<PathBuf>,
    /// After preference training.
    pub(crate) dpo_adapter: Option<PathBuf>,
    /// What is deployed.
    pub(crate) exported: &'a Exported,
}

/// What the stage would do.
pub(crate) fn plan(session: &Session, dataset: &Dataset, models: &Models<'_>) -> Result<Manifest> {
    let mut inputs = models.base.hashes()?;
    dataset.add_conversations(&mut inputs)?;
    dataset.add_pairs(&mut inputs)?;
    for (role, path) in [
        ("sft/adapter", &models.sft_adapter),
        ("dpo/adapter", &models.dpo_adapter),
        ("embedder", &session.config.embedder),
        ("habits", &habits(session)),
    ] {
        if let Some(path) = path {
            add(&mut inputs, role, path)?;
        }
    }
    for (name, hash) in &models.exported.hashes {
        inputs.insert(format!("export/{name}"), hash.clone());
    }
    stage::plan(
        STAGE,
        &session.config.eval,
        Some(session.config.seed),
        inputs,
    )
}

/// Measures.
pub(crate) fn run(session: &Session, dataset: &Dataset, models: &Models<'_>) -> Result<Finished> {
    stage::run(session, plan(session, dataset, models)?, |folder| {
        let inputs = Inputs {
            dataset: dataset.folder.clone(),
            base: models.base.folder.clone(),
            sft_adapter: models.sft_adapter.clone(),
            dpo_adapter: models.dpo_adapter.clone(),
            merged: models.exported.merged.clone(),
            quantized: models.exported.quantized.clone(),
            out: folder.to_owned(),
            embedder: session.config.embedder.clone(),
            habits: habits(session),
            seed: session.config.seed,
        };
        Ok(eval::run(&session.config.eval, &inputs, &session.console)?)
    })
}

/// The folder of the reports.
pub(crate) fn folder(session: &Session) -> PathBuf {
    session.run.stage(STAGE)
}

/// `habits.json` beside the exports.
fn habits(session: &Session) -> Option<PathBuf> {
    session
        .sources()
        .into_iter()
        .map(|source| source.join(HABITS))
        .find(|path| path.is_file())
}
