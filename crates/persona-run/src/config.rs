//! Reader of `persona.toml` for every program. It knows all keys; each program gives the types of the sections that it reads.

mod difference;
mod error;
mod layers;
pub(crate) mod moved;
mod overrides;
mod own;
mod schema;

use std::path::{Path, PathBuf};

use persona_core::FileError;
use serde::de::DeserializeOwned;
use toml::{
    Spanned, Table,
    de::{DeTable, DeValue, ValueDeserializer},
};

pub use difference::Difference;
pub use error::ConfigError;
pub use layers::overlay;
pub use overrides::Overrides;
pub use own::{Contradictions, RunSettings, Unread};

use crate::folder::RunFolder;

/// Name of the configuration file in the current folder, read where no other is named.
pub const FILE_NAME: &str = "persona.toml";

/// A configuration file in which every key is known.
#[derive(Clone, Debug, Default)]
pub struct ConfigFile {
    path: PathBuf,
    text: String,
    table: Table,
}

impl ConfigFile {
    /// Reads `path`, or [`FILE_NAME`] where none is named. Without either, an empty configuration.
    pub fn open(path: Option<&Path>) -> Result<Self, ConfigError> {
        match path {
            Some(path) => Self::read(path),
            None if Path::new(FILE_NAME).exists() => Self::read(Path::new(FILE_NAME)),
            None => Ok(Self::default()),
        }
    }

    /// Reads `path` and refuses keys that no part of Persona reads.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(FileError::read(path))?;
        Self::parse(path, text)
    }

    /// Parses `text` and refuses keys that no part of Persona reads; `path` is its name in errors.
    pub fn parse(path: &Path, text: String) -> Result<Self, ConfigError> {
        let invalid = |error: toml::de::Error| {
            ConfigError::invalid(path, &text, error.span(), None, error.message())
        };
        let keys = DeTable::parse(&text).map_err(invalid)?;
        if let Some(moved) = moved::first(keys.get_ref()) {
            return Err(ConfigError::MovedKey {
                path: path.to_owned(),
                line: error::line_at(&text, moved.at),
                key: moved.key,
                from: moved.from,
                to: moved.to,
            });
        }
        if let Some(stranger) = schema::first_unknown(keys.get_ref(), "") {
            return Err(ConfigError::UnknownKey {
                path: path.to_owned(),
                line: error::line_at(&text, stranger.at),
                key: stranger.key,
                section: error::in_section(&stranger.section),
                known: schema::keys_of(&stranger.section),
            });
        }
        Ok(Self {
            table: toml::from_str(&text).map_err(invalid)?,
            path: path.to_owned(),
            text,
        })
    }

    /// Reads the whole file as `T`. An error names the line and the key.
    pub fn read_as<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        toml::from_str(&self.text).map_err(|error| self.invalid(&error))
    }

    /// Reads the section `name` as `T`, its defaults where the file has no such section. An error names the line and the key.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T, ConfigError> {
        let keys = DeTable::parse(&self.text).map_err(|error| self.invalid(&error))?;
        let section = keys.get_ref().get(name).cloned();
        let section = section.unwrap_or_else(|| Spanned::new(0..0, DeValue::Table(DeTable::new())));
        T::deserialize(ValueDeserializer::from(section)).map_err(|error| self.invalid(&error))
    }

    /// Text at a key at the top of the file; `None` where it is not set or is no text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.table.get(key)?.as_str()
    }

    /// Path of the file; `None` where there is none.
    pub fn path(&self) -> Option<&Path> {
        Some(&*self.path).filter(|path| !path.as_os_str().is_empty())
    }

    /// Everything that the file sets.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Sections of the file, without the keys at the top.
    pub fn sections(&self) -> Table {
        let mut table = self.table.clone();
        table.retain(|_, value| value.is_table());
        table
    }

    fn invalid(&self, error: &toml::de::Error) -> ConfigError {
        let key = error.span().and_then(|span| {
            let keys = DeTable::parse(&self.text).ok()?;
            schema::key_at(keys.get_ref(), "", span.start)
        });
        ConfigError::invalid(&self.path, &self.text, error.span(), key, error.message())
    }
}

/// Lays the later tables over the earlier ones, key by key, and reads the result as `T`.
pub fn resolve<T: DeserializeOwned>(
    layers: impl IntoIterator<Item = Table>,
) -> Result<T, toml::de::Error> {
    let mut merged = Table::new();
    for layer in layers {
        overlay(&mut merged, layer);
    }
    toml::Value::Table(merged).try_into()
}

/// Reads the settings that a run was made with; empty where they were not recorded. Runs of older versions may have other keys,
/// which is no error.
pub fn recorded(run: &RunFolder) -> Result<Table, ConfigError> {
    let path = run.config();
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Ok(Table::new());
    };
    toml::from_str(&text)
        .map_err(|error| ConfigError::invalid(&path, &text, error.span(), None, error.message()))
}

#[cfg(test)]
mod tests;
