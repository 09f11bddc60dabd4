//! The store into conversations and pairs.

use std::path::PathBuf;

use anyhow::Result;
use dataset::Inputs;
use persona_core::{Manifest, PreferencePair, Split, jsonl, layout};
use serde::Serialize;

use super::{Hashes, add};
use crate::{
    failure::Problem,
    session::Session,
    stage::{self, Finished},
};

const STAGE: &str = "dataset";

/// Conversations and pairs.
pub(crate) struct Dataset {
    /// The folder.
    pub(crate) folder: PathBuf,
}

#[derive(Serialize)]
struct Settings<'a> {
    #[serde(flatten)]
    config: &'a dataset::Config,
    limit: Option<usize>,
}

/// What the stage would do with a store that holds `content`.
pub(crate) fn plan(session: &Session, content: &str) -> Result<Manifest> {
    let settings = Settings {
        config: &session.config.dataset,
        limit: session.config.limit,
    };
    let inputs = Hashes::from([("store".to_owned(), content.to_owned())]);
    stage::plan(STAGE, &settings, Some(session.config.seed), inputs)
}

/// Builds the dataset.
pub(crate) fn run(session: &Session, store: PathBuf, content: &str) -> Result<(Finished, Dataset)> {
    let finished = stage::run(session, plan(session, content)?, |folder| {
        let inputs = Inputs {
            store,
            out: folder.to_owned(),
            limit: session.config.limit,
            seed: session.config.seed,
        };
        Ok(dataset::run(
            &session.config.dataset,
            &inputs,
            &session.console,
        )?)
    })?;
    let folder = finished.folder.clone();
    Ok((finished, Dataset { folder }))
}

/// The dataset that the run already has.
pub(crate) fn existing(session: &Session) -> Result<Dataset> {
    let folder = session.run.stage(STAGE);
    if folder.join(layout::dataset::CONVERSATIONS).is_file() {
        return Ok(Dataset { folder });
    }
    Err(Problem::new(
        format!("the run `{}` has no dataset", session.config.run),
        "build it first: cargo xtask dataset; or do everything: cargo xtask pipeline",
    )
    .into())
}

impl Dataset {
    /// Adds the conversations to what goes into a stage.
    pub(crate) fn add_conversations(&self, hashes: &mut Hashes) -> Result<()> {
        let name = layout::dataset::CONVERSATIONS;
        add(hashes, name, &self.folder.join(name))
    }

    /// Adds the pairs to what goes into a stage.
    pub(crate) fn add_pairs(&self, hashes: &mut Hashes) -> Result<()> {
        let name = layout::dataset::PAIRS;
        add(hashes, name, &self.folder.join(name))
    }

    /// Pairs to train on.
    pub(crate) fn training_pairs(&self) -> Result<usize> {
        let mut count = 0;
        for pair in jsonl::records::<PreferencePair>(&self.folder.join(layout::dataset::PAIRS))? {
            count += usize::from(pair?.split == Split::Train);
        }
        Ok(count)
    }
}
