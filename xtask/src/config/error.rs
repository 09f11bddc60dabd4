//! Errors in a configuration file: they name the line, the key and what was probably meant.

use std::path::{Path, PathBuf};

use persona_core::{Hint, near::distance};

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// A key that no part of Persona reads.
    #[error("`{path}`, line {line}: there is no key `{key}`{section}")]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// As it was written.
        key: String,
        /// ` in [train]`, or nothing at the top.
        section: String,
        /// The keys that exist there.
        known: Vec<String>,
    },
    /// Anything else: wrong syntax, a value of the wrong kind.
    #[error("`{path}`, line {line}: {message}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What the reader said.
        message: String,
    },
}

impl ConfigError {
    /// Finds the line and the key in what the TOML reader says about `text`.
    pub(super) fn new(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let line = text[..start].matches('\n').count() + 1;
        let path = path.to_owned();
        let message = error.message();
        if !message.starts_with("unknown field") {
            return Self::Invalid {
                path,
                line,
                message: message.trim_end_matches('.').replace('\n', ", "),
            };
        }
        let mut names = message.split('`').skip(1).step_by(2).map(str::to_owned);
        Self::UnknownKey {
            path,
            line,
            key: names.next().unwrap_or_default(),
            section: section_at(text, start),
            known: names.collect(),
        }
    }
}

/// The header above `position`, as ` in [train]`.
fn section_at(text: &str, position: usize) -> String {
    text[..position]
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| line.starts_with('[') && line.ends_with(']'))
        .map_or_else(String::new, |header| format!(" in {header}"))
}

impl Hint for ConfigError {
    fn hint(&self) -> Option<String> {
        let Self::UnknownKey { key, known, .. } = self else {
            return Some(
                "`cargo xtask config --defaults` prints every key with its default".to_owned(),
            );
        };
        let mut near: Vec<(usize, &str)> = known
            .iter()
            .map(|name| (distance(key, name), name.as_str()))
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

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
