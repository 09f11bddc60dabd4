//! Errors while reading exports.

use std::{fmt, io, path::PathBuf};

use persona_core::{FileError, Hint};

use crate::report::Report;

/// Error of the ingest stage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The sources hold no documents.
    #[error("no export to read")]
    NoSources,
    /// Some sources could not be read, or not to their end. Everything else is in the store.
    #[error("{}", list(failures))]
    Sources {
        /// Failed sources, in the order of the sources; never empty.
        failures: Vec<Failure>,
        /// Report of everything that was read nevertheless.
        report: Box<Report>,
    },
    /// The user asked to stop. What was read so far is in the store.
    #[error("stopped after {} messages", report.totals.messages)]
    Interrupted {
        /// Report of everything that was read.
        report: Box<Report>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] persona_store::Error),
}

/// Reason for which a source could not be read, or not to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The operating system could not read the file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The document is not an export.
    #[error("`{name}`, {place}: found {found}, expected {expected}")]
    NotAnExport {
        /// Path of the file, with the entry of an archive.
        name: String,
        /// Position in the document.
        place: String,
        /// Value that was found.
        found: String,
        /// Description of what an export has there.
        expected: &'static str,
    },
    /// The document breaks off. All whole messages before the break are in the store.
    #[error(
        "`{name}` breaks off at byte {offset}: {reason}; the {kept} whole messages before it are stored"
    )]
    Truncated {
        /// Path of the file, with the entry of an archive.
        name: String,
        /// Byte offset at which the readable part ends; in a compressed file counted after decompression.
        offset: u64,
        /// Description of the break.
        reason: String,
        /// Messages read before the break.
        kept: u64,
    },
    /// The archive cannot be opened.
    #[error("cannot read the archive `{path}`: {reason}")]
    Archive {
        /// Path of the archive.
        path: PathBuf,
        /// Description of the fault.
        reason: String,
    },
}

fn list(failures: &[Failure]) -> impl fmt::Display + '_ {
    fmt::from_fn(move |formatter| {
        let shown = 5;
        for (index, failure) in failures.iter().take(shown).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{failure}")?;
            if let Failure::File(FileError::Read { source, .. }) = failure {
                write!(formatter, ": {source}")?;
            }
        }
        match failures.len().saturating_sub(shown) {
            0 => Ok(()),
            more => write!(formatter, "; and {more} more sources failed"),
        }
    })
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoSources => Some("give files or folders with `--input`".to_owned()),
            Self::Sources { failures, .. } => failures.iter().find_map(Hint::hint),
            Self::Interrupted { .. } => {
                Some("run the same command again to read the rest".to_owned())
            }
            Self::Store(error) => error.hint(),
        }
    }
}

impl Hint for Failure {
    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::NotAnExport { .. } => Some(
                "export with DiscordChatExporter (`--format Json`) or Discrub (JSON), or give a Discord data package".to_owned(),
            ),
            Self::Truncated { .. } => Some(
                "export this channel again and run the same command: what is stored already is not stored twice".to_owned(),
            ),
            Self::Archive { .. } => Some("download or copy it again; it may be incomplete".to_owned()),
        }
    }
}

/// Reason for which a stream ended before the document did.
pub(crate) fn end_reason(failure: Option<&io::Error>, inside: &str) -> String {
    match failure {
        Some(error) if error.kind() != io::ErrorKind::UnexpectedEof => format!("{inside}: {error}"),
        _ => format!("the file ends {inside}"),
    }
}
