//! The files of a base model, and what a folder lacks to be one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use persona_core::{FileError, hash};

/// Name of the index, which says which shard holds which tensor.
pub(crate) const INDEX: &str = "model.safetensors.index.json";

const SMALL_FILES: [&str; 10] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "vocab.json",
    "merges.txt",
    INDEX,
];

/// Whether a file called `name` is part of a model; other files of a repository are not downloaded.
pub(crate) fn is_needed(name: &str) -> bool {
    SMALL_FILES.contains(&name) || (name.starts_with("model") && name.ends_with(".safetensors"))
}

/// Names of the shards in an index.
fn shards(index: &Path) -> Result<BTreeSet<String>, FileError> {
    let bytes = fs::read(index).map_err(FileError::read(index))?;
    let value: serde_json::Value = serde_json::from_slice(&bytes)
        .map_err(|error| FileError::content(index, format!("line {}", error.line()), error))?;
    let map = value["weight_map"]
        .as_object()
        .ok_or_else(|| FileError::content(index, "`weight_map`", "expected an object"))?;
    Ok(map
        .values()
        .filter_map(|shard| shard.as_str().map(str::to_owned))
        .collect())
}

/// Description of what `folder` lacks to be a base model, such as ``has no tokenizer (`tokenizer.json`)``; `None` where it is
/// complete.
pub fn missing(folder: &Path) -> Result<Option<String>, FileError> {
    if holds_gguf(folder) {
        return Ok(Some(
            "holds a GGUF file, which can be run but not trained: take the model's folder in Hugging Face layout".to_owned(),
        ));
    }
    if !folder.is_dir() {
        return Ok(Some("is not a folder".to_owned()));
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
    let index = folder.join(INDEX);
    if index.is_file() {
        let lost = shards(&index)?
            .into_iter()
            .find(|shard| !folder.join(shard).is_file());
        return Ok(lost.map(|shard| format!("lacks the shard `{shard}` that its index names")));
    }
    if folder.join("model.safetensors").is_file() {
        return Ok(None);
    }
    Ok(Some("has no weights (`model.safetensors`)".to_owned()))
}

/// Whether `path` is a GGUF file, or a folder that has one in place of a model for training.
fn holds_gguf(path: &Path) -> bool {
    let is_gguf = |path: &Path| path.extension().is_some_and(|kind| kind == "gguf");
    if !path.is_dir() {
        return is_gguf(path);
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    !path.join("config.json").is_file()
        && entries.map(|entry| entry.path()).any(|path| is_gguf(&path))
}

/// Hashes of the files in `folder` that make the model, by file name.
pub(crate) fn hashes(folder: &Path) -> Result<BTreeMap<String, String>, FileError> {
    let entries: io::Result<Vec<_>> = fs::read_dir(folder)
        .map_err(FileError::read(folder))?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect();
    let names = entries.map_err(FileError::read(folder))?;
    names
        .into_iter()
        .filter(|name| is_needed(name))
        .map(|name| {
            let hash = hash::hash_file(&folder.join(&name))?;
            Ok((name, hash))
        })
        .collect()
}
