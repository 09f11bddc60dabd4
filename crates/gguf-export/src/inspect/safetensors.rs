//! The header of a safetensors file, without its data.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use persona_core::FileError;
use safetensors::tensor::Metadata;
use serde_json::{Map, Value as Json};

use super::TensorSummary;

/// Largest header in bytes; the format's own limit.
const MAX_HEADER: u64 = 100_000_000;

/// Reads metadata and tensors, in file order.
pub(super) fn read(path: &Path) -> Result<(Map<String, Json>, Vec<TensorSummary>), FileError> {
    let mut file = File::open(path).map_err(FileError::read(path))?;
    let file_bytes = file.metadata().map_err(FileError::read(path))?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| {
        FileError::content(
            path,
            "byte 0",
            format!("{file_bytes} bytes are too few for a GGUF or safetensors file"),
        )
    })?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER || length > file_bytes.saturating_sub(8) {
        let message = format!(
            "the header should have {length} bytes, in a file of {file_bytes}: neither GGUF nor safetensors, or cut off"
        );
        return Err(FileError::content(path, "byte 0", message));
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header)
        .map_err(FileError::read(path))?;
    let parsed: Metadata = serde_json::from_slice(&header)
        .map_err(|error| FileError::content(path, "header", error))?;
    let data_bytes = file_bytes - 8 - length;
    if parsed.data_len() as u64 != data_bytes {
        let message = format!(
            "describes {} bytes of data, the file has {data_bytes}",
            parsed.data_len()
        );
        return Err(FileError::content(path, "header", message));
    }
    Ok((metadata(&parsed), tensors(&parsed)))
}

fn metadata(parsed: &Metadata) -> Map<String, Json> {
    let sorted: BTreeMap<_, _> = parsed.metadata().iter().flatten().collect();
    sorted
        .into_iter()
        .map(|(key, value)| (key.clone(), Json::String(value.clone())))
        .collect()
}

fn tensors(parsed: &Metadata) -> Vec<TensorSummary> {
    let infos = parsed.offset_keys().into_iter().filter_map(|name| {
        let info = parsed.info(&name)?;
        Some(TensorSummary {
            kind: format!("{:?}", info.dtype),
            shape: info.shape.iter().map(|&size| size as u64).collect(),
            bytes: (info.data_offsets.1 - info.data_offsets.0) as u64,
            name,
        })
    });
    infos.collect()
}
