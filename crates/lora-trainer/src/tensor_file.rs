//! Safetensors files, written tensor by tensor into place.

use std::{borrow::Cow, io::Write, path::Path};

use persona_core::{FileError, atomic::AtomicFile};
use serde_json::{Map, Value, json};

/// A tensor as it stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor<'a> {
    /// Name, unique within the file.
    pub name: String,
    /// Type of the elements.
    pub dtype: safetensors::Dtype,
    /// Shape.
    pub shape: Vec<usize>,
    /// Little-endian bytes.
    pub bytes: Cow<'a, [u8]>,
}

/// Writes `tensors`, in their order, with `metadata` (an object of strings). The same input gives the same bytes.
pub fn write(path: &Path, metadata: Value, tensors: &[NamedTensor<'_>]) -> Result<(), FileError> {
    let mut header = Map::from_iter([("__metadata__".to_owned(), metadata)]);
    let mut end = 0;
    for tensor in tensors {
        let start = end;
        end += tensor.bytes.len();
        let entry = json!({
            "dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [start, end],
        });
        header.insert(tensor.name.clone(), entry);
    }
    let mut header =
        serde_json::to_vec(&header).map_err(|error| FileError::write(path)(error.into()))?;
    // Data start at a multiple of 8 bytes, as readers of safetensors like it.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut file = AtomicFile::create(path)?;
    let mut write = |bytes: &[u8]| file.write_all(bytes).map_err(FileError::write(path));
    write(&(header.len() as u64).to_le_bytes())?;
    write(&header)?;
    for tensor in tensors {
        write(&tensor.bytes)?;
    }
    file.commit()
}
