//! The runs that were made from a store, and what of a person is in their stages.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    Examples, Note, add,
    examples::{self, Traces},
    is_noted,
};
use crate::{FileError, Manifest, Split, layout};

/// A stage that holds something of the person, or of somebody who was forgotten before.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// The run.
    pub run: String,
    /// The stage.
    pub stage: &'static str,
    /// Its folder.
    pub folder: PathBuf,
    /// How much; `None` where that cannot be told any more.
    pub examples: Option<Examples>,
}

/// What of the person is in the stages of the runs below `runs` that use `store`, whose content has the hash `content`.
pub fn held(
    runs: &Path,
    store: &Path,
    content: &str,
    traces: &Traces,
) -> Result<Vec<Held>, FileError> {
    let mut found = Vec::new();
    for run in sharing(runs, store, content)? {
        found.extend(held_in(&run, traces)?);
    }
    Ok(found)
}

/// The stages of the same runs that have notes already.
pub fn noted(runs: &Path, store: &Path, content: &str) -> Result<Vec<Held>, FileError> {
    let runs = sharing(runs, store, content)?;
    Ok(runs.iter().flat_map(|run| noted_in(run)).collect())
}

/// Leaves a note beside the manifest of each stage.
pub fn note(held: &[Held]) -> Result<(), FileError> {
    let at = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    for one in held {
        let note = Note {
            at: at.clone(),
            stage: one.stage.to_owned(),
            examples: one.examples,
        };
        add(&one.folder, note)?;
    }
    Ok(())
}

/// The folders of the runs that use `store`.
fn sharing(runs: &Path, store: &Path, content: &str) -> Result<Vec<PathBuf>, FileError> {
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
    let run = layout::RunFolder::new(folder);
    let recorded = fs::read_to_string(run.config())
        .ok()
        .and_then(|text| text.parse::<toml::Table>().ok())
        .and_then(|table| table.get("store")?.as_str().map(PathBuf::from));
    let own = run.store();
    if recorded.is_some_and(|path| same(&path)) || same(&own) {
        return true;
    }
    let built_from = Manifest::last(&folder.join("dataset"))
        .and_then(|manifest| manifest.inputs.get("store").cloned());
    !own.exists() && built_from.as_deref() == Some(content)
}

/// The stages of the run in `folder` that hold something of the person.
fn held_in(folder: &Path, traces: &Traces) -> Result<Vec<Held>, FileError> {
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
    let last = |name: &str| Manifest::last(&folder.join(name));
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
fn noted_in(folder: &Path) -> Vec<Held> {
    let run = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let noted = layout::STAGES
        .into_iter()
        .map(|stage| (stage, folder.join(stage)));
    noted
        .filter(|(_, folder)| is_noted(folder))
        .map(|(stage, folder)| Held {
            run: run.clone(),
            stage,
            folder,
            examples: None,
        })
        .collect()
}
