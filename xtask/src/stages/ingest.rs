//! The ingest stage: exports into the store.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result};
use ingest::Inputs;
use persona_core::Progress;
use persona_run::{Manifest, Planned, Stage, Work, plan};
use persona_store::Store;
use serde::Serialize;
use serde_json::Value;

use super::embeddings;
use crate::{failure::Problem, invocation::Invocation};

/// Key of the figure with the hash of the store's content when the stage was done.
const CONTENT: &str = "store_content";

/// Reason to run a stage whose store is not the one that it left.
pub(super) const CHANGED: &str = "the store is missing or was changed";

/// Reads the run's exports into its store.
pub(crate) struct Ingest<'a> {
    /// Invocation of the command.
    pub(crate) invocation: &'a Invocation,
}

impl Work<Error> for Ingest<'_> {
    fn stage(&self) -> Stage {
        Stage::Ingest
    }

    fn planned(&self) -> Result<Planned> {
        let mut inputs = plan::Inputs::default();
        for (index, source) in self.invocation.sources().iter().enumerate() {
            let name = source.file_name().unwrap_or_default().to_string_lossy();
            let role = if inputs.has(&name) {
                format!("{name} ({index})")
            } else {
                name.into_owned()
            };
            inputs = inputs.path(&role, source)?;
        }
        let settings = &self.invocation.config.ingest;
        Ok(Planned::known(Stage::Ingest, settings, None, inputs)?)
    }

    fn invalid(&self) -> Result<Option<String>> {
        let store = self.invocation.run.store();
        let holds = store.exists()
            && recorded_content(self.invocation)
                == Some(Store::open_read_only(&store)?.content_hash()?);
        Ok((!holds).then(|| CHANGED.to_owned()))
    }

    /// Empties the run's own store where a source is gone: what that source brought must go too. What people decided about
    /// themselves stays. A store that the configuration names may have other sources and is only ever added to.
    fn prepare(&self, planned: &Manifest) -> Result<()> {
        let (run, console) = (&self.invocation.run, &self.invocation.console);
        let store = run.store();
        if !run.has_own_store() || !store.exists() {
            return Ok(());
        }
        let Some(recorded) = Manifest::last(&run.folder.stage(Stage::Ingest)) else {
            console.warn(&format!(
                "`{}` was filled by hand: the exports are added to it",
                store.display()
            ));
            return Ok(());
        };
        let mut roles = recorded.inputs.keys();
        if roles.all(|role| planned.inputs.contains_key(role)) {
            return Ok(());
        }
        if !self.invocation.may_overwrite {
            let read: Vec<&str> = recorded.inputs.keys().map(String::as_str).collect();
            return Err(Problem::new(
                format!(
                    "`{}` was filled from {}, and other exports are to be read",
                    store.display(),
                    read.join(", ")
                ),
                "name the same exports again with --input; --run NAME makes another run; --change fills this store anew",
            )
            .into());
        }
        console.info(&format!(
            "other exports than before: `{}` is filled anew",
            store.display()
        ));
        Ok(Store::open(&store)?.clear_history()?)
    }

    fn run(&self, _: &Path) -> Result<Value> {
        let store = self.invocation.run.store();
        let sources = self.invocation.sources();
        let report = if sources.is_empty() {
            serde_json::json!({ "store": Store::open_read_only(&store)?.counts()? })
        } else {
            let mut report = read(self.invocation, &store, &sources)?;
            remove_history_figures(&mut report);
            report
        };
        if self.invocation.run.has_own_store() {
            Store::open(&store)?.rewrite()?;
        }
        let report = WithContent {
            report,
            store_content: Store::open_read_only(&store)?.content_hash()?,
        };
        Ok(serde_json::to_value(report)?)
    }

    fn complete(&self) -> Result<()> {
        embeddings::run(self.invocation, &self.invocation.run.store())?;
        Ok(())
    }
}

/// Hash of the store's content when the stage was last done.
pub(super) fn recorded_content(invocation: &Invocation) -> Option<String> {
    let recorded = Manifest::load(&invocation.run.folder.stage(Stage::Ingest))?;
    recorded.figures[CONTENT].as_str().map(str::to_owned)
}

#[derive(Serialize)]
struct WithContent {
    #[serde(flatten)]
    report: Value,
    store_content: String,
}

/// Removes figures that depend on what the store held before: they differ after earlier kills.
fn remove_history_figures(report: &mut Value) {
    let totals = |value: &mut Value| {
        if let Some(totals) = value["totals"].as_object_mut() {
            totals.retain(|key, _| !["new", "updated", "unchanged"].contains(&key.as_str()));
        }
    };
    totals(report);
    report["files"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .for_each(totals);
}

/// Reads `sources` into `store` and returns the report, whatever was read before.
pub(crate) fn read(invocation: &Invocation, store: &Path, sources: &[PathBuf]) -> Result<Value> {
    let inputs = Inputs {
        store: store.to_owned(),
        sources: sources.to_vec(),
    };
    let report = ingest::run(&invocation.config.ingest, &inputs, &invocation.console)?;
    Ok(serde_json::to_value(report)?)
}
