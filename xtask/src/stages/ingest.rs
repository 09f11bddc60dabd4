//! Exports into the store.

use std::path::{Path, PathBuf};

use anyhow::Result;
use ingest::Inputs;
use persona_core::{Manifest, Progress};
use persona_store::Store;
use serde::Serialize;
use serde_json::Value;

use super::{Hashes, add};
use crate::{
    session::Session,
    stage::{self, Finished},
};

const STAGE: &str = "ingest";

/// Figure in the manifest: what the store held when the stage was done.
const CONTENT: &str = "store_content";

/// The store with everything in it.
pub(crate) struct Ingested {
    /// How the stage went.
    pub(crate) finished: Finished,
    /// The store.
    pub(crate) store: PathBuf,
    /// Hash of its content.
    pub(crate) content: String,
}

/// What the stage would do.
pub(crate) fn plan(session: &Session) -> Result<Manifest> {
    let mut inputs = Hashes::new();
    for (index, source) in session.sources().iter().enumerate() {
        let name = source.file_name().unwrap_or_default().to_string_lossy();
        let role = if inputs.contains_key(&*name) {
            format!("{name} ({index})")
        } else {
            name.into_owned()
        };
        add(&mut inputs, &role, source)?;
    }
    stage::plan(STAGE, &session.config.ingest, None, inputs)
}

/// The content of the store as it is, where it is what the stage left there.
pub(crate) fn content(session: &Session) -> Result<Option<String>> {
    let path = session.store();
    if !path.exists() {
        return Ok(None);
    }
    let content = Store::open_read_only(&path)?.content_hash()?;
    let recorded = Manifest::load(&session.run.stage(STAGE));
    let recorded = recorded
        .as_ref()
        .and_then(|manifest| manifest.figures[CONTENT].as_str());
    Ok((recorded == Some(&content)).then_some(content))
}

/// Reads the exports into the store.
pub(crate) fn run(session: &Session) -> Result<Ingested> {
    let planned = plan(session)?;
    let folder = session.run.stage(STAGE);
    if Manifest::load(&folder).is_some() && content(session)?.is_none() {
        stage::reopen(&folder, "the store is missing or was changed")?;
    }
    if stage::reason(&planned, &folder).is_some() {
        clear_of_other_sources(session, &planned, &folder)?;
    }
    let store = session.store();
    let sources = session.sources();
    let finished = stage::run(session, planned, |_| {
        let report = if sources.is_empty() {
            serde_json::json!({ "store": Store::open_read_only(&store)?.counts()? })
        } else {
            let mut report = read(session, &store, &sources)?;
            forget_what_was_there(&mut report);
            report
        };
        if session.config.store.is_none() {
            Store::open(&store)?.rewrite()?;
        }
        Ok(WithContent {
            report,
            store_content: Store::open_read_only(&store)?.content_hash()?,
        })
    })?;
    let content = finished.figures[CONTENT]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    Ok(Ingested {
        finished,
        store,
        content,
    })
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

/// The run's own store is what its sources say: when one of them is gone, what it brought must go too. What people decided
/// about themselves stays.
/// A store that the configuration names may have other sources and is only ever added to.
fn clear_of_other_sources(session: &Session, planned: &Manifest, folder: &Path) -> Result<()> {
    let store = session.store();
    if session.config.store.is_some() || !store.exists() {
        return Ok(());
    }
    let Some(recorded) = stage::last_inputs(folder) else {
        session.console.warn(&format!(
            "`{}` was filled by hand: the exports are added to it",
            store.display()
        ));
        return Ok(());
    };
    if recorded
        .iter()
        .all(|role| planned.inputs.contains_key(role))
    {
        return Ok(());
    }
    session.console.info(&format!(
        "other exports than before: `{}` is filled anew",
        store.display()
    ));
    Ok(Store::open(&store)?.clear_history()?)
}
