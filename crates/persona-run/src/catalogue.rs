//! Catalogue of runs: what each was made from, which stages are done, how much disk it takes, and what can be made again.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use persona_core::{
    FileError, Hint, atomic,
    layout::{GGUF_BY_SIZE, MERGED},
    terminal::binary_bytes,
};
use serde::Serialize;
use toml::{Table, Value};

use crate::{
    config::recorded,
    folder::RunFolder,
    lock::{Holder, held_by},
    manifest::Manifest,
    stage::Stage,
};

/// GGUF types that are made for other programs, and that Persona needs only while it exports.
const LARGE_TYPES: [&str; 3] = ["f16", "bf16", "f32"];

/// Description of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Name of the run.
    pub name: String,
    /// Folder of the run.
    pub folder: PathBuf,
    /// Base model as the user gave it; `None` where it was not recorded.
    pub base: Option<String>,
    /// Exports that the store was filled from, as paths where these were recorded; empty where it was filled by hand.
    pub input: Vec<String>,
    /// Name of the mode, such as `sft+dpo`.
    pub mode: Option<String>,
    /// Path of the store, where it is not the run's own.
    pub store: Option<PathBuf>,
    /// Finished stages.
    pub done: Vec<Stage>,
    /// Bytes of all files of the run.
    pub bytes: u64,
    /// Time of the latest write to a file of the run, in UTC.
    pub changed: Option<String>,
    /// Process that holds the lock of the run.
    pub holder: Option<Holder>,
}

/// A file or folder that can be made again from what else the run has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prunable {
    /// Path of the file or folder.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
}

/// Lists the runs below `runs`, by name.
pub fn list(runs: &Path) -> Result<Vec<Entry>, FileError> {
    if !runs.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(runs).map_err(FileError::read(runs))? {
        let path = entry.map_err(FileError::read(runs))?.path();
        if path.is_dir() {
            found.push(look(&RunFolder::new(path))?);
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// Describes one run.
pub fn look(run: &RunFolder) -> Result<Entry, FileError> {
    // A record that cannot be read is the affair of the commands that need it.
    let config = recorded(run).unwrap_or_default();
    let text = |key: &str| config.get(key).and_then(Value::as_str).map(str::to_owned);
    let (bytes, changed) = measure(run.root())?;
    let changed = changed.and_then(|time| jiff::Timestamp::try_from(time).ok());
    Ok(Entry {
        name: run.name(),
        folder: run.root().to_owned(),
        base: text("base"),
        input: input(run, &config),
        mode: text("mode"),
        store: text("store").map(PathBuf::from),
        done: Stage::ALL
            .into_iter()
            .filter(|stage| Manifest::load(&run.stage(*stage)).is_some())
            .collect(),
        bytes,
        changed: changed.map(|time| time.strftime("%Y-%m-%d %H:%M").to_string()),
        holder: held_by(run),
    })
}

fn input(run: &RunFolder, config: &Table) -> Vec<String> {
    let recorded = config.get("input").and_then(Value::as_array);
    let recorded: Vec<String> = recorded
        .into_iter()
        .flatten()
        .filter_map(|path| path.as_str().map(str::to_owned))
        .collect();
    if !recorded.is_empty() {
        return recorded;
    }
    let read = Manifest::last(&run.stage(Stage::Ingest));
    read.into_iter()
        .flat_map(|read| read.inputs.into_keys())
        .collect()
}

/// Bytes of all files at `path`, and time of the latest write. Links are not followed.
fn measure(path: &Path) -> Result<(u64, Option<SystemTime>), FileError> {
    let about = fs::symlink_metadata(path).map_err(FileError::read(path))?;
    if !about.is_dir() {
        return Ok((about.len(), about.modified().ok()));
    }
    let (mut bytes, mut changed) = (0, None);
    for entry in fs::read_dir(path).map_err(FileError::read(path))? {
        let path = entry.map_err(FileError::read(path))?.path();
        match measure(&path) {
            Ok((more, time)) => {
                bytes += more;
                changed = changed.max(time);
            }
            // A run at work moves and removes files while they are counted.
            Err(_) if !path.exists() => {}
            Err(error) => return Err(error),
        }
    }
    Ok((bytes, changed))
}

/// Renders the runs as lines for a terminal.
pub fn table(runs: &[Entry]) -> String {
    if runs.is_empty() {
        return "there are no runs yet: cargo xtask pipeline makes the first\n".to_owned();
    }
    runs.iter().map(Entry::lines).collect()
}

impl Entry {
    fn lines(&self) -> String {
        let names: Vec<&str> = self.done.iter().map(|stage| stage.name()).collect();
        let or = |text: String, empty: &str| {
            if text.is_empty() {
                empty.to_owned()
            } else {
                text
            }
        };
        let size = binary_bytes(self.bytes);
        let changed = self.changed.as_deref().unwrap_or_default();
        let done = or(names.join(", "), "nothing");
        let base = self.base.as_deref().unwrap_or("no base yet");
        let mode = self.mode.as_deref().unwrap_or("no mode yet");
        let input = or(self.input.join(", "), "a store filled by hand");
        let mut lines = format!("{:20} {size:>10}  {changed:16}  done: {done}\n", self.name);
        let _ = writeln!(lines, "{:20} {base}, {mode}, from {input}", "");
        if let Some(holder) = &self.holder {
            let Holder { command, pid, .. } = holder;
            let _ = writeln!(lines, "{:20} in use: `{command}` (process {pid})", "");
        }
        lines
    }
}

/// Error: a run that is not to be removed uses the store of one that is.
#[derive(Debug, thiserror::Error)]
#[error("the run `{user}` uses the store of `{run}`")]
pub struct StoreInUse {
    run: String,
    user: String,
}

impl Hint for StoreInUse {
    fn hint(&self) -> Option<String> {
        Some("remove both, or move the store out of the folder of the run first".to_owned())
    }
}

/// Checks that the store of `run` serves only runs that are `leaving`.
pub fn check_store_is_free(run: &Entry, leaving: &[Entry]) -> Result<(), StoreInUse> {
    let own = run.folder.canonicalize().ok();
    let uses = |other: &Entry| {
        let store = other
            .store
            .as_ref()
            .and_then(|store| store.canonicalize().ok());
        let goes = leaving.iter().any(|one| one.name == other.name);
        !goes && store.is_some_and(|store| own.as_ref().is_some_and(|own| store.starts_with(own)))
    };
    // Runs that cannot be listed cannot be known to use it.
    let all = run.folder.parent().and_then(|runs| list(runs).ok());
    match all.into_iter().flatten().find(uses) {
        Some(user) => Err(StoreInUse {
            run: run.name.clone(),
            user: user.name,
        }),
        None => Ok(()),
    }
}

/// Files of the run that `export` can make again: the merged checkpoint and large GGUF files. The smallest GGUF file stays, for
/// it is the one that is deployed.
pub fn prunable(run: &RunFolder) -> Result<Vec<Prunable>, FileError> {
    let folder = run.stage(Stage::Export);
    let Ok(entries) = fs::read_dir(&folder) else {
        return Ok(Vec::new());
    };
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let is_type = |name: &str, kind: &str| name.ends_with(&format!("-{kind}.gguf"));
    let talks = GGUF_BY_SIZE
        .iter()
        .find_map(|kind| names.iter().find(|name| is_type(name, kind)).cloned());
    let mut found = Vec::new();
    for name in names {
        let large = LARGE_TYPES.iter().any(|kind| is_type(&name, kind));
        if name == MERGED || large && Some(&name) != talks.as_ref() {
            let path = folder.join(&name);
            let (bytes, _) = measure(&path)?;
            found.push(Prunable { path, bytes });
        }
    }
    Ok(found)
}

/// Removes what [`prunable`] found.
pub fn prune(found: &[Prunable]) -> Result<(), FileError> {
    for one in found {
        if one.path.is_dir() {
            atomic::remove_folder(&one.path)?;
        } else {
            atomic::remove(&one.path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::RunLock;

    #[test]
    fn runs_are_listed_with_what_they_were_made_from() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(list(&folder.path().join("runs")).unwrap(), []);
        let run = RunFolder::new(folder.path().join("runs/mine"));
        let config =
            "base = 'b'\ninput = ['exports']\nmode = 'sft'\nstore = 'other/persona.sqlite'\n";
        atomic::write(&run.config(), config).unwrap();
        let planned = Manifest::planned(Stage::Ingest, serde_json::Value::Null, None, [].into());
        planned.save(&run.stage(Stage::Ingest)).unwrap();
        let lock = RunLock::take(&run, "cargo xtask train").unwrap();
        atomic::write(
            &folder.path().join("runs/later/persona.sqlite"),
            vec![0; 10],
        )
        .unwrap();
        let found = list(&folder.path().join("runs")).unwrap();
        assert_eq!(
            found
                .iter()
                .map(|one| one.name.as_str())
                .collect::<Vec<_>>(),
            ["later", "mine"]
        );
        assert_eq!((found[0].bytes, &found[0].done), (10, &Vec::new()));
        let mine = &found[1];
        assert_eq!(
            (mine.base.as_deref(), mine.mode.as_deref()),
            (Some("b"), Some("sft"))
        );
        assert_eq!(
            (&mine.input[..], &mine.done[..]),
            (&["exports".to_owned()][..], &[Stage::Ingest][..])
        );
        assert_eq!(mine.holder.as_ref().unwrap().command, "cargo xtask train");
        assert!(mine.changed.as_ref().unwrap().starts_with("20"));
        drop(lock);
        assert_eq!(look(&run).unwrap().holder, None);
    }

    #[test]
    fn the_file_that_talks_stays() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::new(folder.path());
        assert_eq!(prunable(&run).unwrap(), []);
        for name in ["merged/model.safetensors", "x-f16.gguf"] {
            atomic::write(&run.stage(Stage::Export).join(name), vec![0; 10]).unwrap();
        }
        let names = |run: &RunFolder| {
            let found = prunable(run).unwrap();
            found
                .iter()
                .map(|one| one.path.file_name().unwrap().to_string_lossy().into_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&run), ["merged"], "the only GGUF file stays");
        atomic::write(&run.stage(Stage::Export).join("x-q8_0.gguf"), vec![0; 10]).unwrap();
        assert_eq!(names(&run), ["merged", "x-f16.gguf"]);
        prune(&prunable(&run).unwrap()).unwrap();
        assert_eq!(names(&run), [""; 0]);
        assert!(run.stage(Stage::Export).join("x-q8_0.gguf").is_file());
    }
}
