//! How a stage is run once: its manifest says whether its work still holds, and is the last file it leaves.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Result;
use persona_core::{
    FileError, Manifest, atomic, forgotten,
    manifest::{self, PLAN_NAME as PLAN},
};
use serde::Serialize;
use serde_json::Value;

use crate::{interrupt, session::Session};

/// A stage whose results can be used.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Finished {
    /// Which stage.
    pub(crate) stage: String,
    /// Where its files lie.
    pub(crate) folder: PathBuf,
    /// Whether the results of an earlier run were good enough.
    pub(crate) skipped: bool,
    /// How long it took this time.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub(crate) time: Duration,
    /// Its report.
    pub(crate) figures: Value,
    /// Hashes of its files.
    #[serde(skip)]
    pub(crate) outputs: BTreeMap<String, String>,
}

fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((time.as_secs_f64() * 10.0).round() / 10.0)
}

/// What a stage is about to do, before anything is known about its results.
pub(crate) fn plan<C: Serialize>(
    stage: &str,
    config: &C,
    seed: Option<u64>,
    inputs: BTreeMap<String, String>,
) -> Result<Manifest> {
    Ok(Manifest {
        stage: stage.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config: serde_json::to_value(config)?,
        seed,
        inputs,
        outputs: BTreeMap::new(),
        figures: Value::Null,
    })
}

/// Runs the stage `planned` describes, unless its results are there already. `work` gets the folder and gives the report.
///
/// What an interrupted run of the very same plan left is kept for `work` to go on with; anything else is cleared away.
pub(crate) fn run<R: Serialize>(
    session: &Session,
    mut planned: Manifest,
    work: impl FnOnce(&Path) -> Result<R>,
) -> Result<Finished> {
    interrupt::check()?;
    let folder = session.run.stage(&planned.stage);
    let begun = Instant::now();
    let Some(reason) = reason(&planned, &folder) else {
        remove(&folder.join(PLAN))?;
        tracing::info!("{}: nothing to do", planned.stage);
        let recorded = Manifest::load(&folder).unwrap_or(planned);
        return Ok(finished(recorded, folder, None));
    };
    tracing::info!("{}: {reason}", planned.stage);
    if forgotten::is_noted(&folder) {
        clear(&folder)?;
    }
    atomic::sweep(&folder)?;
    prepare(&planned, &folder)?;
    let report = work(&folder)?;
    // A stage that was asked to stop has saved what it needs to go on, and is not finished.
    interrupt::check()?;
    let figures = serde_json::to_value(report)?;
    planned.figures = without_times(figures.clone());
    planned.outputs = outputs(&folder)?;
    planned.save(&folder)?;
    remove(&folder.join(PLAN))?;
    planned.figures = figures;
    Ok(finished(planned, folder, Some(begun.elapsed())))
}

/// Figures that differ from run to run have no place in a manifest: the same work leaves the same bytes.
fn without_times(figures: Value) -> Value {
    let Value::Object(map) = figures else {
        return figures;
    };
    map.into_iter()
        .filter(|(key, _)| !key.ends_with("per_second") && !key.ends_with("seconds"))
        .map(|(key, value)| (key, without_times(value)))
        .collect()
}

fn finished(manifest: Manifest, folder: PathBuf, time: Option<Duration>) -> Finished {
    Finished {
        stage: manifest.stage,
        folder,
        skipped: time.is_none(),
        time: time.unwrap_or_default(),
        figures: manifest.figures,
        outputs: manifest.outputs,
    }
}

/// Why the stage has to run; `None` where what lies in `folder` still holds.
pub(crate) fn reason(planned: &Manifest, folder: &Path) -> Option<String> {
    if forgotten::is_noted(folder) {
        return Some("it holds examples of somebody who was forgotten".to_owned());
    }
    let Some(recorded) = Manifest::load(folder) else {
        return Some(if goes_on(planned, folder) {
            "goes on where it was stopped".to_owned()
        } else {
            "not done yet".to_owned()
        });
    };
    let planned = as_stored(planned);
    if recorded.still_matches(&planned, folder) {
        return None;
    }
    Some(difference(&recorded, &planned))
}

/// Numbers lose their last bit on the way through a file; both sides of a comparison have to have made it.
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
    let changed: std::collections::BTreeSet<&str> = names
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
            let names: std::collections::BTreeSet<&String> =
                before.keys().chain(after.keys()).collect();
            names
                .into_iter()
                .flat_map(|name| {
                    let prefix = if prefix.is_empty() {
                        name.clone()
                    } else {
                        format!("{prefix}.{name}")
                    };
                    let value = |map: &serde_json::Map<String, Value>| {
                        map.get(name).cloned().unwrap_or_default()
                    };
                    changed_keys(&prefix, &value(before), &value(after))
                })
                .collect()
        }
        _ if before == after => Vec::new(),
        _ => vec![prefix.to_owned()],
    }
}

/// Whether `folder` holds the beginnings of exactly this plan.
fn goes_on(planned: &Manifest, folder: &Path) -> bool {
    fs::read(folder.join(PLAN))
        .ok()
        .and_then(|text| serde_json::from_slice::<Manifest>(&text).ok())
        .is_some_and(|begun| begun == as_stored(planned))
}

fn prepare(planned: &Manifest, folder: &Path) -> Result<(), FileError> {
    if goes_on(planned, folder) {
        return remove(&folder.join(manifest::FILE_NAME));
    }
    clear(folder)?;
    atomic::write_json(&folder.join(PLAN), planned)
}

/// Makes a finished stage run again, over what it left.
pub(crate) fn reopen(folder: &Path, why: &str) -> Result<(), FileError> {
    tracing::info!("{}: {why}", folder.display());
    remove(&folder.join(manifest::FILE_NAME))
}

/// The roles of what went into a stage when it ran last, finished or not.
pub(crate) fn last_inputs(folder: &Path) -> Option<Vec<String>> {
    Manifest::last(folder).map(|manifest| manifest.inputs.into_keys().collect())
}

/// Removes all that a stage left. What says that it is done goes first: cut short, it is a stage that is not done.
pub(crate) fn clear(folder: &Path) -> Result<(), FileError> {
    remove(&folder.join(manifest::FILE_NAME))?;
    remove(&folder.join(PLAN))?;
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::write(folder)(error))
        }
        _ => Ok(()),
    }
}

fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::write(path)(error)),
        _ => Ok(()),
    }
}

/// Hashes of everything in `folder`, by relative name.
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
            hashes.insert(format!("{prefix}{name}"), manifest::hash_file(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
