//! The eval stage: measures the models of a run.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result};
use eval::Inputs;
use persona_core::{
    ConversationForm,
    layout::{
        MERGED,
        dataset::{CONVERSATIONS, PAIRS},
    },
};
use persona_run::{Planned, Stage, Work, base::Base, plan, role};
use serde_json::Value;

use super::{
    base,
    export::{existing, model, preferring},
    settings::Settings,
};
use crate::invocation::Invocation;

/// File beside the exports with known habits of the people, such as the planted ones of the sample server.
const HABITS: &str = "habits.json";

/// Measures the run's models and its base.
pub(crate) struct Eval<'a> {
    /// Invocation of the command.
    pub(crate) invocation: &'a Invocation,
    /// Base model; `None` while it is not on this machine.
    pub(crate) base: Option<&'a Base>,
}

impl Work<Error> for Eval<'_> {
    fn stage(&self) -> Stage {
        Stage::Eval
    }

    fn planned(&self) -> Result<Planned> {
        let Some(base) = self.base else {
            return Ok(base::unknown());
        };
        let (invocation, config) = (self.invocation, &self.invocation.config);
        let data = invocation.dataset()?;
        let exported = existing(invocation)?.outputs.into_iter();
        let sft = invocation.run.folder.adapter(Stage::Sft);
        let inputs = plan::Inputs::default()
            .hashes(base.hashes()?)
            .path(CONVERSATIONS, &data.join(CONVERSATIONS))?
            .path(PAIRS, &data.join(PAIRS))?
            .optional(role::SFT_ADAPTER, sft.as_deref())?
            .optional(role::DPO_ADAPTER, preferring(invocation).as_deref())?
            .optional(role::EMBEDDER, config.embedder.as_deref())?
            .optional(role::HABITS, self.habits().as_deref())?
            .hashes(exported.map(|(name, hash)| (format!("export/{name}"), hash)));
        let seed = Some(config.seed);
        let form = self.form()?;
        let settings = Settings {
            config: &config.eval,
            conversation: &form,
            sampling: Some(&config.sampling),
        };
        Ok(Planned::known(Stage::Eval, &settings, seed, inputs)?)
    }

    fn run(&self, folder: &Path) -> Result<Value> {
        let (invocation, config) = (self.invocation, &self.invocation.config);
        let inputs = Inputs {
            dataset: invocation.dataset()?,
            base: base::needed(self.base)?.folder.clone(),
            sft_adapter: invocation.run.folder.adapter(Stage::Sft),
            dpo_adapter: preferring(invocation),
            merged: invocation.run.folder.stage(Stage::Export).join(MERGED),
            quantized: model(invocation)?,
            out: folder.to_owned(),
            embedder: config.embedder.clone(),
            habits: self.habits(),
            form: self.form()?,
            sampling: config.sampling.clone(),
            seed: config.seed,
        };
        let console = match config.conversations {
            Some(_) => invocation.console.calm(),
            None => invocation.console.clone(),
        };
        let report = eval::run(&config.eval, &inputs, &console)?;
        Ok(serde_json::to_value(report)?)
    }
}

impl Eval<'_> {
    /// Form of conversations that the deployed file was trained with.
    fn form(&self) -> Result<ConversationForm> {
        let (invocation, quantized) = (self.invocation, model(self.invocation)?);
        let adapters = [
            preferring(invocation),
            invocation.run.folder.adapter(Stage::Sft),
        ];
        let mut models = vec![quantized.as_path()];
        models.extend(adapters.iter().flatten().map(PathBuf::as_path));
        invocation.form_of_models(&models, true)
    }

    /// Path of `habits.json` beside the exports, if there is one.
    fn habits(&self) -> Option<PathBuf> {
        let sources = self.invocation.sources().into_iter();
        sources
            .map(|source| source.join(HABITS))
            .find(|path| path.is_file())
    }
}
