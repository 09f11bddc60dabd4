//! The runs that were made from a store, and what of a person is in their stages.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use persona_core::{FileError, Manifest, Split, layout};
use serde::Serialize;

use super::examples::{self, Traces};
use crate::{
    forgotten::{self, Examples, Note},
    stage,
};

/// Where runs lie.
const RUNS: &str = "runs";

/// A stage that holds something of the person, or of somebody who was forgotten before.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Held {
    /// The run.
    pub(super) run: String,
    /// The stage.
    pub(super) stage: &'static str,
    /// Its folder.
    pub(super) folder: PathBuf,
    /// How much; `None` where that cannot be told any more.
    pub(super) examples: Option<Examples>,
}

/// The folders of the runs that use `store`, whose content has the hash `content`.
pub(super) fn sharing(store: &Path, content: &str) -> Result<Vec<PathBuf>> {
    let runs = Path::new(RUNS);
    if !runs.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(runs).map_err(FileError::read(runs))? {
        let folder = entry.map_err(FileError::read(runs))?.path();
        if folder.is_dir() && uses(&folder, store, content) {
            found.push(folder);
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a run reads `store`: its recorded configuration says so, or its own store is the one. A run that has neither used
/// another one's store; then its dataset was built from this very content.
fn uses(folder: &Path, store: &Path, content: &str) -> bool {
    let same = |path: &Path| match (path.canonicalize(), store.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    };
    let recorded = fs::read_to_string(folder.join("config.toml"))
        .ok()
        .and_then(|text| text.parse::<toml::Table>().ok())
        .and_then(|table| table.get("store")?.as_str().map(PathBuf::from));
    let own = layout::RunFolder::new(folder).store();
    if recorded.is_some_and(|path| same(&path)) || same(&own) {
        return true;
    }
    let built_from = stage::last(&folder.join("dataset"))
        .and_then(|manifest| manifest.inputs.get("store").cloned());
    !own.exists() && built_from.as_deref() == Some(content)
}

/// The stages of the run in `folder` that hold something of the person.
pub(super) fn held(folder: &Path, traces: &Traces) -> Result<Vec<Held>> {
    let run = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let dataset = folder.join("dataset");
    let found = examples::count(&dataset, traces)?;
    let of = |splits: &[Split]| {
        let each = splits.iter().filter_map(|split| found.get(split));
        each.fold(Examples::default(), |sum, one| sum.and(*one))
    };
    let last = |name: &str| stage::last(&folder.join(name));
    let files = last("dataset")
        .map(|manifest| manifest.outputs)
        .unwrap_or_default();

    let mut stages: BTreeMap<&'static str, Option<Examples>> = BTreeMap::new();
    stages.insert("dataset", Some(of(&Split::ALL)));
    let trained = of(&[Split::Train]);
    if let Some(manifest) = last("sft") {
        let own = Examples {
            pairs: 0,
            ..trained
        };
        let known = is_from(&manifest, &files, layout::dataset::CONVERSATIONS);
        stages.insert("sft", known.then_some(own));
    }
    if let Some(manifest) = last("dpo") {
        let pairs = Examples {
            pairs: trained.pairs,
            ..Examples::default()
        };
        let own = is_from(&manifest, &files, layout::dataset::PAIRS).then_some(pairs);
        let before = if manifest.inputs.contains_key("sft/adapter") {
            stages.get("sft").copied().flatten()
        } else {
            Some(Examples::default())
        };
        stages.insert("dpo", own.zip(before).map(|(own, before)| own.and(before)));
    }
    if let Some(manifest) = last("export") {
        let adapter = stages
            .get("dpo")
            .or_else(|| stages.get("sft"))
            .copied()
            .flatten();
        let own = if manifest.inputs.contains_key("adapter") {
            adapter
        } else {
            Some(Examples::default())
        };
        stages.insert("export", own);
    }
    if let Some(manifest) = last("eval") {
        let known = is_from(&manifest, &files, layout::dataset::CONVERSATIONS);
        stages.insert("eval", known.then(|| of(&[Split::Test])));
    }
    let holding = stages
        .into_iter()
        .filter(|(_, examples)| examples.is_none_or(|some| !some.is_empty()));
    Ok(holding
        .map(|(stage, examples)| Held {
            run: run.clone(),
            stage,
            folder: folder.join(stage),
            examples,
        })
        .collect())
}

/// Whether a stage was made from the very file that the dataset has now.
fn is_from(manifest: &Manifest, files: &BTreeMap<String, String>, name: &str) -> bool {
    manifest
        .inputs
        .get(name)
        .is_some_and(|hash| files.get(name) == Some(hash))
}

/// The stages of the run in `folder` that were noted before.
pub(super) fn noted(folder: &Path) -> Vec<Held> {
    let run = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let noted = crate::stages::ORDER
        .into_iter()
        .map(|stage| (stage, folder.join(stage)));
    noted
        .filter(|(_, folder)| forgotten::is_noted(folder))
        .map(|(stage, folder)| Held {
            run: run.clone(),
            stage,
            folder,
            examples: None,
        })
        .collect()
}

/// Leaves a note beside the manifest of each stage.
pub(super) fn note(held: &[Held]) -> Result<()> {
    let at = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    for one in held {
        let note = Note {
            at: at.clone(),
            stage: one.stage.to_owned(),
            examples: one.examples,
        };
        forgotten::add(&one.folder, note)?;
    }
    Ok(())
}
