//! The adapter merged into the base, and GGUF files of it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use gguf_export::Inputs;
use persona_core::{Manifest, layout};

use super::{Hashes, add};
use crate::{
    base::Base,
    failure::Problem,
    session::Session,
    stage::{self, Finished},
};

const STAGE: &str = "export";

/// What can be deployed.
pub(crate) struct Exported {
    /// The merged checkpoint.
    pub(crate) merged: PathBuf,
    /// The GGUF file that is deployed.
    pub(crate) quantized: PathBuf,
    /// Hashes of all files.
    pub(crate) hashes: Hashes,
}

/// What the stage would do.
pub(crate) fn plan(session: &Session, base: &Base, adapter: Option<&Path>) -> Result<Manifest> {
    let mut inputs = base.hashes()?;
    if let Some(adapter) = adapter {
        add(&mut inputs, "adapter", adapter)?;
    }
    stage::plan(STAGE, &session.config.export, None, inputs)
}

/// Merges and quantizes.
pub(crate) fn run(
    session: &Session,
    base: &Base,
    adapter: Option<&Path>,
) -> Result<(Finished, Exported)> {
    let finished = stage::run(session, plan(session, base, adapter)?, |folder| {
        let inputs = Inputs {
            base: base.folder.clone(),
            adapter: adapter.map(Path::to_owned),
            out: folder.to_owned(),
            name: name(session),
        };
        Ok(gguf_export::run(
            &session.config.export,
            &inputs,
            &session.console,
        )?)
    })?;
    let exported = exported(session, finished.outputs.clone())?;
    Ok((finished, exported))
}

/// What the run already has.
pub(crate) fn existing(session: &Session) -> Result<Exported> {
    let Some(manifest) = Manifest::load(&session.run.stage(STAGE)) else {
        return Err(Problem::new(
            format!("the run `{}` has no exported model", session.config.run),
            "make it first: cargo xtask export; or do everything: cargo xtask pipeline",
        )
        .into());
    };
    exported(session, manifest.outputs)
}

fn exported(session: &Session, outputs: Hashes) -> Result<Exported> {
    let folder = session.run.stage(STAGE);
    let file = layout::GGUF_BY_SIZE
        .iter()
        .map(|quant| layout::gguf_file(&name(session), quant))
        .find(|file| outputs.contains_key(file))
        .ok_or_else(|| {
            Problem::new(
                format!("`{}` holds no GGUF file", folder.display()),
                "export again: cargo xtask export --force",
            )
        })?;
    Ok(Exported {
        merged: folder.join(layout::MERGED),
        quantized: folder.join(file),
        hashes: outputs,
    })
}

/// What the model is called.
pub(crate) fn name(session: &Session) -> String {
    layout::model_name(&session.config.run).to_owned()
}
