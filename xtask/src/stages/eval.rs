//! How good it is.

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
use crate::session::Session;

/// Known habits of the people, where somebody planted them.
const HABITS: &str = "habits.json";

/// Measures the run's models beside its base.
pub(crate) struct Eval<'a> {
    /// The run and its settings.
    pub(crate) session: &'a Session,
    /// The base; `None` while it is not on this machine.
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
        let (session, config) = (self.session, &self.session.config);
        let data = session.dataset()?;
        let exported = existing(session)?.outputs.into_iter();
        let sft = session.run.folder.adapter(Stage::Sft);
        let inputs = plan::Inputs::default()
            .hashes(base.hashes()?)
            .path(CONVERSATIONS, &data.join(CONVERSATIONS))?
            .path(PAIRS, &data.join(PAIRS))?
            .optional(role::SFT_ADAPTER, sft.as_deref())?
            .optional(role::DPO_ADAPTER, preferring(session).as_deref())?
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
        let (session, config) = (self.session, &self.session.config);
        let inputs = Inputs {
            dataset: session.dataset()?,
            base: base::needed(self.base)?.folder.clone(),
            sft_adapter: session.run.folder.adapter(Stage::Sft),
            dpo_adapter: preferring(session),
            merged: session.run.folder.stage(Stage::Export).join(MERGED),
            quantized: model(session)?,
            out: folder.to_owned(),
            embedder: config.embedder.clone(),
            habits: self.habits(),
            form: self.form()?,
            sampling: config.sampling.clone(),
            seed: config.seed,
        };
        let console = match config.conversations {
            Some(_) => session.console.calm(),
            None => session.console.clone(),
        };
        let report = eval::run(&config.eval, &inputs, &console)?;
        Ok(serde_json::to_value(report)?)
    }
}

impl Eval<'_> {
    /// The form of conversations that the deployed file was trained with.
    fn form(&self) -> Result<ConversationForm> {
        let (session, quantized) = (self.session, model(self.session)?);
        let adapters = [preferring(session), session.run.folder.adapter(Stage::Sft)];
        let mut models = vec![quantized.as_path()];
        models.extend(adapters.iter().flatten().map(PathBuf::as_path));
        session.form_of_models(&models, true)
    }

    /// `habits.json` beside the exports.
    fn habits(&self) -> Option<PathBuf> {
        let sources = self.session.sources().into_iter();
        sources
            .map(|source| source.join(HABITS))
            .find(|path| path.is_file())
    }
}
