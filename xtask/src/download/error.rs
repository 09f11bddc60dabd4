//! Why a download failed, in words of the user.

use hf_hub::api::sync::ApiError;
use persona_core::{FileError, Hint};

/// A base model could not be downloaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DownloadError {
    /// The hub answered, but not with the file.
    #[error("cannot download {what} of `{repository}`: the hub answers {status}")]
    Status {
        /// As `owner/name`.
        repository: String,
        /// The file.
        what: String,
        /// HTTP status.
        status: u16,
    },
    /// The hub cannot be reached, or the connection broke.
    #[error("cannot download {what} of `{repository}`")]
    Request {
        /// As `owner/name`.
        repository: String,
        /// The file.
        what: String,
        /// What the client said.
        source: ApiError,
    },
    /// The file has not the size the hub announced.
    #[error("`{file}` of `{repository}` has {found} bytes, expected {expected}")]
    Size {
        /// As `owner/name`.
        repository: String,
        /// The file.
        file: String,
        /// Bytes that came.
        found: u64,
        /// Bytes that were announced.
        expected: u64,
    },
    /// The repository holds no weights that Persona reads.
    #[error("`{repository}` has no weights in safetensors form")]
    NoWeights {
        /// As `owner/name`.
        repository: String,
    },
    /// All files came, and still something is missing.
    #[error(
        "`{repository}` is not a complete model: it needs config.json, tokenizer.json, tokenizer_config.json and its weights"
    )]
    Incomplete {
        /// As `owner/name`.
        repository: String,
    },
    /// The cache could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl DownloadError {
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

    /// Whether the same request may succeed in a moment.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            Self::Request { source, .. } => {
                !matches!(source, ApiError::LockAcquisition(_)) && !is_disk(source)
            }
            Self::Size { .. } => true,
            Self::NoWeights { .. } | Self::Incomplete { .. } | Self::File(_) => false,
        }
    }

    /// The cause in a few words.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Request { source, .. } => source.to_string(),
            other => other.to_string(),
        }
    }
}

/// Whether the disk, not the network, is the matter.
fn is_disk(error: &ApiError) -> bool {
    use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error, ApiError::IoError(error)
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

impl Hint for DownloadError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Status { status: 401 | 403, .. } => Some(
                "no such model, or one that asks for an account: check the name, accept its terms on its page, and put HF_TOKEN=… into .env"
                    .to_owned(),
            ),
            Self::Status { status: 404, .. } => Some("check the name of the repository: owner/name".to_owned()),
            Self::Request { source: ApiError::LockAcquisition(_), .. } => {
                Some("another program is downloading the same file: wait for it".to_owned())
            }
            Self::Request { source, .. } if is_disk(source) => {
                Some("free some space, or let HF_HOME name another folder; the same command goes on where it stopped".to_owned())
            }
            Self::Request { .. } | Self::Status { .. } | Self::Size { .. } => Some(
                "the same command goes on where it stopped; HF_ENDPOINT names another server; or download the model \
                 elsewhere and give its folder: --base DIR"
                    .to_owned(),
            ),
            Self::NoWeights { .. } | Self::Incomplete { .. } => {
                Some("choose a repository with model.safetensors, such as Qwen/Qwen2.5-0.5B-Instruct".to_owned())
            }
            Self::File(error) => error.hint(),
        }
    }
}
