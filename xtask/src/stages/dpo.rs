//! The second adapter: to prefer what people reacted to.

use std::path::{Path, PathBuf};

use anyhow::Result;
use dpo::Inputs;
use persona_core::{Manifest, Progress, layout};

use super::{add, dataset::Dataset};
use crate::{
    base::Base,
    config::Mode,
    failure::Problem,
    session::Session,
    stage::{self, Finished},
};

const STAGE: &str = "dpo";

/// What the stage would do.
pub(crate) fn plan(
    session: &Session,
    base: &Base,
    dataset: &Dataset,
    sft_adapter: Option<&Path>,
) -> Result<Manifest> {
    let mut inputs = base.hashes()?;
    if let Some(adapter) = sft_adapter {
        add(&mut inputs, "sft/adapter", adapter)?;
    }
    dataset.add_pairs(&mut inputs)?;
    stage::plan(
        STAGE,
        &session.config.dpo,
        Some(session.config.seed),
        inputs,
    )
}

/// Trains the adapter and gives its folder; `None` where the mode does not ask for it, or there is nothing to learn from.
pub(crate) fn run(
    session: &Session,
    base: &Base,
    dataset: &Dataset,
    sft_adapter: Option<&Path>,
) -> Result<(Option<Finished>, Option<PathBuf>)> {
    if session.config.mode == Mode::Sft || !has_pairs(session, dataset)? {
        // An adapter of an earlier mode would be taken for this run's.
        stage::clear(&session.run.stage(STAGE))?;
        return Ok((None, None));
    }
    let planned = plan(session, base, dataset, sft_adapter)?;
    let finished = stage::run(session, planned, |folder| {
        let inputs = Inputs {
            base: base.folder.clone(),
            sft_adapter: sft_adapter.map(Path::to_owned),
            dataset: dataset.folder.clone(),
            out: folder.to_owned(),
            seed: session.config.seed,
        };
        Ok(dpo::run(&session.config.dpo, &inputs, &session.console)?)
    })?;
    let adapter = finished.folder.join(layout::ADAPTER);
    Ok((Some(finished), Some(adapter)))
}

/// Whether there is anything to learn from; says so where there is not.
fn has_pairs(session: &Session, dataset: &Dataset) -> Result<bool> {
    if dataset.training_pairs()? > 0 {
        return Ok(true);
    }
    let why = "the training split has no preference pairs: nobody reacted with a positive emoji to a message that has a counterpart";
    if session.config.mode == Mode::DpoOnly {
        return Err(Problem::new(
            why,
            "train with --mode sft; or add the emoji your server praises with to `positive` in [dataset.pairs]",
        )
        .into());
    }
    session.console.warn(&format!(
        "{why}; DPO has nothing to learn from, SFT is the result"
    ));
    Ok(false)
}

/// The adapter that the run already has, if it is finished.
pub(crate) fn adapter(session: &Session) -> Option<PathBuf> {
    let folder = session.run.stage(STAGE);
    Manifest::load(&folder).map(|_| folder.join(layout::ADAPTER))
}
