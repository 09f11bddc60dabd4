//! Errors of reading a GGUF file.

use std::path::{Path, PathBuf};

use persona_core::{FileError, Hint};

/// Errors of this crate. All name the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file does not begin as a GGUF file does.
    #[error("`{path}`, byte {position}: {message}")]
    NotGguf {
        /// Path of the file.
        path: PathBuf,
        /// Byte offset in the file.
        position: u64,
        /// Description of the fault: what was found and what was expected.
        message: String,
    },
    /// The file is shorter than its header says.
    #[error("`{path}`, byte {position}: {message}")]
    Truncated {
        /// Path of the file.
        path: PathBuf,
        /// Byte offset of the entry whose bytes are missing.
        position: u64,
        /// Description of the missing part.
        message: String,
    },
    /// The header contradicts the format or itself.
    #[error("`{path}`, byte {position}: {message}")]
    Malformed {
        /// Path of the file.
        path: PathBuf,
        /// Byte offset in the file.
        position: u64,
        /// Description of the fault: what was found and what was expected.
        message: String,
    },
    /// The file is big-endian.
    #[error("`{path}`, byte 4: the file is big-endian, expected a little-endian one")]
    BigEndian {
        /// Path of the file.
        path: PathBuf,
    },
    /// The file holds only one part of a split model.
    #[error("`{path}` is part {part} of {parts} of a split model, expected a model in one file")]
    Split {
        /// Path of the file.
        path: PathBuf,
        /// Number of the part, from 1.
        part: u64,
        /// Number of parts.
        parts: u64,
    },
    /// A key or tensor of a well-formed file has a value that cannot be used here.
    #[error("`{path}`, {place}: {message}")]
    Content {
        /// Path of the file.
        path: PathBuf,
        /// Place in the file: the key or the tensor.
        place: String,
        /// Description of the fault: what was found and what was expected.
        message: String,
        /// Advice to the user.
        hint: &'static str,
    },
    /// A tensor that was asked for does not exist.
    #[error("`{path}` has no tensor `{name}`")]
    MissingTensor {
        /// Path of the file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
    },
}

impl Error {
    /// Error for the key or tensor `place` of the file at `path`, whose value cannot be used.
    pub fn content(path: &Path, place: String, message: String, hint: &'static str) -> Self {
        Self::Content {
            path: path.to_owned(),
            place,
            message,
            hint,
        }
    }
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::File(error) => return error.hint(),
            Self::NotGguf { .. } => {
                "give a model in the GGUF format; a Hugging Face folder becomes one with `cargo xtask export`"
            }
            Self::Truncated { .. } => {
                "the file is cut off: compare its size with where it came from, and copy or download it again"
            }
            Self::Malformed { .. } => "the file is damaged: download or export it again",
            Self::BigEndian { .. } => {
                "convert it with llama.cpp's `gguf-py/gguf/scripts/gguf_convert_endian.py FILE little`"
            }
            Self::Split { .. } => {
                "join the parts with llama.cpp's `llama-gguf-split --merge FIRST-PART OUT`, and give the joined file"
            }
            Self::Content { hint, .. } => hint,
            Self::MissingTensor { .. } => {
                "the file is not a whole Qwen2 model: take another, or export it again"
            }
        };
        Some(text.to_owned())
    }
}

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
