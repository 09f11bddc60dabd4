//! Running a stage once: its manifest, the last file it leaves, says whether its results still hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use persona_core::{
    FileError, Progress,
    atomic::{self, remove, remove_folder},
    hash,
};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{
    forgotten,
    manifest::{self, Manifest, PLAN_NAME as PLAN},
    stage::Stage,
};

/// The user stopped the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted; what was done is saved, the same command goes on from there")]
pub struct Interrupted;

/// A stage with usable results.
#[derive(Clone, Debug, Serialize)]
pub struct Finished {
    /// Name of the stage.
    pub stage: Stage,
    /// Folder of the stage.
    pub folder: PathBuf,
    /// Whether results of an earlier run were used.
    pub skipped: bool,
    /// Duration of this run.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub time: Duration,
    /// Report of the stage.
    pub figures: Value,
    /// Hashes of the stage's files.
    #[serde(skip)]
    pub outputs: BTreeMap<String, String>,
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((time.as_secs_f64() * 10.0).round() / 10.0)
}

/// Runs the stage that `planned` describes in `folder`, unless its results are there already: first `prepare`, while the folder
/// is as the stage left it when it ran last, then `work`, which gets the folder and returns the report.
///
/// What an interrupted run of the very same plan left is kept for `work` to go on with; anything else is cleared.
pub fn run_once<E: From<FileError> + From<Interrupted>>(
    folder: &Path,
    mut planned: Manifest,
    progress: &dyn Progress,
    prepare: impl FnOnce(&Manifest) -> Result<(), E>,
    work: impl FnOnce(&Path) -> Result<Value, E>,
) -> Result<Finished, E> {
    check(progress)?;
    let begun = Instant::now();
    let Some(reason) = reason(&planned, folder) else {
        remove(&folder.join(PLAN))?;
        progress.info(&format!("{}: nothing to do", planned.stage));
        let recorded = Manifest::load(folder).unwrap_or(planned);
        return Ok(finished(recorded, folder, None));
    };
    progress.info(&format!("{}: {reason}", planned.stage));
    prepare(&planned)?;
    if forgotten::is_noted(folder) {
        clear(folder)?;
    }
    atomic::sweep(folder)?;
    begin(&planned, folder)?;
    let figures = work(folder)?;
    // A stage that was asked to stop has saved what it needs to go on, and is not finished.
    check(progress)?;
    planned.figures = without_times(figures.clone());
    planned.outputs = outputs(folder)?;
    planned.save(folder)?;
    remove(&folder.join(PLAN))?;
    planned.figures = figures;
    Ok(finished(planned, folder, Some(begun.elapsed())))
}

fn check(progress: &dyn Progress) -> Result<(), Interrupted> {
    if progress.interrupted() {
        return Err(Interrupted);
    }
    Ok(())
}

/// Removes figures that differ from run to run: manifests hold none, so that the same work leaves the same bytes.
fn without_times(figures: Value) -> Value {
    let Value::Object(map) = figures else {
        return figures;
    };
    map.into_iter()
        .filter(|(key, _)| !key.ends_with("per_second") && !key.ends_with("seconds"))
        .map(|(key, value)| (key, without_times(value)))
        .collect()
}

fn finished(manifest: Manifest, folder: &Path, time: Option<Duration>) -> Finished {
    Finished {
        stage: manifest.stage,
        folder: folder.to_owned(),
        skipped: time.is_none(),
        time: time.unwrap_or_default(),
        figures: manifest.figures,
        outputs: manifest.outputs,
    }
}

/// Reason for which the stage has to run; `None` where the results in `folder` still hold.
pub fn reason(planned: &Manifest, folder: &Path) -> Option<String> {
    if forgotten::is_noted(folder) {
        return Some("it holds examples of somebody who was forgotten".to_owned());
    }
    let Some(recorded) = Manifest::load(folder) else {
        return Some(if can_resume(planned, folder) {
            "goes on where it was stopped".to_owned()
        } else {
            planned.stage.task().to_owned()
        });
    };
    let planned = as_stored(planned);
    if recorded.still_matches(&planned, folder) {
        return None;
    }
    Some(difference(&recorded, &planned))
}

/// Returns `planned` as it would be read from its file: numbers may lose their last bit on that way, which both sides of a
/// comparison must have made.
fn as_stored(planned: &Manifest) -> Manifest {
    serde_json::to_vec(planned)
        .and_then(|text| serde_json::from_slice(&text))
        .unwrap_or_else(|_| planned.clone())
}

fn difference(recorded: &Manifest, planned: &Manifest) -> String {
    if recorded.version != planned.version {
        return format!(
            "made by version {}, this is {}",
            recorded.version, planned.version
        );
    }
    if recorded.seed != planned.seed {
        return "the seed has changed".to_owned();
    }
    let keys = changed_keys("", &recorded.config, &planned.config);
    if !keys.is_empty() {
        return format!("the configuration has changed: {}", keys.join(", "));
    }
    let names = recorded.inputs.keys().chain(planned.inputs.keys());
    let changed: BTreeSet<&str> = names
        .filter(|name| recorded.inputs.get(*name) != planned.inputs.get(*name))
        .map(String::as_str)
        .collect();
    if changed.is_empty() {
        return "its files are missing or were changed".to_owned();
    }
    let first: Vec<&str> = changed.iter().take(3).copied().collect();
    let more = changed.len() - first.len();
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("what goes in has changed: {}{more}", first.join(", "))
}

fn changed_keys(prefix: &str, before: &Value, after: &Value) -> Vec<String> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            names
                .into_iter()
                .flat_map(|name| {
                    let prefix = if prefix.is_empty() {
                        name.clone()
                    } else {
                        format!("{prefix}.{name}")
                    };
                    let value =
                        |map: &Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                    changed_keys(&prefix, &value(before), &value(after))
                })
                .collect()
        }
        _ if before == after => Vec::new(),
        _ => vec![prefix.to_owned()],
    }
}

/// Whether `folder` holds the beginnings of exactly this plan.
fn can_resume(planned: &Manifest, folder: &Path) -> bool {
    fs::read(folder.join(PLAN))
        .ok()
        .and_then(|text| serde_json::from_slice::<Manifest>(&text).ok())
        .is_some_and(|begun| begun == as_stored(planned))
}

fn begin(planned: &Manifest, folder: &Path) -> Result<(), FileError> {
    if can_resume(planned, folder) {
        return remove(&folder.join(manifest::FILE_NAME));
    }
    clear(folder)?;
    atomic::write_json(&folder.join(PLAN), planned)
}

/// Marks a finished stage as not done.
pub fn reopen(folder: &Path) -> Result<(), FileError> {
    remove(&folder.join(manifest::FILE_NAME))
}

/// Removes all results of a stage. The manifest goes first: cut short, the stage is not done.
pub fn clear(folder: &Path) -> Result<(), FileError> {
    remove(&folder.join(manifest::FILE_NAME))?;
    remove(&folder.join(PLAN))?;
    remove_folder(folder)
}

/// Hashes of all files in `folder`, by relative name.
fn outputs(folder: &Path) -> Result<BTreeMap<String, String>, FileError> {
    let mut hashes = BTreeMap::new();
    collect(folder, "", &mut hashes)?;
    Ok(hashes)
}

fn collect(
    folder: &Path,
    prefix: &str,
    hashes: &mut BTreeMap<String, String>,
) -> Result<(), FileError> {
    for entry in fs::read_dir(folder).map_err(FileError::read(folder))? {
        let entry = entry.map_err(FileError::read(folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if prefix.is_empty() && (name == PLAN || name == manifest::FILE_NAME)
            || name.starts_with(".partial-")
        {
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), hashes)?;
        } else {
            hashes.insert(format!("{prefix}{name}"), hash::hash_file(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
