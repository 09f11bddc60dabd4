//! Errors of the dataset stage.

use std::path::PathBuf;

use persona_core::{FileError, Hint};

/// Error of the dataset stage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] persona_store::Error),
    /// A file failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// A table could not be built or written.
    #[error("cannot write `{path}` as Parquet")]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Error of the polars library.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The form of conversations has an unusable value.
    #[error(transparent)]
    Form(#[from] persona_core::SettingError),
    /// A value of the configuration is unusable.
    #[error("`dataset.{key}` is `{value}`, expected {expected}")]
    Config {
        /// The key inside the section.
        key: &'static str,
        /// Value that was found.
        value: String,
        /// Accepted values.
        expected: &'static str,
    },
    /// A person in the configuration could not be found.
    #[error(transparent)]
    Person(#[from] persona_conversation::Error),
    /// The persona's messages may not be used.
    #[error("`{name}` cannot be the persona: {reason}")]
    UnusablePerson {
        /// Name that was given.
        name: String,
        /// Reason for which nothing can be learnt from this person.
        reason: &'static str,
    },
    /// No message answers anything: nothing can be learnt.
    #[error("nothing to learn from: {summary}")]
    NothingToLearn {
        /// Summary of what was read and dropped.
        summary: String,
    },
    /// All targets fall into other splits than the training split.
    #[error("the training split is empty: all {targets} replies fell into validation and test")]
    NothingToTrain {
        /// Number of replies in the other splits.
        targets: u64,
    },
    /// A trial has not enough to share out.
    #[error("a trial needs {needed} conversations with a reply in them, and there are {found}")]
    TooFewConversations {
        /// How many there are.
        found: usize,
        /// One for training, one for validation, one for the test.
        needed: usize,
    },
    /// The user asked to stop.
    #[error("interrupted while building the dataset")]
    Interrupted,
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint(),
            Self::File(error) => error.hint(),
            Self::Person(error) => error.hint(),
            Self::UnusablePerson { .. } => Some("choose somebody else as `persona`".to_owned()),
            Self::NothingToLearn { .. } => Some(
                "a reply needs a turn by somebody before it in the same channel: ingest more history, allow more channels, \
                 raise `limit`, or set `openers = true` in [conversation]"
                    .to_owned(),
            ),
            Self::TooFewConversations { .. } => Some(
                "a conversation ends when nobody writes for `dataset.silence_minutes`: give it more history or more channels, or set \
                 that lower"
                    .to_owned(),
            ),
            Self::NothingToTrain { .. } => {
                Some("so little history can fall to one side: ingest more, or try another `--seed`".to_owned())
            }
            Self::Interrupted => Some("nothing was written: run the same command again".to_owned()),
            Self::Parquet { .. } | Self::Form(_) | Self::Config { .. } => None,
        }
    }
}
