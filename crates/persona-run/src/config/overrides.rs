//! Flags of a command line as a layer of the configuration.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::layers;

/// Collects the flags that were given, under the keys they override: `train.epochs` is `epochs` in `[train]`.
#[derive(Debug, Default)]
pub struct Overrides(Table);

impl Overrides {
    /// Begins with the flags in `table`.
    pub fn over(table: Table) -> Self {
        Self(table)
    }

    /// Overrides `key` where the flag was given.
    #[must_use]
    pub fn set(mut self, key: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            layers::insert(&mut self.0, key, value.into());
        }
        self
    }

    /// Overrides `key` where any path was given.
    #[must_use]
    pub fn paths(self, key: &str, paths: &[PathBuf]) -> Self {
        let values: Vec<Value> = paths.iter().map(|path| path_value(path)).collect();
        self.set(key, (!values.is_empty()).then_some(values))
    }

    /// Overrides `key` with a path.
    #[must_use]
    pub fn path(self, key: &str, path: Option<&PathBuf>) -> Self {
        self.set(key, path.map(|path| path_value(path)))
    }

    /// Returns the collected flags as a table.
    pub fn table(self) -> Table {
        self.0
    }
}

fn path_value(path: &Path) -> Value {
    Value::String(path.to_string_lossy().into_owned())
}
