//! Form of conversations and sampling, as the configuration and the record of a run give them.

use std::path::{Path, PathBuf};

use persona_core::{FileError, FormSource, Origin, Sampling, Settled, settle};
use serde_json::{Map, Value};
use toml::Table;

use crate::{
    config::{ConfigError, ConfigFile, moved, overlay, recorded},
    folder::RunFolder,
    manifest::{self, Manifest},
    stage::Stage,
};

/// Settles the form of conversations: what `made`, models or a dataset, say of themselves holds before the dataset of `run`, and
/// that before what the file and the record of `run` ask for. `run` is `None` where the models are of no run.
pub fn settled(
    file: &ConfigFile,
    made: impl IntoIterator<Item = FormSource>,
    run: Option<&RunFolder>,
) -> Result<Settled, ConfigError> {
    let mut sources: Vec<FormSource> = made.into_iter().collect();
    sources.extend(run.and_then(form_of_dataset));
    sources.extend(form_sources(file, run)?);
    Ok(settle(&sources)?)
}

/// Collects what the file, and behind it the record of `run`, say of the form of conversations, for [`persona_core::settle`].
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
    add(
        file.path().map(Path::to_owned).unwrap_or_default(),
        file.table(),
    )?;
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

/// Form that the dataset of `run` was built with, from its manifest, whatever version wrote that. `None` where there is no
/// finished dataset.
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

/// Sampling of replies: the file overrides the record of `run`.
pub fn sampling(file: &ConfigFile, run: &RunFolder) -> Result<Sampling, ConfigError> {
    // An error in the file names its line.
    file.section::<Sampling>(moved::SAMPLING)?;
    let mut merged = moved::section_of(&recorded(run)?, moved::SAMPLING);
    overlay(
        &mut merged,
        moved::section_of(file.table(), moved::SAMPLING),
    );
    merged.try_into().map_err(|error: toml::de::Error| {
        FileError::content(&run.config(), "[sampling]", error.message()).into()
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use persona_core::ConversationForm;

    use super::*;

    fn parse(text: &str) -> ConfigFile {
        ConfigFile::parse(Path::new("persona.toml"), text.to_owned()).unwrap()
    }

    /// A run whose settings are `config`.
    fn run_of(config: &str) -> (tempfile::TempDir, RunFolder) {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::new(folder.path());
        persona_core::atomic::write(&run.config(), config).unwrap();
        (folder, run)
    }

    #[test]
    fn a_run_of_an_older_version_says_what_it_was_made_with() {
        let (_folder, run) = run_of(
            "run = 'old'\nsomething_else = 1\n[dataset]\ncontext_turns = 4\nopeners = true\nturn_gap_minutes = 3\nsilence_minutes = 90\n\
             persona = []\n[train]\ncontext_turns = 6\nrank = 4\n[chat]\ntemperature = 0.25\ncontext_turns = 2\n[bot]\ntemperature = 2.0\n",
        );
        let file = parse("[conversation]\nsilence_minutes = 60\n[sampling]\ntop_k = 3\n");
        let settled = settle(&form_sources(&file, Some(&run)).unwrap()).unwrap();
        let expected = ConversationForm {
            context_turns: 6,
            openers: true,
            turn_gap_minutes: 3,
            silence_minutes: 60,
            ..ConversationForm::default()
        };
        assert_eq!(settled.form, expected);
        assert!(!settled.is_recorded);
        let drawn = sampling(&file, &run).unwrap();
        assert_eq!(
            (drawn.temperature, drawn.top_k, drawn.max_tokens),
            (0.25, 3, 120)
        );
        let nothing = form_sources(&ConfigFile::default(), None).unwrap();
        assert_eq!(nothing, []);
    }

    #[test]
    fn the_settings_of_a_run_are_read_as_they_are_written_now() {
        let (_folder, run) = run_of(
            "[conversation]\ncontext_turns = 7\n[sampling]\ntop_p = 0.5\n[dataset]\ntrain_share = 0.5\n",
        );
        let file = ConfigFile::default();
        let settled = settle(&form_sources(&file, Some(&run)).unwrap()).unwrap();
        assert_eq!(settled.form.context_turns, 7);
        assert!((sampling(&file, &run).unwrap().top_p - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_dataset_says_how_it_was_built_whatever_version_built_it() {
        use serde_json::json;
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::new(folder.path());
        assert_eq!(form_of_dataset(&run), None);
        for config in [
            json!({"persona": [], "context_turns": 4, "silence_minutes": 9, "turn_gap_minutes": 2, "limit": null}),
            json!({"persona": [], "conversation": {"context_turns": 4, "silence_minutes": 9, "turn_gap_minutes": 2}}),
        ] {
            let stage = Stage::Dataset;
            let manifest =
                Manifest::planned(stage, config, None, std::collections::BTreeMap::new());
            manifest.save(&run.stage(stage)).unwrap();
            let source = form_of_dataset(&run).unwrap();
            assert_eq!(source.keys.len(), 3, "{source:?}");
            let form = settle(&[source]).unwrap().form;
            assert_eq!((form.context_turns, form.silence_minutes), (4, 9));
        }
    }
}
