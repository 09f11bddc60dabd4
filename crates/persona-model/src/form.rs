//! What a model was trained with, as it stands in the metadata of its GGUF file or beside its weights.

use std::path::Path;

use persona_core::{ConversationForm, FileError, FormSource, Origin};
use persona_gguf::{Header, Value};
use serde_json::{Map, Value as Json};

use crate::error::Result;

/// How the keys of the form begin in a GGUF file.
pub const PREFIX: &str = "persona.conversation.";

/// The form that the model at `path` says it was trained with: a GGUF file, or the folder of an adapter or a merged checkpoint.
/// `None` where it says nothing.
pub fn recorded(path: &Path) -> Result<Option<FormSource>> {
    if path.is_dir() {
        return Ok(FormSource::of_folder(path)?);
    }
    let (header, _) = Header::open(path)?;
    let mut keys = Map::new();
    for (key, value) in &header.metadata {
        if let Some(name) = key.strip_prefix(PREFIX) {
            let value = json(value).ok_or_else(|| {
                let message =
                    format!("found {value}, expected a text, a whole number or a truth value");
                FileError::content(path, format!("key `{key}`"), message)
            })?;
            keys.insert(name.to_owned(), value);
        }
    }
    Ok((!keys.is_empty()).then(|| FormSource {
        file: path.to_owned(),
        origin: Origin::Model,
        keys,
    }))
}

/// The keys and values that a GGUF file holds of the form.
pub fn to_metadata(form: &ConversationForm) -> Vec<(String, Value)> {
    let ConversationForm {
        system_prompt,
        speaker_form,
        context_turns,
        openers,
        turn_gap_minutes,
        silence_minutes,
    } = form;
    let all = [
        ("system_prompt", Value::String(system_prompt.clone())),
        ("speaker_form", Value::String(speaker_form.to_string())),
        ("context_turns", Value::U32(*context_turns as u32)),
        ("openers", Value::Bool(*openers)),
        ("turn_gap_minutes", Value::U32(*turn_gap_minutes)),
        ("silence_minutes", Value::U32(*silence_minutes)),
    ];
    all.map(|(key, value)| (format!("{PREFIX}{key}"), value))
        .into()
}

fn json(value: &Value) -> Option<Json> {
    let text = value.as_str().map(Json::from);
    text.or_else(|| value.as_bool().map(Json::from))
        .or_else(|| value.as_u64().map(Json::from))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use persona_core::settle;

    use super::*;

    /// A file with nothing but metadata, in a folder of its own.
    fn file(metadata: Vec<(String, Value)>) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.gguf");
        persona_core::atomic::write(&path, Header::new(metadata, []).to_bytes()).unwrap();
        (folder, path)
    }

    #[test]
    fn the_metadata_of_a_file_gives_the_form_back() {
        let form = ConversationForm {
            system_prompt: "Be brief.\n".to_owned(),
            speaker_form: "<{speaker}> {text}".to_owned().try_into().unwrap(),
            context_turns: 9,
            openers: true,
            turn_gap_minutes: 1,
            silence_minutes: 2,
        };
        let mut metadata = vec![("general.name".to_owned(), Value::String("x".to_owned()))];
        metadata.extend(to_metadata(&form));
        let (_folder, path) = file(metadata);
        let source = recorded(&path).unwrap().unwrap();
        assert_eq!((source.keys.len(), source.origin), (6, Origin::Model));
        let settled = settle(&[source]).unwrap();
        assert!(settled.is_recorded);
        assert_eq!(settled.form, form);
    }

    #[test]
    fn a_file_of_somebody_else_says_nothing() {
        let (_folder, path) = file(vec![(
            "general.name".to_owned(),
            Value::String("x".to_owned()),
        )]);
        assert_eq!(recorded(&path).unwrap(), None);
        assert!(recorded(&path.join("nowhere")).is_err());
    }

    #[test]
    fn a_value_of_another_kind_is_an_error_that_names_it() {
        let (_folder, path) = file(vec![(format!("{PREFIX}context_turns"), Value::F32(5.0))]);
        let error = recorded(&path).unwrap_err().to_string();
        assert!(error.ends_with("key `persona.conversation.context_turns`: found 5, expected a text, a whole number or a truth value"), "{error}");
    }
}
