//! Notes beside the manifests of stages whose files hold examples of people who were forgotten since: reading and writing them.
//!
//! A note says when, and how many; never who. A stage with a note is stale: the pipeline builds it anew, from nothing.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use persona_core::{FileError, atomic};
use serde::{Deserialize, Serialize};

use crate::stage::Stage;

/// Name of the file with a stage's notes.
pub const FILE_NAME: &str = "forgotten.json";

/// Number of parent folders that are searched for the stage of a model file: `export/merged/model.safetensors`.
const ABOVE_MAX: usize = 3;

/// All notes of a stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// One note per forgotten person.
    pub forgotten: Vec<Note>,
}

/// Note about one forgotten person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Time at which the person was forgotten, RFC 3339 in UTC.
    pub at: String,
    /// Name of the stage.
    pub stage: Stage,
    /// Numbers of their examples; `None` where the dataset that they were made from is gone.
    pub examples: Option<Examples>,
}

/// Numbers of examples that hold something of one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examples {
    /// Replies that the person wrote.
    pub replies: u64,
    /// Replies of others, in whose context they speak or are named.
    pub contexts: u64,
    /// Preference pairs in which they speak or are named.
    pub pairs: u64,
}

impl Examples {
    /// Whether there are no examples of the person.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Sum of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            replies: self.replies + other.replies,
            contexts: self.contexts + other.contexts,
            pairs: self.pairs + other.pairs,
        }
    }
}

/// Reads the notes in the folder of a stage; `None` where there are none. A file that cannot be understood counts as notes.
pub fn load(folder: &Path) -> Result<Option<Notes>, FileError> {
    let path = folder.join(FILE_NAME);
    match fs::read(&path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text).unwrap_or_default())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::read(&path)(error)),
    }
}

/// Whether the folder of a stage has notes.
pub fn is_noted(folder: &Path) -> bool {
    folder.join(FILE_NAME).exists()
}

/// Adds a note. The same one is not added twice on one day: the command may have been stopped and given again.
pub(super) fn add(folder: &Path, note: Note) -> Result<(), FileError> {
    let mut notes = load(folder)?.unwrap_or_default();
    let day = |at: &str| at.get(..10).map(str::to_owned);
    let known = notes.forgotten.iter().any(|other| {
        day(&other.at) == day(&note.at)
            && other.stage == note.stage
            && other.examples == note.examples
    });
    if !known {
        notes.forgotten.push(note);
    }
    atomic::write_json(&folder.join(FILE_NAME), &notes)
}

/// Folder of the stage that `path` belongs to, where it has notes.
fn above(path: &Path) -> Option<PathBuf> {
    let full = path.canonicalize().ok()?;
    full.ancestors()
        .take(ABOVE_MAX)
        .find(|folder| is_noted(folder))
        .map(Path::to_owned)
}

/// Warning for the user of the model at `path`, where it was made from messages of a person who was forgotten since.
pub fn warning(path: &Path) -> Option<String> {
    above(path).map(|folder| sentence(&folder, path))
}

fn sentence(folder: &Path, path: &Path) -> String {
    let times = match load(folder) {
        Ok(Some(notes)) if notes.forgotten.len() > 1 => format!("{} people", notes.forgotten.len()),
        _ => "somebody".to_owned(),
    };
    format!(
        "`{}` was made from messages of {times} who asked to be forgotten since: build it anew with `cargo xtask pipeline`",
        path.display()
    )
}
