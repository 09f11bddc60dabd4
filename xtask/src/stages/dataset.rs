//! The dataset stage: the store into conversations and pairs.

use std::path::Path;

use anyhow::{Error, Result};
use dataset::Inputs;
use persona_core::ConversationForm;
use persona_run::{Planned, Stage, Work, plan, role};
use persona_store::Store;
use serde::Serialize;
use serde_json::Value;

use super::ingest;
use crate::invocation::Invocation;

/// Builds the dataset from the run's store.
pub(crate) struct Dataset<'a> {
    /// Invocation of the command.
    pub(crate) invocation: &'a Invocation,
    /// Whether the ingest stage, right before, made sure that the store is the one that it recorded.
    pub(crate) after_ingest: bool,
}

#[derive(Serialize)]
struct Settings<'a> {
    #[serde(flatten)]
    config: &'a dataset::Config,
    conversation: &'a ConversationForm,
    limit: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversations: Option<usize>,
}

impl Work<Error> for Dataset<'_> {
    fn stage(&self) -> Stage {
        Stage::Dataset
    }

    fn planned(&self) -> Result<Planned> {
        let content = if self.after_ingest {
            ingest::recorded_content(self.invocation)
        } else {
            Some(Store::open_read_only(&self.invocation.run.store())?.content_hash()?)
        };
        let Some(content) = content else {
            return Ok(Planned::Unknown(ingest::CHANGED.to_owned()));
        };
        let config = &self.invocation.config;
        let settings = Settings {
            config: &config.dataset,
            conversation: &config.conversation,
            limit: config.limit,
            conversations: config.conversations,
        };
        let inputs = plan::Inputs::default().hashes([(role::STORE.to_owned(), content)]);
        let seed = Some(config.seed);
        Ok(Planned::known(Stage::Dataset, &settings, seed, inputs)?)
    }

    fn run(&self, folder: &Path) -> Result<Value> {
        let config = &self.invocation.config;
        let inputs = Inputs {
            store: self.invocation.run.store(),
            out: folder.to_owned(),
            limit: config.limit,
            conversations: config.conversations,
            form: config.conversation.clone(),
            seed: config.seed,
        };
        let report = dataset::run(&config.dataset, &inputs, &self.invocation.console)?;
        Ok(serde_json::to_value(report)?)
    }
}
