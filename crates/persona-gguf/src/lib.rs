//! GGUF files, versions 2 and 3: a reader for files from anybody, and a writer.
//!
//! [`Header`] is everything before the weights; [`GgufFile`] is an open file whose tensors can be read.
//! Invariant: no count, length, offset or type of a file is trusted before it is checked against the file's size, so
//! that reading any bytes ends with a result or an [`Error`], and memory stays in proportion to the file.

mod error;
mod file;
mod finite;
mod header;
mod read;
mod split;
mod types;
mod value;
mod write;

pub use error::{Error, Result};
pub use file::GgufFile;
pub use finite::{NotFinite, find_not_finite};
pub use header::{ALIGNMENT, Header, MAGIC, TensorInfo, VERSION};
pub use split::Part;
pub use types::TensorType;
pub use value::{Value, ValueType};

#[cfg(test)]
mod tests;
