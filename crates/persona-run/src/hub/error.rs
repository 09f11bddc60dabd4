//! Errors of a download, in words for the user.

use hf_hub::api::sync::ApiError;
use persona_core::{FileError, Hint};

use super::transfer::TransferError;

/// Error of downloading a base model.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The hub answered, but not with the file.
    #[error("cannot download {what} of `{repository}`: the hub answers {status}")]
    Status {
        /// Repository as `owner/name`.
        repository: String,
        /// File that was requested.
        what: String,
        /// HTTP status of the answer.
        status: u16,
    },
    /// The list of files could not be read.
    #[error("cannot download {what} of `{repository}`")]
    Request {
        /// Repository as `owner/name`.
        repository: String,
        /// Thing that was requested.
        what: String,
        /// Error of hf-hub.
        source: ApiError,
    },
    /// The hub cannot be reached, or the connection broke.
    #[error("cannot download {what} of `{repository}`")]
    Transfer {
        /// Repository as `owner/name`.
        repository: String,
        /// File that was requested.
        what: String,
        /// Error of the transfer.
        source: TransferError,
    },
    /// Another program downloads the same file.
    #[error("`{file}` of `{repository}` is being downloaded by another program")]
    Locked {
        /// Repository as `owner/name`.
        repository: String,
        /// File that was requested.
        file: String,
    },
    /// The file has not the size the hub announced.
    #[error("`{file}` of `{repository}` has {found} bytes, expected {expected}")]
    Size {
        /// Repository as `owner/name`.
        repository: String,
        /// File that was requested.
        file: String,
        /// Bytes received.
        found: u64,
        /// Bytes announced by the hub.
        expected: u64,
    },
    /// The repository holds no weights that Persona reads.
    #[error("`{repository}` has no weights in safetensors form")]
    NoWeights {
        /// Repository as `owner/name`.
        repository: String,
    },
    /// All files were downloaded, and still something is missing.
    #[error(
        "`{repository}` is not a complete model: it needs config.json, tokenizer.json, tokenizer_config.json and its weights"
    )]
    Incomplete {
        /// Repository as `owner/name`.
        repository: String,
    },
    /// The user asked to stop. What was downloaded is kept.
    #[error("the download was interrupted")]
    Interrupted,
    /// The download thread ended without a result.
    #[error("the download stopped without a word")]
    Stopped,
    /// The cache could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl HubError {
    /// For `map_err`: the client failed at `what`.
    pub(super) fn from_api(repository: &str, what: &str) -> impl FnOnce(ApiError) -> Self {
        let (repository, what) = (repository.to_owned(), what.to_owned());
        move |source| match status(&source) {
            Some(status) => Self::Status {
                repository,
                what,
                status,
            },
            None => Self::Request {
                repository,
                what,
                source,
            },
        }
    }

    /// For `map_err`: the transfer of `what` failed.
    pub(super) fn from_transfer(
        repository: &str,
        what: &str,
    ) -> impl FnOnce(TransferError) -> Self {
        let (repository, what) = (repository.to_owned(), what.to_owned());
        move |source| match source {
            TransferError::Status(status) => Self::Status {
                repository,
                what,
                status,
            },
            source => Self::Transfer {
                repository,
                what,
                source,
            },
        }
    }

    /// Whether the same request may succeed in a moment.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            Self::Transfer { source, .. } => {
                matches!(source, TransferError::Http(_) | TransferError::Io(_)) && !is_disk(source)
            }
            Self::Size { .. } | Self::Request { .. } => true,
            Self::Locked { .. }
            | Self::NoWeights { .. }
            | Self::Incomplete { .. }
            | Self::Interrupted
            | Self::Stopped
            | Self::File(_) => false,
        }
    }

    /// Renders the cause in a few words.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Request { source, .. } => source.to_string(),
            Self::Transfer { source, .. } => source.to_string(),
            other => other.to_string(),
        }
    }
}

/// Whether the disk is at fault, not the network.
fn is_disk(error: &TransferError) -> bool {
    use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error, TransferError::Io(error)
        if matches!(error.kind(), PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull))
}

/// The HTTP status inside what the client says; its error type is of a crate that we do not name.
fn status(error: &ApiError) -> Option<u16> {
    let ApiError::RequestError(error) = error else {
        return None;
    };
    error
        .to_string()
        .strip_prefix("http status: ")?
        .parse()
        .ok()
}

impl Hint for HubError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Status { status: 401 | 403, .. } => Some(
                "no such model, or one that asks for an account: check the name, accept its terms on its page, and put HF_TOKEN=… into .env"
                    .to_owned(),
            ),
            Self::Status { status: 404, .. } => Some("check the name of the repository: owner/name".to_owned()),
            Self::Locked { .. } => Some("wait for it, then give the same command again".to_owned()),
            Self::Transfer { source, .. } if is_disk(source) => {
                Some("free some space, or let HF_HOME name another folder; the same command goes on where it stopped".to_owned())
            }
            Self::Request { .. } | Self::Transfer { .. } | Self::Status { .. } | Self::Size { .. } => Some(
                "the same command goes on where it stopped; HF_ENDPOINT names another server; or download the model \
                 elsewhere and give its folder: --base DIR"
                    .to_owned(),
            ),
            Self::NoWeights { .. } | Self::Incomplete { .. } => {
                Some("choose a repository with model.safetensors, such as Qwen/Qwen2.5-0.5B-Instruct".to_owned())
            }
            Self::Interrupted | Self::Stopped => None,
            Self::File(error) => error.hint(),
        }
    }
}
