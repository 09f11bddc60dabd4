//! The adapter merged into the base, and GGUF files of it.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result};
use gguf_export::Inputs;
use persona_core::ConversationForm;
use persona_run::{Manifest, Mode, Planned, Stage, Work, base::Base, plan, role};
use serde_json::Value;

use super::{base, settings::Settings};
use crate::{failure::Problem, session::Session};

/// Merges the run's adapter into its base and writes GGUF files.
pub(crate) struct Export<'a> {
    /// The run and its settings.
    pub(crate) session: &'a Session,
    /// The base; `None` while it is not on this machine.
    pub(crate) base: Option<&'a Base>,
}

impl Work<Error> for Export<'_> {
    fn stage(&self) -> Stage {
        Stage::Export
    }

    fn planned(&self) -> Result<Planned> {
        let Some(base) = self.base else {
            return Ok(base::unknown());
        };
        let inputs = plan::Inputs::default()
            .hashes(base.hashes()?)
            .optional(role::ADAPTER, adapter(self.session).as_deref())?;
        let config = &self.session.config;
        let form = form(self.session)?;
        let settings = Settings {
            config: &config.export,
            conversation: &form,
            sampling: Some(&config.sampling),
        };
        Ok(Planned::known(Stage::Export, &settings, None, inputs)?)
    }

    fn run(&self, folder: &Path) -> Result<Value> {
        let inputs = Inputs {
            base: base::needed(self.base)?.folder.clone(),
            adapter: adapter(self.session),
            out: folder.to_owned(),
            name: self.session.run.model_name().to_owned(),
            form: form(self.session)?,
            sampling: self.session.config.sampling.clone(),
        };
        let config = &self.session.config.export;
        let report = gguf_export::run(config, &inputs, &self.session.console)?;
        Ok(serde_json::to_value(report)?)
    }
}

/// The form of conversations that the run's adapter was trained with.
fn form(session: &Session) -> Result<ConversationForm> {
    let adapter = adapter(session);
    let adapters: Vec<&Path> = adapter.iter().map(PathBuf::as_path).collect();
    session.form_of_models(&adapters, true)
}

/// The run's adapter: the last one that its mode trains and that is done.
pub(crate) fn adapter(session: &Session) -> Option<PathBuf> {
    preferring(session).or_else(|| session.run.folder.adapter(Stage::Sft))
}

/// The adapter of preference training, where the mode has one.
pub(super) fn preferring(session: &Session) -> Option<PathBuf> {
    let adapter = session.run.folder.adapter(Stage::Dpo);
    adapter.filter(|_| session.config.mode != Mode::Sft)
}

/// The record of the export that the run has.
pub(crate) fn existing(session: &Session) -> Result<Manifest> {
    let manifest = Manifest::load(&session.run.folder.stage(Stage::Export)).ok_or_else(|| {
        Problem::new(
            format!("the run `{}` has no exported model", session.run.name),
            "make it first: cargo xtask export; or do everything: cargo xtask pipeline",
        )
    });
    Ok(manifest?)
}

/// The GGUF file that the run would deploy.
pub(crate) fn model(session: &Session) -> Result<PathBuf> {
    existing(session)?;
    let model = session.run.model().ok_or_else(|| {
        let folder = session.run.folder.stage(Stage::Export);
        Problem::new(
            format!("`{}` holds no GGUF file", folder.display()),
            "export again: cargo xtask export --force",
        )
    });
    Ok(model?)
}
