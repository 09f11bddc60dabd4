//! Secrets: from the environment, or from `.env` beside the configuration. They are never logged and never stored.

use std::{collections::BTreeMap, fmt, fs, io, path::Path};

use persona_core::FileError;

/// Variable with the bot's token.
pub const DISCORD_TOKEN: &str = "DISCORD_TOKEN";
/// Variable with the Hugging Face token, for models that ask for an account.
pub const HF_TOKEN: &str = "HF_TOKEN";

/// Variable with the key for an OpenAI-compatible server.
pub const PERSONA_API_KEY: &str = "PERSONA_API_KEY";

/// Values by name. The environment overrides the file.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    /// Reads `path` where it exists, then the environment, which overrides it.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        let mut values = match fs::read_to_string(path) {
            Ok(text) => parse(path, &text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(FileError::read(path)(error)),
        };
        for name in [DISCORD_TOKEN, HF_TOKEN, PERSONA_API_KEY] {
            if let Ok(value) = std::env::var(name) {
                values.insert(name.to_owned(), value);
            }
        }
        Ok(Self(values))
    }

    /// Value of `name`, where it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }
}

/// Parses `NAME=value` lines with `export`, quotes, blank lines and comments. An error never shows a value.
fn parse(path: &Path, text: &str) -> Result<BTreeMap<String, String>, FileError> {
    let mut values = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else {
            return Err(FileError::content(
                path,
                format!("line {}", index + 1),
                "expected `NAME=value`",
            ));
        };
        values.insert(name.trim().to_owned(), unquote(value.trim()).to_owned());
    }
    Ok(values)
}

/// Text between quotes, or everything up to a comment.
fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote)
            && let Some(end) = rest.find(quote)
        {
            return &rest[..end];
        }
    }
    value.split(" #").next().unwrap_or(value).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_forms_people_write() {
        let text = "\u{feff}# tokens\nexport DISCORD_TOKEN=\"a b#c\"\n\nHF_TOKEN = plain # mine\nOTHER='x'\nEMPTY=\n";
        let values = parse(Path::new(".env"), text).unwrap();
        assert_eq!(values["DISCORD_TOKEN"], "a b#c");
        assert_eq!(values["HF_TOKEN"], "plain");
        assert_eq!(values["OTHER"], "x");
        assert_eq!(values["EMPTY"], "");
    }

    #[test]
    fn neither_an_error_nor_debug_output_shows_a_value() {
        let error = parse(Path::new(".env"), "A=1\nverysecret").unwrap_err();
        assert_eq!(error.to_string(), "`.env`, line 2: expected `NAME=value`");
        let secrets = Secrets(BTreeMap::from([(
            HF_TOKEN.to_owned(),
            "verysecret".to_owned(),
        )]));
        assert!(!format!("{secrets:?}").contains("verysecret"));
    }
}
