//! The first adapter: to write like the server.

use std::path::PathBuf;

use anyhow::Result;
use lora_trainer::Inputs;
use persona_core::{Manifest, layout};

use super::dataset::Dataset;
use crate::{
    base::Base,
    config::Mode,
    session::Session,
    stage::{self, Finished},
};

const STAGE: &str = "sft";

/// What the stage would do.
pub(crate) fn plan(session: &Session, base: &Base, dataset: &Dataset) -> Result<Manifest> {
    let mut inputs = base.hashes()?;
    dataset.add_conversations(&mut inputs)?;
    stage::plan(
        STAGE,
        &session.config.train,
        Some(session.config.seed),
        inputs,
    )
}

/// Trains the adapter and gives its folder; where the mode leaves that out, the one that the run has, if any.
pub(crate) fn run(
    session: &Session,
    base: &Base,
    dataset: &Dataset,
) -> Result<(Option<Finished>, Option<PathBuf>)> {
    if session.config.mode == Mode::DpoOnly {
        return Ok((None, adapter(session)));
    }
    let finished = stage::run(session, plan(session, base, dataset)?, |folder| {
        let inputs = inputs(session, base, dataset, folder.to_owned());
        Ok(lora_trainer::run(
            &session.config.train,
            &inputs,
            &session.console,
        )?)
    })?;
    let adapter = finished.folder.join(layout::ADAPTER);
    Ok((Some(finished), Some(adapter)))
}

/// What the trainer is given.
pub(crate) fn inputs(session: &Session, base: &Base, dataset: &Dataset, out: PathBuf) -> Inputs {
    Inputs {
        base: base.folder.clone(),
        dataset: dataset.folder.clone(),
        out,
        seed: session.config.seed,
        start_from: None,
    }
}

/// The adapter that the run already has, if it is finished.
pub(crate) fn adapter(session: &Session) -> Option<PathBuf> {
    let folder = session.run.stage(STAGE);
    Manifest::load(&folder).map(|_| folder.join(layout::ADAPTER))
}
