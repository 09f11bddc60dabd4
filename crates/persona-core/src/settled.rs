//! Which form of conversations holds, where several files say something about it: what a model was trained with, before what
//! any configuration says.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use crate::{error::FileError, form::ConversationForm, json, layout};

/// Longest value that a warning shows, in characters.
const SHOWN: usize = 80;

/// What sort of file says something about the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A model or adapter: it was trained so.
    Model,
    /// A dataset: it was built so.
    Dataset,
    /// A configuration: somebody wants it so.
    Configuration,
}

/// What one file says about the form of conversations: all of its keys or only some.
#[derive(Clone, Debug, PartialEq)]
pub struct FormSource {
    /// The file.
    pub file: PathBuf,
    /// What sort of file it is.
    pub origin: Origin,
    /// Values by the keys of [`ConversationForm`].
    pub keys: Map<String, Value>,
}

impl FormSource {
    /// What lies in the folder of an adapter or a merged model; `None` where nothing says how it was trained.
    pub fn of_folder(folder: &Path) -> Result<Option<Self>, FileError> {
        let file = folder.join(layout::CONVERSATION_FORM);
        let text = match fs::read(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(FileError::read(&file))?,
        };
        Ok(Some(Self {
            keys: json::parse(&file, &text)?,
            origin: Origin::Model,
            file,
        }))
    }

    /// Refuses keys and types of values that no form has.
    fn check(&self) -> Result<(), FileError> {
        for (key, value) in &self.keys {
            let alone = Map::from_iter([(key.clone(), value.clone())]);
            serde_json::from_value::<ConversationForm>(alone.into()).map_err(|error| {
                let hint =
                    "another version of Persona made it: take that one, or train and export again";
                FileError::advised(&self.file, format!("key `{key}`"), error.to_string(), hint)
            })?;
        }
        Ok(())
    }
}

/// One file wants a form that does not hold, for another one goes before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Disagreement {
    /// The key of [`ConversationForm`].
    pub key: String,
    /// The file that is not followed.
    pub file: PathBuf,
    /// What it says.
    pub wanted: Value,
    /// The file that is followed, and what sort it is.
    pub holder: (PathBuf, Origin),
    /// What that says.
    pub holds: Value,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (holder, origin) = &self.holder;
        let why = match origin {
            Origin::Model => "the model was trained with",
            Origin::Dataset => "the dataset was built with",
            Origin::Configuration => "what goes before it says",
        };
        write!(
            formatter,
            "`{}` says `{} = {}` for conversations, but {why} `{}` (`{}`), and that holds",
            self.file.display(),
            self.key,
            shown(&self.wanted),
            shown(&self.holds),
            holder.display()
        )
    }
}

/// A value for a line in the terminal, whoever wrote it.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .map(|char| if char.is_control() { '\u{fffd}' } else { char })
        .collect();
    if text.chars().count() > SHOWN {
        shown.push('…');
    }
    shown
}

/// The form that holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The form.
    pub form: ConversationForm,
    /// What says otherwise. Each is worth a warning.
    pub disagreements: Vec<Disagreement>,
    /// Whether a model or a dataset says what it was made with. Otherwise the form is only what a configuration wants.
    pub is_recorded: bool,
}

/// Settles the form: of each key, what the first of `sources` says that knows it, else the default.
///
/// This is the one place where it is decided with which form a model is served. Callers name models first, then datasets, then
/// configurations.
pub fn settle(sources: &[FormSource]) -> Result<Settled, FileError> {
    let mut held: Map<String, Value> = Map::new();
    let mut holders: Vec<(&str, &FormSource)> = Vec::new();
    let mut disagreements = Vec::new();
    for source in sources {
        source.check()?;
        for (key, value) in &source.keys {
            match holders.iter().find(|(known, _)| known == key) {
                None => {
                    held.insert(key.clone(), value.clone());
                    holders.push((key, source));
                }
                Some((_, holder)) if held[key] != *value => disagreements.push(Disagreement {
                    key: key.clone(),
                    file: source.file.clone(),
                    wanted: value.clone(),
                    holder: (holder.file.clone(), holder.origin),
                    holds: held[key].clone(),
                }),
                Some(_) => {}
            }
        }
    }
    let file_of = |key: &str| {
        let holder = holders.iter().find(|(known, _)| *known == key);
        holder.map_or_else(PathBuf::new, |(_, source)| source.file.clone())
    };
    let form: ConversationForm = serde_json::from_value(held.into())
        .map_err(|error| FileError::content(&file_of(""), "form of conversations", error))?;
    form.check().map_err(|error| {
        let key = error.key.rsplit('.').next().unwrap_or_default();
        let message = format!("found {}, expected {}", error.found, error.expected);
        FileError::content(&file_of(key), format!("key `{key}`"), message)
    })?;
    Ok(Settled {
        form,
        disagreements,
        is_recorded: sources
            .iter()
            .any(|source| source.origin != Origin::Configuration && !source.keys.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn source(file: &str, origin: Origin, keys: Value) -> FormSource {
        let Value::Object(keys) = keys else {
            panic!("{keys} is no object");
        };
        FormSource {
            file: file.into(),
            origin,
            keys,
        }
    }

    #[test]
    fn what_a_model_was_trained_with_holds_whatever_configurations_say() {
        let sources = [
            source(
                "m.gguf",
                Origin::Model,
                json!({"context_turns": 5, "openers": true}),
            ),
            source(
                "persona.toml",
                Origin::Configuration,
                json!({"context_turns": 3, "silence_minutes": 60}),
            ),
            source(
                "config.toml",
                Origin::Configuration,
                json!({"context_turns": 5, "silence_minutes": 90}),
            ),
        ];
        let settled = settle(&sources).unwrap();
        assert!(settled.is_recorded);
        let expected = ConversationForm {
            context_turns: 5,
            openers: true,
            silence_minutes: 60,
            ..ConversationForm::default()
        };
        assert_eq!(settled.form, expected);
        let said: Vec<String> = settled
            .disagreements
            .iter()
            .map(ToString::to_string)
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        `persona.toml` says `context_turns = 3` for conversations, but the model was trained with `5` (`m.gguf`), and that holds
        `config.toml` says `silence_minutes = 90` for conversations, but what goes before it says `60` (`persona.toml`), and that holds
        ");
    }

    #[test]
    fn without_a_record_the_configuration_holds_and_without_that_the_default() {
        let settled = settle(&[source(
            "persona.toml",
            Origin::Configuration,
            json!({"context_turns": 3}),
        )])
        .unwrap();
        assert_eq!(
            (settled.form.context_turns, settled.is_recorded),
            (3, false)
        );
        let settled = settle(&[]).unwrap();
        assert_eq!(settled.form, ConversationForm::default());
        assert!(settled.disagreements.is_empty() && !settled.is_recorded);
    }

    #[test]
    fn what_is_written_beside_an_adapter_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(FormSource::of_folder(folder.path()).unwrap(), None);
        let form = ConversationForm {
            system_prompt: "Be brief.\n".to_owned(),
            speaker_form: "<{speaker}> {text}".to_owned().try_into().unwrap(),
            context_turns: 9,
            openers: true,
            turn_gap_minutes: 1,
            silence_minutes: 2,
        };
        form.save(folder.path()).unwrap();
        let source = FormSource::of_folder(folder.path()).unwrap().unwrap();
        assert_eq!(settle(&[source]).unwrap().form, form);
    }

    #[test]
    fn foreign_keys_and_values_are_errors_that_name_the_file() {
        let said = |keys| {
            settle(&[source("m.gguf", Origin::Model, keys)])
                .unwrap_err()
                .to_string()
        };
        insta::assert_snapshot!(said(json!({"context_turns": "many"})), @r#"`m.gguf`, key `context_turns`: invalid type: string "many", expected usize"#);
        insta::assert_snapshot!(said(json!({"colour": 1})), @"`m.gguf`, key `colour`: unknown field `colour`, expected one of `system_prompt`, `speaker_form`, `context_turns`, `openers`, `turn_gap_minutes`, `silence_minutes`");
        insta::assert_snapshot!(said(json!({"speaker_form": "{text}"})), @"`m.gguf`, key `speaker_form`: `{text}` is no form of speakers, expected `{speaker}` and `{text}` once each, the text last, nothing but punctuation before the speaker and one of `:>)]}|*` behind, such as `{speaker}: {text}` or `<{speaker}> {text}`");
        insta::assert_snapshot!(said(json!({"context_turns": 0})), @"`m.gguf`, key `context_turns`: found 0, expected 1 to 10000");
    }
}
