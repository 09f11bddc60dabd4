//! Errors in a configuration file: they name the line, the key and what was probably meant.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use persona_core::{FileError, Hint};
use strsim::levenshtein;

use super::difference::Difference;

/// Error in a configuration file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key that no part of Persona reads.
    #[error("`{path}`, line {line}: there is no key `{key}`{section}")]
    UnknownKey {
        /// Path of the file.
        path: PathBuf,
        /// Line of the key, counted from 1.
        line: usize,
        /// Key as it was written.
        key: String,
        /// Section of the key as ` in [train]`; empty at the top.
        section: String,
        /// Known keys of the section.
        known: Vec<String>,
    },
    /// Wrong syntax, or a value of a wrong type.
    #[error("`{path}`, line {line}: {place}{message}")]
    Invalid {
        /// Path of the file.
        path: PathBuf,
        /// Line of the error, counted from 1.
        line: usize,
        /// Key with its section as ``the key `epochs` in [train]: ``; empty where no key is at fault.
        place: String,
        /// Message of the TOML reader.
        message: String,
    },
    /// A key in the section where older versions had it.
    #[error("`{path}`, line {line}: `{key}` of [{from}] is `{key}` of [{to}] now")]
    MovedKey {
        /// Path of the file.
        path: PathBuf,
        /// Line of the key, counted from 1.
        line: usize,
        /// Name of the key.
        key: &'static str,
        /// Section that the key is in.
        from: &'static str,
        /// Section that the key belongs in.
        to: &'static str,
    },
    /// The file or a flag contradicts the settings that the results of the run were made with.
    #[error("the run `{run}` was made with {}", told(file, differences))]
    Contradiction {
        /// Name of the run.
        run: String,
        /// Path of the configuration file; empty where there is none.
        file: PathBuf,
        /// Settings that differ.
        differences: Vec<Difference>,
    },
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
}

impl ConfigError {
    /// Error of the TOML reader about the part `span` of `text`, which is the value of `key` (name and section).
    pub(super) fn invalid(
        path: &Path,
        text: &str,
        span: Option<Range<usize>>,
        key: Option<(String, String)>,
        message: &str,
    ) -> Self {
        let place = key.map_or_else(String::new, |(key, section)| {
            format!("the key `{key}`{}: ", in_section(&section))
        });
        Self::Invalid {
            path: path.to_owned(),
            line: line_at(text, span.map_or(0, |span| span.start)),
            place,
            message: message.trim_end_matches('.').replace('\n', ", "),
        }
    }

    /// Whether the file was read and its content is wrong.
    pub fn is_content(&self) -> bool {
        !matches!(self, Self::File(_))
    }
}

/// Line of the byte `at`, counted from 1.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Renders a section as ` in [train]`; empty at the top.
pub(super) fn in_section(section: &str) -> String {
    if section.is_empty() {
        String::new()
    } else {
        format!(" in [{section}]")
    }
}

impl Hint for ConfigError {
    fn hint(&self) -> Option<String> {
        let (key, known) = match self {
            Self::UnknownKey { key, known, .. } => (key, known),
            Self::MovedKey { key, to, .. } => {
                return Some(format!(
                    "write `{key}` once, under [{to}], for all that use it"
                ));
            }
            Self::Invalid { .. } => {
                return Some(
                    "`cargo xtask config --defaults` prints every key with its default".to_owned(),
                );
            }
            Self::Contradiction { differences, .. } => {
                let of_file = differences.iter().any(|one| !one.by_flag);
                let other = if of_file {
                    ", or take the key out of the file"
                } else {
                    ""
                };
                return Some(format!(
                    "leave the flag out to go on with the run as it is{other}; --run NAME makes another run; --change means it: \
                     what the run has trained is then overwritten"
                ));
            }
            Self::File(error) => return error.hint(),
        };
        let mut near: Vec<(usize, &str)> = known
            .iter()
            .map(|name| (levenshtein(key, name), name.as_str()))
            .filter(|&(distance, name)| distance <= 1 + name.len() / 3)
            .collect();
        near.sort_unstable();
        if near.is_empty() {
            return Some(format!(
                "the keys there are {}",
                list(known.iter().map(String::as_str))
            ));
        }
        Some(format!(
            "did you mean {}",
            list(near.into_iter().take(3).map(|(_, name)| name))
        ))
    }
}

/// Lists the recorded and the requested value of each difference.
fn told(file: &Path, differences: &[Difference]) -> String {
    let told: Vec<String> = differences
        .iter()
        .map(|one| {
            let by = if one.by_flag {
                "the command line".to_owned()
            } else {
                format!("`{}`", file.display())
            };
            format!("`{}`, and {by} says `{}`", one.was(), one.is())
        })
        .collect();
    told.join("; with ")
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
