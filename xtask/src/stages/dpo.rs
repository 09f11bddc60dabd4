//! The dpo stage: the second adapter, trained to prefer what people reacted to.

use std::path::Path;

use anyhow::{Error, Result};
use dpo::Inputs;
use persona_core::{PreferencePair, Progress, Split, jsonl, layout::dataset::PAIRS};
use persona_run::{Mode, Planned, Stage, Work, base::Base, plan, role};
use serde_json::Value;

use super::{base, settings::Settings};
use crate::{failure::Problem, invocation::Invocation};

/// Preference training on the run's pairs, further from its SFT adapter where there is one.
pub(crate) struct Dpo<'a> {
    /// Invocation of the command.
    pub(crate) invocation: &'a Invocation,
    /// Base model; `None` while it is not on this machine.
    pub(crate) base: Option<&'a Base>,
}

impl Work<Error> for Dpo<'_> {
    fn stage(&self) -> Stage {
        Stage::Dpo
    }

    fn planned(&self) -> Result<Planned> {
        let Some(base) = self.base else {
            return Ok(base::unknown());
        };
        let config = &self.invocation.config;
        let sft = self.invocation.run.folder.adapter(Stage::Sft);
        let inputs = plan::Inputs::default()
            .hashes(base.hashes()?)
            .optional(role::SFT_ADAPTER, sft.as_deref())?
            .path(PAIRS, &self.invocation.dataset()?.join(PAIRS))?;
        let seed = Some(config.seed);
        let form = self.invocation.form_of_dataset(sft.as_deref())?;
        let settings = Settings {
            config: &config.dpo,
            conversation: &form,
            sampling: None,
        };
        Ok(Planned::known(Stage::Dpo, &settings, seed, inputs)?)
    }

    /// Whether there are no pairs to train on; tells the user.
    fn is_idle(&self) -> Result<bool> {
        for pair in jsonl::records::<PreferencePair>(&self.invocation.dataset()?.join(PAIRS))? {
            if pair?.split == Split::Train {
                return Ok(false);
            }
        }
        let why = "the training split has no preference pairs: nobody reacted with a positive emoji to a message that has a \
                   counterpart";
        if self.invocation.config.mode == Mode::DpoOnly {
            return Err(Problem::new(
                why,
                "train with --mode sft; or add the emoji your server praises with to `positive` in [dataset.pairs]",
            )
            .into());
        }
        self.invocation.console.info(&format!(
            "{why}; DPO has nothing to learn from, SFT is the result"
        ));
        Ok(true)
    }

    fn run(&self, folder: &Path) -> Result<Value> {
        let inputs = Inputs {
            base: base::needed(self.base)?.folder.clone(),
            sft_adapter: self.invocation.run.folder.adapter(Stage::Sft),
            dataset: self.invocation.dataset()?,
            out: folder.to_owned(),
            form: self.invocation.form_of_dataset(None)?,
            seed: self.invocation.config.seed,
        };
        let report = dpo::run(
            &self.invocation.config.dpo,
            &inputs,
            &self.invocation.console,
        )?;
        Ok(serde_json::to_value(report)?)
    }
}
