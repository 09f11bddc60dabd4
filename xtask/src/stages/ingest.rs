//! Exports into the store.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result};
use ingest::Inputs;
use persona_core::Progress;
use persona_run::{Manifest, Planned, Stage, Work, plan};
use persona_store::Store;
use serde::Serialize;
use serde_json::Value;

use super::embeddings;
use crate::{failure::Problem, session::Session};

/// Figure in the manifest: what the store held when the stage was done.
const CONTENT: &str = "store_content";

/// Why a stage runs whose store is not the one that it left.
pub(super) const CHANGED: &str = "the store is missing or was changed";

/// Reads the run's exports into its store.
pub(crate) struct Ingest<'a> {
    /// The run and its settings.
    pub(crate) session: &'a Session,
}

impl Work<Error> for Ingest<'_> {
    fn stage(&self) -> Stage {
        Stage::Ingest
    }

    fn planned(&self) -> Result<Planned> {
        let mut inputs = plan::Inputs::default();
        for (index, source) in self.session.sources().iter().enumerate() {
            let name = source.file_name().unwrap_or_default().to_string_lossy();
            let role = if inputs.has(&name) {
                format!("{name} ({index})")
            } else {
                name.into_owned()
            };
            inputs = inputs.path(&role, source)?;
        }
        let settings = &self.session.config.ingest;
        Ok(Planned::known(Stage::Ingest, settings, None, inputs)?)
    }

    fn invalid(&self) -> Result<Option<String>> {
        let store = self.session.run.store();
        let holds = store.exists()
            && recorded_content(self.session)
                == Some(Store::open_read_only(&store)?.content_hash()?);
        Ok((!holds).then(|| CHANGED.to_owned()))
    }

    /// The run's own store is what its sources say: when one of them is gone, what it brought must go too. What people decided
    /// about themselves stays.
    /// A store that the configuration names may have other sources and is only ever added to.
    fn prepare(&self, planned: &Manifest) -> Result<()> {
        let (run, console) = (&self.session.run, &self.session.console);
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
        if !self.session.may_overwrite {
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
        let store = self.session.run.store();
        let sources = self.session.sources();
        let report = if sources.is_empty() {
            serde_json::json!({ "store": Store::open_read_only(&store)?.counts()? })
        } else {
            let mut report = read(self.session, &store, &sources)?;
            forget_what_was_there(&mut report);
            report
        };
        if self.session.run.has_own_store() {
            Store::open(&store)?.rewrite()?;
        }
        let report = WithContent {
            report,
            store_content: Store::open_read_only(&store)?.content_hash()?,
        };
        Ok(serde_json::to_value(report)?)
    }

    fn complete(&self) -> Result<()> {
        embeddings::run(self.session, &self.session.run.store())?;
        Ok(())
    }
}

/// What the store held when the stage was done last.
pub(super) fn recorded_content(session: &Session) -> Option<String> {
    let recorded = Manifest::load(&session.run.folder.stage(Stage::Ingest))?;
    recorded.figures[CONTENT].as_str().map(str::to_owned)
}

#[derive(Serialize)]
struct WithContent {
    #[serde(flatten)]
    report: Value,
    store_content: String,
}

/// Which messages were new depends on what the store held before, and that on earlier kills.
fn forget_what_was_there(report: &mut Value) {
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

/// Reads `sources` into `store` and gives the report, whatever was read before.
pub(crate) fn read(session: &Session, store: &Path, sources: &[PathBuf]) -> Result<Value> {
    let inputs = Inputs {
        store: store.to_owned(),
        sources: sources.to_vec(),
    };
    let report = ingest::run(&session.config.ingest, &inputs, &session.console)?;
    Ok(serde_json::to_value(report)?)
}
