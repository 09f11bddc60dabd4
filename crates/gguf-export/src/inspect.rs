//! Inspection of a GGUF file, a safetensors file, an adapter folder or a model folder.
//!
//! The files may come from anybody: whatever their headers say, reading them ends with a result or an error.

mod safetensors;
mod text;

use std::{collections::BTreeMap, fs, path::Path};

use persona_core::{FileError, FormSource};
use persona_gguf::{Header, MAGIC, Part, Value};
use persona_model::form::PREFIX;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::{error::Result, report::TypeCount};

/// Largest number of array items that are shown.
const SHOWN_ITEMS: usize = 4;
/// Largest configuration file that is read, in bytes.
const MAX_JSON_BYTES: u64 = 1 << 26;

/// Kind of the inspected file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// A GGUF file.
    Gguf,
    /// A safetensors file.
    Safetensors,
    /// A folder with an adapter in PEFT layout.
    Adapter,
    /// A folder with a model in Hugging Face layout.
    Checkpoint,
}

/// Result of an inspection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// Kind of the file or folder.
    pub kind: Kind,
    /// Version of the format, if it has one.
    pub version: Option<u32>,
    /// Number of the part, from 1, and number of parts, where the file is one part of a split model.
    pub part: Option<(u64, u64)>,
    /// Metadata: keys and values, in file order. Long arrays are shortened to their type, length and first items.
    pub metadata: Map<String, Json>,
    /// Tensors, in file order.
    pub tensors: Vec<TensorSummary>,
    /// Numbers of tensors, weights and bytes, by type.
    pub types: Vec<TypeCount>,
    /// Number of weights.
    pub elements: u64,
    /// Size of all tensors in bytes.
    pub bytes: u64,
}

/// Name, type, shape and size of a tensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TensorSummary {
    /// Name of the tensor.
    pub name: String,
    /// Storage type of the weights.
    pub kind: String,
    /// Shape, outermost dimension first: rows, columns.
    pub shape: Vec<u64>,
    /// Size in bytes.
    pub bytes: u64,
}

/// Inspects the file or folder at `path`. Its format is recognised by content, not by name.
pub fn inspect(path: &Path) -> Result<Inspection> {
    if fs::metadata(path).map_err(FileError::read(path))?.is_dir() {
        return folder(path);
    }
    if starts_with_gguf(path)? {
        return gguf(path);
    }
    let (metadata, tensors) = safetensors::read(path)?;
    Ok(Inspection::new(Kind::Safetensors, None, metadata, tensors))
}

impl Inspection {
    fn new(
        kind: Kind,
        version: Option<u32>,
        metadata: Map<String, Json>,
        tensors: Vec<TensorSummary>,
    ) -> Self {
        let mut types: BTreeMap<&str, TypeCount> = BTreeMap::new();
        let (mut elements, mut bytes) = (0_u64, 0_u64);
        for tensor in &tensors {
            let count = tensor
                .shape
                .iter()
                .fold(1_u64, |product, &size| product.saturating_mul(size));
            types
                .entry(&tensor.kind)
                .or_insert_with(|| TypeCount::none(&tensor.kind))
                .add(count, tensor.bytes);
            elements = elements.saturating_add(count);
            bytes = bytes.saturating_add(tensor.bytes);
        }
        let types = types.into_values().collect();
        Self {
            kind,
            version,
            part: None,
            metadata,
            tensors,
            types,
            elements,
            bytes,
        }
    }
}

fn starts_with_gguf(path: &Path) -> Result<bool, FileError> {
    use std::io::Read;
    let mut start = Vec::new();
    let file = fs::File::open(path).map_err(FileError::read(path))?;
    file.take(4)
        .read_to_end(&mut start)
        .map_err(FileError::read(path))?;
    Ok(start == MAGIC)
}

fn gguf(path: &Path) -> Result<Inspection> {
    let (header, _) = Header::open(path)?;
    let metadata = header
        .metadata
        .iter()
        .map(|(key, value)| (key.clone(), shown(value)))
        .collect();
    let tensors = header.tensors.iter().map(|tensor| TensorSummary {
        name: tensor.name.clone(),
        kind: tensor.kind.name().to_owned(),
        shape: tensor.dimensions.iter().rev().copied().collect(),
        bytes: tensor.bytes().unwrap_or(0),
    });
    let found = Inspection::new(
        Kind::Gguf,
        Some(header.version),
        metadata,
        tensors.collect(),
    );
    Ok(Inspection {
        part: Part::of(&header, path).map(|part| (part.number, part.of)),
        ..found
    })
}

fn folder(path: &Path) -> Result<Inspection> {
    let (kind, settings) = if path.join("adapter_config.json").is_file() {
        (Kind::Adapter, "adapter_config.json")
    } else {
        (Kind::Checkpoint, "config.json")
    };
    let settings = path.join(settings);
    let Json::Object(mut metadata) = read_json(&settings)? else {
        return Err(FileError::content(&settings, "top level", "expected a JSON object").into());
    };
    for (key, value) in FormSource::of_folder(path)?
        .into_iter()
        .flat_map(|source| source.keys)
    {
        metadata.insert(format!("{PREFIX}{key}"), value);
    }
    let mut tensors = Vec::new();
    for file in weight_files(path)? {
        tensors.extend(safetensors::read(&file)?.1);
    }
    Ok(Inspection::new(kind, None, metadata, tensors))
}

fn weight_files(folder: &Path) -> Result<Vec<std::path::PathBuf>, FileError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(FileError::read(folder))? {
        let path = entry.map_err(FileError::read(folder))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "safetensors")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_json(path: &Path) -> Result<Json, FileError> {
    let length = fs::metadata(path).map_err(FileError::read(path))?.len();
    if length > MAX_JSON_BYTES {
        return Err(FileError::content(
            path,
            "size",
            format!("{length} bytes, expected at most {MAX_JSON_BYTES}"),
        ));
    }
    persona_core::json::read(path)
}

fn shown(value: &Value) -> Json {
    match value {
        Value::U8(value) => json!(value),
        Value::I8(value) => json!(value),
        Value::U16(value) => json!(value),
        Value::I16(value) => json!(value),
        Value::U32(value) => json!(value),
        Value::I32(value) => json!(value),
        Value::F32(value) => json!(value),
        Value::Bool(value) => json!(value),
        Value::String(value) => json!(value),
        Value::U64(value) => json!(value),
        Value::I64(value) => json!(value),
        Value::F64(value) => json!(value),
        Value::Array(_, items) if items.len() <= SHOWN_ITEMS => items.iter().map(shown).collect(),
        Value::Array(kind, items) => json!({
            "type": format!("{kind:?}").to_lowercase(),
            "length": items.len(),
            "first": items[..SHOWN_ITEMS].iter().map(shown).collect::<Vec<_>>(),
        }),
    }
}

#[cfg(test)]
mod tests;
