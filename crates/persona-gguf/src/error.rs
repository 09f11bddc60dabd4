//! What can be wrong with a GGUF file.

use std::path::{Path, PathBuf};

use persona_core::{FileError, Hint};

/// Errors of this crate. Every one names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file does not begin as a GGUF file does.
    #[error("`{path}`, byte {position}: {message}")]
    NotGguf {
        /// The file.
        path: PathBuf,
        /// Offset in the file.
        position: u64,
        /// What was found and what was expected.
        message: String,
    },
    /// The file ends before what it announces.
    #[error("`{path}`, byte {position}: {message}")]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Offset in the file where the missing part was announced.
        position: u64,
        /// What is missing.
        message: String,
    },
    /// The header contradicts the format or itself.
    #[error("`{path}`, byte {position}: {message}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Offset in the file.
        position: u64,
        /// What was found and what was expected.
        message: String,
    },
    /// The numbers in the file have their most significant byte first.
    #[error("`{path}`, byte 4: the file is big-endian, expected a little-endian one")]
    BigEndian {
        /// The file.
        path: PathBuf,
    },
    /// The file holds only some of a model's tensors.
    #[error("`{path}` is part {part} of {parts} of a split model, expected a model in one file")]
    Split {
        /// The file.
        path: PathBuf,
        /// Which part it is, from 1.
        part: u64,
        /// Number of parts.
        parts: u64,
    },
    /// A key or tensor has a value that this program cannot use, though the file is well-formed.
    #[error("`{path}`, {place}: {message}")]
    Content {
        /// The file.
        path: PathBuf,
        /// The key or the tensor.
        place: String,
        /// What was found and what was expected.
        message: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// A tensor that was asked for is not there.
    #[error("`{path}` has no tensor `{name}`")]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
    },
}

impl Error {
    /// The key or tensor `place` of the file at `path` cannot be used.
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
