//! The base model of a run: a folder in Hugging Face layout, or a repository that is downloaded once.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use persona_core::{FileError, Hint, Progress, terminal::binary_bytes};

use crate::{
    hub::{self, HubError},
    model_files,
    run::locate,
    secrets::Secrets,
};

pub use model_files::missing;

/// The tiny base model that comes with the repository.
pub const DEFAULT: &str = "data/base/persona-tiny";

/// File in a base's folder with settings that suit it; the user's configuration and flags override them.
pub const RECOMMENDED: &str = "recommended.toml";

/// A base model on this machine, complete.
#[derive(Clone, Debug)]
pub struct Base {
    /// Folder of the model.
    pub folder: PathBuf,
}

/// Error of finding or downloading a base model.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// The name is neither a folder nor a repository.
    #[error("the base model `{name}` does not exist")]
    Unknown {
        /// Name as the user gave it.
        name: String,
    },
    /// A file of the model is missing.
    #[error("the base model `{}` {problem}", .folder.display())]
    Incomplete {
        /// Folder of the model.
        folder: PathBuf,
        /// Description of what the folder lacks.
        problem: String,
    },
    /// The base could not be downloaded.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// A file of the base could not be read.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Hint for BaseError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { .. } => Some(format!(
                "give a folder in Hugging Face layout or a repository such as Qwen/Qwen2.5-0.5B-Instruct with --base; \
                 without --base it is {DEFAULT}"
            )),
            Self::Incomplete { .. } => Some(
                "a base is a folder in Hugging Face layout: config.json, tokenizer.json, tokenizer_config.json and \
                 model.safetensors (or shards with model.safetensors.index.json)"
                    .to_owned(),
            ),
            Self::Hub(error) => error.hint(),
            Self::File(error) => error.hint(),
        }
    }
}

impl Base {
    /// Hashes of the files that make the model, by the role they have in a manifest: `base/config.json`.
    pub fn hashes(&self) -> Result<BTreeMap<String, String>, FileError> {
        let hashes = model_files::hashes(&self.folder)?;
        Ok(hashes
            .into_iter()
            .map(|(name, hash)| (format!("base/{name}"), hash))
            .collect())
    }
}

/// Finds the base called `name`: a folder, or a repository that is downloaded where it is not on this machine yet.
pub fn resolve(name: &str, secrets: &Secrets, progress: &dyn Progress) -> Result<Base, BaseError> {
    let folder = match local(name) {
        Some(folder) => folder,
        None if is_repository(name) => hub::fetch(name, secrets, progress)?,
        None => {
            return Err(BaseError::Unknown {
                name: name.to_owned(),
            });
        }
    };
    match missing(&folder)? {
        None => Ok(Base { folder }),
        Some(problem) => Err(BaseError::Incomplete { folder, problem }),
    }
}

/// Folder of the base `name`, where it is on this machine already.
pub fn local(name: &str) -> Option<PathBuf> {
    let folder = locate(Path::new(name));
    if folder.exists() {
        return Some(folder);
    }
    is_repository(name).then(|| hub::cached(name)).flatten()
}

/// Path of the settings that the base called `name` recommends; `None` where it has none or is yet to be downloaded.
pub fn recommended(name: &str) -> Option<PathBuf> {
    local(name)
        .map(|folder| folder.join(RECOMMENDED))
        .filter(|path| path.is_file())
}

/// Objection to the repository `name` before anything of it is downloaded, as far as its name tells; `available` are the free
/// bytes of memory.
pub fn doubt(name: &str, available: u64) -> Option<String> {
    let lower = name.to_lowercase();
    if !lower.contains("qwen2") {
        return Some(
            "its name does not say Qwen2: only Qwen2 and Qwen2.5 models can be trained".to_owned(),
        );
    }
    let billions = lower
        .split(['-', '_', '/'])
        .filter_map(|word| word.strip_suffix('b')?.parse::<f64>().ok())
        .next_back()?;
    // Training holds the base in f32 unless `precision` says otherwise.
    let bytes = (billions * 4e9) as u64;
    (bytes > available).then(|| {
        format!(
            "its weights alone take about {} of memory, and {} are free: take a smaller model, such as Qwen/Qwen2.5-0.5B-Instruct",
            binary_bytes(bytes),
            binary_bytes(available)
        )
    })
}

/// Whether `name` has the form of a repository: `owner/name`, and no folder `owner` is here.
pub fn is_repository(name: &str) -> bool {
    let Some((owner, model)) = name.split_once('/') else {
        return false;
    };
    let word = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
    };
    word(owner) && word(model) && !locate(Path::new(owner)).exists()
}

#[cfg(test)]
mod tests;
