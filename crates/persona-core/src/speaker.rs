//! How the speaker of a context turn stands before their text.

use std::fmt;

use serde::{Deserialize, Serialize};

const SPEAKER: &str = "{speaker}";
const TEXT: &str = "{text}";

/// Characters that may follow a speaker. Whoever looks through kept prompts for somebody finds them by these, whatever the form was.
pub const ENDS_SPEAKER: &str = ":>)]}|*";

/// A template such as `{speaker}: {text}`: punctuation, the speaker, punctuation, and the text last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SpeakerForm {
    before: String,
    between: String,
}

/// A text that is no [`SpeakerForm`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` is no form of speakers, expected `{{speaker}}` and `{{text}}` once each, the text last, nothing but punctuation \
     before the speaker and one of `{ENDS_SPEAKER}` behind, such as `{{speaker}}: {{text}}` or `<{{speaker}}> {{text}}`"
)]
pub struct SpeakerFormError {
    found: String,
}

impl Default for SpeakerForm {
    fn default() -> Self {
        Self {
            before: String::new(),
            between: ": ".to_owned(),
        }
    }
}

impl SpeakerForm {
    /// What stands before the speaker.
    pub fn before(&self) -> &str {
        &self.before
    }

    /// What stands between the speaker and the text.
    pub fn between(&self) -> &str {
        &self.between
    }

    /// A turn in this form.
    pub fn render(&self, speaker: &str, text: &str) -> String {
        [&self.before, speaker, &self.between, text].concat()
    }
}

impl fmt::Display for SpeakerForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(SPEAKER, TEXT))
    }
}

impl From<SpeakerForm> for String {
    fn from(form: SpeakerForm) -> Self {
        form.to_string()
    }
}

impl TryFrom<String> for SpeakerForm {
    type Error = SpeakerFormError;

    fn try_from(text: String) -> Result<Self, SpeakerFormError> {
        let parts = text
            .strip_suffix(TEXT)
            .and_then(|rest| rest.split_once(SPEAKER));
        let is_form = |(before, between): &(&str, &str)| {
            let words = before
                .chars()
                .any(|char| char.is_alphanumeric() || char == '\n');
            let again = [before, between]
                .iter()
                .any(|part| part.contains(SPEAKER) || part.contains(TEXT));
            !words && !again && between.starts_with(|char| ENDS_SPEAKER.contains(char))
        };
        match parts.filter(is_form) {
            Some((before, between)) => Ok(Self {
                before: before.to_owned(),
                between: between.to_owned(),
            }),
            None => Err(SpeakerFormError { found: text }),
        }
    }
}

/// Who speaks in `line`, the first line of a turn in any [`SpeakerForm`]; `None` where it does not begin like one.
pub fn speaker_of(line: &str) -> Option<&str> {
    let named = line.trim_start_matches(|char: char| !char.is_alphanumeric());
    let end = named.find(|char: char| !char.is_alphanumeric())?;
    named[end..]
        .starts_with(|char| ENDS_SPEAKER.contains(char))
        .then(|| &named[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Result<SpeakerForm, SpeakerFormError> {
        text.to_owned().try_into()
    }

    #[test]
    fn turns_are_rendered_and_their_speakers_found_again() {
        assert_eq!(SpeakerForm::default().to_string(), "{speaker}: {text}");
        for (text, rendered) in [
            ("{speaker}: {text}", "u7: hi {speaker} {text}"),
            ("<{speaker}> {text}", "<u7> hi {speaker} {text}"),
            ("**{speaker}**\n{text}", "**u7**\nhi {speaker} {text}"),
        ] {
            let form = form(text).unwrap();
            assert_eq!(form.to_string(), text);
            let found = form.render("u7", "hi {speaker} {text}");
            assert_eq!(found, rendered);
            assert_eq!(speaker_of(found.lines().next().unwrap()), Some("u7"));
        }
        for line in ["hi u7: yes", "u7 is right", "", "u7", "no one"] {
            assert_ne!(speaker_of(line), Some("u7"), "{line}");
        }
    }

    #[test]
    fn a_form_without_both_of_its_parts_is_refused() {
        for text in [
            "",
            "{text}",
            "{speaker}: ",
            "{speaker}{text}",
            "{speaker} {text}",
            "{text} ({speaker})",
            "{speaker}: {text} {text}",
            "{speaker}: {speaker}: {text}",
            "from {speaker}: {text}",
        ] {
            let error = form(text).unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("`{text}` is no form")),
                "{error}"
            );
        }
        insta::assert_snapshot!(form("{name}: {text}").unwrap_err(), @"`{name}: {text}` is no form of speakers, expected `{speaker}` and `{text}` once each, the text last, nothing but punctuation before the speaker and one of `:>)]}|*` behind, such as `{speaker}: {text}` or `<{speaker}> {text}`");
    }
}
