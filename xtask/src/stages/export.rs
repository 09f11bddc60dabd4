//! The export stage: the adapter merged into the base, and GGUF files.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result};
use gguf_export::Inputs;
use persona_core::ConversationForm;
use persona_run::{Manifest, Mode, Planned, Stage, Work, base::Base, plan, role};
use serde_json::Value;

use super::{base, settings::Settings};
use crate::{failure::Problem, invocation::Invocation};

/// Merges the run's adapter into its base and writes GGUF files.
pub(crate) struct Export<'a> {
    /// Invocation of the command.
    pub(crate) invocation: &'a Invocation,
    /// Base model; `None` while it is not on this machine.
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
            .optional(role::ADAPTER, adapter(self.invocation).as_deref())?;
        let config = &self.invocation.config;
        let form = form(self.invocation)?;
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
            adapter: adapter(self.invocation),
            out: folder.to_owned(),
            name: self.invocation.run.model_name().to_owned(),
            form: form(self.invocation)?,
            sampling: self.invocation.config.sampling.clone(),
        };
        let config = &self.invocation.config.export;
        let report = gguf_export::run(config, &inputs, &self.invocation.console)?;
        Ok(serde_json::to_value(report)?)
    }
}

/// Form of conversations that the run's adapter was trained with.
fn form(invocation: &Invocation) -> Result<ConversationForm> {
    let adapter = adapter(invocation);
    let adapters: Vec<&Path> = adapter.iter().map(PathBuf::as_path).collect();
    invocation.form_of_models(&adapters, true)
}

/// Adapter of the run: the last finished one that its mode trains.
pub(crate) fn adapter(invocation: &Invocation) -> Option<PathBuf> {
    preferring(invocation).or_else(|| invocation.run.folder.adapter(Stage::Sft))
}

/// Adapter of preference training, where the mode has one.
pub(super) fn preferring(invocation: &Invocation) -> Option<PathBuf> {
    let adapter = invocation.run.folder.adapter(Stage::Dpo);
    adapter.filter(|_| invocation.config.mode != Mode::Sft)
}

/// Manifest of the run's export.
pub(crate) fn existing(invocation: &Invocation) -> Result<Manifest> {
    let manifest = Manifest::load(&invocation.run.folder.stage(Stage::Export)).ok_or_else(|| {
        Problem::new(
            format!("the run `{}` has no exported model", invocation.run.name),
            "make it first: cargo xtask export; or do everything: cargo xtask pipeline",
        )
    });
    Ok(manifest?)
}

/// GGUF file that the run deploys.
pub(crate) fn model(invocation: &Invocation) -> Result<PathBuf> {
    existing(invocation)?;
    let model = invocation.run.model().ok_or_else(|| {
        let folder = invocation.run.folder.stage(Stage::Export);
        Problem::new(
            format!("`{}` holds no GGUF file", folder.display()),
            "export again: cargo xtask export --force",
        )
    });
    Ok(model?)
}
