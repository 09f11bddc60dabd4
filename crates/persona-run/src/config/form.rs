//! What the configuration, and what a run was made with, say of the form of conversations and of sampling.

use std::path::PathBuf;

use persona_core::{FileError, FormSource, Origin, Sampling};
use serde_json::{Map, Value};
use toml::Table;

use super::{ConfigError, ConfigFile, layers::overlay, moved, recorded};
use crate::{folder::RunFolder, manifest, manifest::Manifest, stage::Stage};

/// What the file says of the form of conversations, and behind it what `run` was made with, for [`persona_core::settle`].
pub fn form_sources(
    file: &ConfigFile,
    run: Option<&RunFolder>,
) -> Result<Vec<FormSource>, ConfigError> {
    let mut sources = Vec::new();
    let mut add = |path: PathBuf, table: &Table| -> Result<(), ConfigError> {
        let section = moved::section_of(table, moved::CONVERSATION);
        if !section.is_empty() {
            sources.push(source(path, &section)?);
        }
        Ok(())
    };
    add(file.path.clone(), &file.table)?;
    if let Some(run) = run {
        add(run.config(), &recorded(run)?)?;
    }
    Ok(sources)
}

fn source(file: PathBuf, section: &Table) -> Result<FormSource, ConfigError> {
    let keys: Result<Map<String, Value>, FileError> = section
        .iter()
        .map(|(key, value)| {
            let value = serde_json::to_value(value)
                .map_err(|error| FileError::content(&file, format!("key `{key}`"), error))?;
            Ok((key.clone(), value))
        })
        .collect();
    Ok(FormSource {
        keys: keys?,
        origin: Origin::Configuration,
        file,
    })
}

/// The form that the dataset of `run` was built with, as its manifest records it, also one of an older version. `None` where there
/// is no finished dataset.
pub fn form_of_dataset(run: &RunFolder) -> Option<FormSource> {
    let folder = run.stage(Stage::Dataset);
    let config = Manifest::load(&folder)?.config;
    let known = |key: &String| moved::is_of_dataset(key);
    let keys = match config.get(moved::CONVERSATION).and_then(Value::as_object) {
        Some(form) => form.clone(),
        None => config
            .as_object()?
            .iter()
            .filter(|(key, _)| known(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    };
    Some(FormSource {
        file: folder.join(manifest::FILE_NAME),
        origin: Origin::Dataset,
        keys,
    })
}

/// How replies are drawn: what the file says goes over what `run` was made with.
pub fn sampling(file: &ConfigFile, run: &RunFolder) -> Result<Sampling, ConfigError> {
    // An error in the file names its line.
    file.section::<Sampling>(moved::SAMPLING)?;
    let mut merged = moved::section_of(&recorded(run)?, moved::SAMPLING);
    overlay(&mut merged, moved::section_of(&file.table, moved::SAMPLING));
    merged.try_into().map_err(|error: toml::de::Error| {
        FileError::content(&run.config(), "[sampling]", error.message()).into()
    })
}
