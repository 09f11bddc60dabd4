//! Stages that were made from a store and hold examples of a person.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use persona_core::{FileError, Split, Traces, layout::dataset};
use serde::Serialize;

use super::{
    examples,
    notes::{Examples, Note, add, is_noted},
};
use crate::{folder::RunFolder, manifest::Manifest, role, stage::Stage};

/// A stage that holds examples of the person, or of somebody who was forgotten before.
#[derive(Clone, Debug, Serialize)]
pub struct AffectedStage {
    /// Name of the run.
    pub run: String,
    /// Name of the stage.
    pub stage: Stage,
    /// Folder of the stage.
    pub folder: PathBuf,
    /// Numbers of examples; `None` where they cannot be counted any more.
    pub examples: Option<Examples>,
}

/// Stages that hold examples of the person, in all runs below `runs` that use `store`, whose content has the hash `content`.
pub fn held(
    runs: &Path,
    store: &Path,
    content: &str,
    traces: &Traces,
) -> Result<Vec<AffectedStage>, FileError> {
    let mut found = Vec::new();
    for run in sharing(runs, store, content)? {
        found.extend(held_in(&run, traces)?);
    }
    Ok(found)
}

/// Stages that have notes already, in all runs below `runs` that use `store`.
pub fn noted(runs: &Path, store: &Path, content: &str) -> Result<Vec<AffectedStage>, FileError> {
    let runs = sharing(runs, store, content)?;
    Ok(runs.iter().flat_map(noted_in).collect())
}

/// Writes a note beside the manifest of each stage.
pub fn note(held: &[AffectedStage]) -> Result<(), FileError> {
    let at = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    for one in held {
        let note = Note {
            at: at.clone(),
            stage: one.stage,
            examples: one.examples,
        };
        add(&one.folder, note)?;
    }
    Ok(())
}

/// Renders the stages and their treatment as lines for a terminal. `purged` says that they were deleted.
pub fn told(held: &[AffectedStage], dry_run: bool, purged: bool) -> String {
    if held.is_empty() {
        return "no dataset and no model of a run here was made from their messages\n".to_owned();
    }
    let mut text = String::new();
    for one in held {
        let much = one.examples.map_or_else(
            || "made from their messages, how many cannot be told any more".to_owned(),
            |some| {
                format!(
                    "{} replies of theirs, {} with them in the context, {} pairs",
                    some.replies, some.contexts, some.pairs
                )
            },
        );
        let _ = writeln!(text, "  {}: {much}", one.folder.display());
    }
    text + match (dry_run, purged) {
        (true, _) => {
            "these would be marked, and built anew by the next pipeline; --purge deletes them at once\n"
        }
        (false, true) => "these were deleted; the next pipeline of their run builds them anew\n",
        (false, false) => {
            "these still hold their words, or what was learnt from them, until the next pipeline of their run builds them anew; \
             give the command again with --purge and the id to delete them now\n"
        }
    }
}

/// Runs that use `store`.
fn sharing(runs: &Path, store: &Path, content: &str) -> Result<Vec<RunFolder>, FileError> {
    if !runs.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(runs).map_err(FileError::read(runs))? {
        let folder = entry.map_err(FileError::read(runs))?.path();
        if folder.is_dir() && uses(&RunFolder::new(&folder), store, content) {
            found.push(folder);
        }
    }
    found.sort();
    Ok(found.into_iter().map(RunFolder::new).collect())
}

/// Whether a run reads `store`: its recorded configuration says so, or its own store is the one. A run that has neither used
/// another one's store; then its dataset was built from this very content.
fn uses(run: &RunFolder, store: &Path, content: &str) -> bool {
    let same = |path: &Path| match (path.canonicalize(), store.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    };
    let recorded = fs::read_to_string(run.config())
        .ok()
        .and_then(|text| text.parse::<toml::Table>().ok())
        .and_then(|table| table.get("store")?.as_str().map(PathBuf::from));
    let own = run.store();
    if recorded.is_some_and(|path| same(&path)) || same(&own) {
        return true;
    }
    let built_from = Manifest::last(&run.stage(Stage::Dataset))
        .and_then(|manifest| manifest.inputs.get(role::STORE).cloned());
    !own.exists() && built_from.as_deref() == Some(content)
}

/// Stages of a run that hold examples of the person.
fn held_in(run: &RunFolder, traces: &Traces) -> Result<Vec<AffectedStage>, FileError> {
    let found = examples::count(&run.stage(Stage::Dataset), traces)?;
    let of = |splits: &[Split]| {
        let each = splits.iter().filter_map(|split| found.get(split));
        each.fold(Examples::default(), |sum, one| sum.and(*one))
    };
    let last = |stage| Manifest::last(&run.stage(stage));
    let files = last(Stage::Dataset)
        .map(|manifest| manifest.outputs)
        .unwrap_or_default();
    // How much is in a stage can be told where it was made from the very file that the dataset has now.
    let is_from = |manifest: &Manifest, name: &str| {
        let read = manifest.inputs.get(name);
        read.is_some_and(|hash| files.get(name) == Some(hash))
    };

    let mut stages: BTreeMap<Stage, Option<Examples>> = BTreeMap::new();
    stages.insert(Stage::Dataset, Some(of(&Split::ALL)));
    let trained = of(&[Split::Train]);
    if let Some(manifest) = last(Stage::Sft) {
        let own = Examples {
            pairs: 0,
            ..trained
        };
        let known = is_from(&manifest, dataset::CONVERSATIONS);
        stages.insert(Stage::Sft, known.then_some(own));
    }
    if let Some(manifest) = last(Stage::Dpo) {
        let pairs = Examples {
            pairs: trained.pairs,
            ..Examples::default()
        };
        let own = is_from(&manifest, dataset::PAIRS).then_some(pairs);
        let before = if manifest.inputs.contains_key(role::SFT_ADAPTER) {
            stages.get(&Stage::Sft).copied().flatten()
        } else {
            Some(Examples::default())
        };
        stages.insert(
            Stage::Dpo,
            own.zip(before).map(|(own, before)| own.and(before)),
        );
    }
    if let Some(manifest) = last(Stage::Export) {
        let adapter = stages
            .get(&Stage::Dpo)
            .or_else(|| stages.get(&Stage::Sft))
            .copied()
            .flatten();
        let own = if manifest.inputs.contains_key(role::ADAPTER) {
            adapter
        } else {
            Some(Examples::default())
        };
        stages.insert(Stage::Export, own);
    }
    if let Some(manifest) = last(Stage::Eval) {
        let known = is_from(&manifest, dataset::CONVERSATIONS);
        stages.insert(Stage::Eval, known.then(|| of(&[Split::Test])));
    }
    let holding = stages
        .into_iter()
        .filter(|(_, examples)| examples.is_none_or(|some| !some.is_empty()));
    Ok(holding
        .map(|(stage, examples)| held_by(run, stage, examples))
        .collect())
}

/// Stages of a run that have notes.
fn noted_in(run: &RunFolder) -> Vec<AffectedStage> {
    Stage::ALL
        .into_iter()
        .filter(|stage| is_noted(&run.stage(*stage)))
        .map(|stage| held_by(run, stage, None))
        .collect()
}

fn held_by(run: &RunFolder, stage: Stage, examples: Option<Examples>) -> AffectedStage {
    AffectedStage {
        run: run.name(),
        stage,
        folder: run.stage(stage),
        examples,
    }
}
