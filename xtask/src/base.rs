//! The base model: a folder in Hugging Face layout, or a repository that is downloaded once.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Result;
use persona_core::{FileError, manifest};
use persona_model::{Qwen2Config, Tokenizer};

use crate::{config, download, failure::Problem, session::Session};

/// The tiny base model that comes with the repository.
pub(crate) const DEFAULT: &str = "data/base/persona-tiny";

/// Settings that suit a base, read from its folder; the user's configuration and flags go over them.
pub(crate) const RECOMMENDED: &str = "recommended.toml";

/// A base model on this machine, complete.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    /// Its folder.
    pub(crate) folder: PathBuf,
}

impl Base {
    /// Hashes of the files that make the model, by the role they have in a manifest.
    pub(crate) fn hashes(&self) -> Result<BTreeMap<String, String>> {
        let mut hashes = BTreeMap::new();
        for name in files(&self.folder)? {
            let hash = manifest::hash_file(&self.folder.join(&name))?;
            hashes.insert(format!("base/{name}"), hash);
        }
        Ok(hashes)
    }
}

/// The base that `session` names, downloaded where it is a repository.
pub(crate) fn resolve(session: &Session) -> Result<Base> {
    let name = &session.config.base;
    let folder = match local(name) {
        Some(folder) => folder,
        None if is_repository(name) => download::fetch(name, &session.secrets, &session.console)?,
        None => {
            return Err(Problem::new(
                format!("the base model `{name}` does not exist"),
                format!(
                    "give a folder in Hugging Face layout or a repository such as Qwen/Qwen2.5-0.5B-Instruct with --base; \
                     without --base it is {DEFAULT}"
                ),
            )
            .into());
        }
    };
    check(&folder)?;
    // Better now than after an hour of reading exports.
    Qwen2Config::load(&folder)?;
    Tokenizer::load(&folder)?;
    Ok(Base { folder })
}

/// The folder of the base `name`, where it lies on this machine already.
pub(crate) fn local(name: &str) -> Option<PathBuf> {
    let folder = locate(Path::new(name));
    if folder.exists() {
        return Some(folder);
    }
    is_repository(name)
        .then(|| download::cached(name))
        .flatten()
}

/// A path that comes with the repository: below the current folder, or below the workspace when run from elsewhere.
pub(crate) fn locate(path: &Path) -> PathBuf {
    if path.is_absolute() || path.exists() {
        return path.to_owned();
    }
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map(|xtask| Path::new(&xtask).join("..").join(path))
        .filter(|path| path.exists())
        .unwrap_or_else(|| path.to_owned())
}

/// What the folder of the chosen base recommends; nothing where the base is yet to be downloaded.
pub(crate) fn recommended(file: &toml::Table, flags: &toml::Table) -> Result<toml::Table> {
    let named = flags.get("base").or_else(|| file.get("base"));
    let name = named.and_then(toml::Value::as_str).unwrap_or(DEFAULT);
    let Some(path) = local(name).map(|folder| folder.join(RECOMMENDED)) else {
        return Ok(toml::Table::new());
    };
    if !path.is_file() {
        return Ok(toml::Table::new());
    }
    let mut table = config::read(&path)?;
    // A model may suit numbers to itself; which run, input or seed is the user's affair.
    table.retain(|_, value| value.is_table());
    Ok(table)
}

/// Whether `name` has the form of a repository: `owner/name`, and no folder `owner` is here.
pub(crate) fn is_repository(name: &str) -> bool {
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

/// Fails where a file of the model is missing, and names it.
pub(crate) fn check(folder: &Path) -> Result<()> {
    if let Some(problem) = missing(folder)? {
        return Err(Problem::new(
            format!("the base model `{}` {problem}", folder.display()),
            "a base is a folder in Hugging Face layout: config.json, tokenizer.json, tokenizer_config.json and \
             model.safetensors (or shards with model.safetensors.index.json)",
        )
        .into());
    }
    Ok(())
}

/// What `folder` lacks to be a base model.
pub(crate) fn missing(folder: &Path) -> Result<Option<String>> {
    if !folder.is_dir() {
        return Ok(Some("is no folder".to_owned()));
    }
    for (file, what) in [
        ("config.json", "configuration"),
        ("tokenizer.json", "tokenizer"),
        ("tokenizer_config.json", "tokenizer configuration"),
    ] {
        if !folder.join(file).is_file() {
            return Ok(Some(format!("has no {what} (`{file}`)")));
        }
    }
    let index = folder.join(download::INDEX);
    if index.is_file() {
        let lost = download::shards(&index)?
            .into_iter()
            .find(|shard| !folder.join(shard).is_file());
        return Ok(lost.map(|shard| format!("lacks the shard `{shard}` that its index names")));
    }
    if folder.join("model.safetensors").is_file() {
        return Ok(None);
    }
    Ok(Some("has no weights (`model.safetensors`)".to_owned()))
}

/// Names of the files in `folder` that make the model, sorted.
fn files(folder: &Path) -> Result<Vec<String>> {
    let entries: io::Result<Vec<_>> = fs::read_dir(folder)
        .map_err(FileError::read(folder))?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect();
    let mut names = entries.map_err(FileError::read(folder))?;
    names.retain(|name| download::is_needed(name));
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests;
