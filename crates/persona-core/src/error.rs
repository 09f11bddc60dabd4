//! Errors of all stages: they name the file and may carry a hint.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Error that may carry advice to the user. Command lines print the advice on its own line, after the error.
pub trait Hint {
    /// Advice to the user, as a sentence without a final dot.
    fn hint(&self) -> Option<String>;
}

/// A value of the configuration that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` is {found}, expected {expected}")]
pub struct SettingError {
    /// Section and key: `sampling.top_p`.
    pub key: String,
    /// The value.
    pub found: String,
    /// Accepted values.
    pub expected: &'static str,
}

/// Reading or writing a file failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The file could not be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The content of the file is not as expected.
    #[error("`{path}`, {place}: {message}")]
    Content {
        /// The file.
        path: PathBuf,
        /// Place in the file: a line, a byte offset or a key.
        place: String,
        /// Description of the fault: the value found and what was expected.
        message: String,
    },
    /// The content of the file is not as expected, and there is advice on what to do.
    #[error("`{path}`, {place}: {message}")]
    Advised {
        /// The file.
        path: PathBuf,
        /// Place in the file: a line, a byte offset or a key.
        place: String,
        /// Description of the fault: the value found and what was expected.
        message: String,
        /// Advice to the user, as a sentence without a final dot.
        hint: &'static str,
    },
}

impl FileError {
    /// Error for `map_err`: reading `path` failed.
    pub fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read {
            path: path.to_owned(),
            source,
        }
    }

    /// Error for `map_err`: writing `path` failed.
    pub fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write {
            path: path.to_owned(),
            source,
        }
    }

    /// Error: `path` holds something unexpected at `place`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over errors and literals alike"
    )]
    pub fn content(path: &Path, place: impl Into<String>, message: impl ToString) -> Self {
        Self::Content {
            path: path.to_owned(),
            place: place.into(),
            message: message.to_string(),
        }
    }

    /// Error: `path` holds something unexpected at `place`; `hint` advises the user.
    pub fn advised(path: &Path, place: String, message: String, hint: &'static str) -> Self {
        Self::Advised {
            path: path.to_owned(),
            place,
            message,
            hint,
        }
    }
}

impl Hint for FileError {
    fn hint(&self) -> Option<String> {
        if let Self::Advised { hint, .. } = self {
            return Some((*hint).to_owned());
        }
        let (Self::Read { path, source } | Self::Write { path, source }) = self else {
            return None;
        };
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(format!(
                "the disk that holds `{}` is full: free some space and run the same command again, it goes on where it stopped",
                path.display()
            )),
            io::ErrorKind::PermissionDenied => Some(format!(
                "look at its permissions: ls -l '{}'",
                path.display()
            )),
            io::ErrorKind::NotFound => {
                Some("check the path; relative paths start at the current folder".to_owned())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
