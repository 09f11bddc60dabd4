//! A setting that contradicts the results of a run.

use toml::Value;

/// A setting that differs from the one that the results of a run were made with.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Key with its section: `train.rank`.
    pub key: String,
    /// Recorded value; `None` where the key was not set.
    pub recorded: Option<Value>,
    /// Value of the file or the flag.
    pub given: Value,
    /// Whether a flag sets the value, and not the file.
    pub by_flag: bool,
}

impl Difference {
    /// Renders the recorded setting, such as `base = "x"`.
    pub fn was(&self) -> String {
        match &self.recorded {
            Some(value) => format!("{} = {value}", self.key),
            None => format!("no {}", self.key),
        }
    }

    /// Renders the requested setting, such as `base = "y"`.
    pub fn is(&self) -> String {
        format!("{} = {}", self.key, self.given)
    }
}
