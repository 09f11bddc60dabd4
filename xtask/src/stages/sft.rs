//! The sft stage: the first adapter, trained to write like the server.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result};
use lora_trainer::Inputs;
use persona_core::layout::dataset::CONVERSATIONS;
use persona_run::{Planned, Stage, Work, base::Base, plan};
use serde_json::Value;

use super::{base, settings::Settings};
use crate::invocation::Invocation;

/// Supervised fine-tuning of a base on the run's conversations.
pub(crate) struct Sft<'a> {
    /// Invocation of the command.
    pub(crate) invocation: &'a Invocation,
    /// Base model; `None` while it is not on this machine.
    pub(crate) base: Option<&'a Base>,
}

impl Work<Error> for Sft<'_> {
    fn stage(&self) -> Stage {
        Stage::Sft
    }

    fn planned(&self) -> Result<Planned> {
        let Some(base) = self.base else {
            return Ok(base::unknown());
        };
        let config = &self.invocation.config;
        let inputs = plan::Inputs::default().hashes(base.hashes()?).path(
            CONVERSATIONS,
            &self.invocation.dataset()?.join(CONVERSATIONS),
        )?;
        let seed = Some(config.seed);
        let form = self.invocation.form_of_dataset(None)?;
        let settings = Settings {
            config: &config.train,
            conversation: &form,
            sampling: None,
        };
        Ok(Planned::known(Stage::Sft, &settings, seed, inputs)?)
    }

    fn run(&self, folder: &Path) -> Result<Value> {
        let inputs = inputs(self.invocation, base::needed(self.base)?, folder.to_owned())?;
        let report = lora_trainer::run(
            &self.invocation.config.train,
            &inputs,
            &self.invocation.console,
        )?;
        Ok(serde_json::to_value(report)?)
    }
}

/// Inputs of the trainer.
pub(crate) fn inputs(invocation: &Invocation, base: &Base, out: PathBuf) -> Result<Inputs> {
    Ok(Inputs {
        base: base.folder.clone(),
        dataset: invocation.dataset()?,
        out,
        form: invocation.form_of_dataset(None)?,
        seed: invocation.config.seed,
        start_from: None,
    })
}
