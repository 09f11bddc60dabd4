//! Writing of headers.

use crate::{
    header::{ALIGNMENT, Header, MAGIC, TensorInfo, VERSION},
    types::TensorType,
    value::Value,
};

impl Header {
    /// Creates a header of version 3 whose tensors (name, dimensions innermost first, type) follow one another, each at
    /// a multiple of 32 bytes.
    ///
    /// # Panics
    /// When the rows of a tensor are not whole blocks of its type.
    pub fn new(
        metadata: Vec<(String, Value)>,
        tensors: impl IntoIterator<Item = (String, Vec<u64>, TensorType)>,
    ) -> Self {
        let mut offset = 0;
        let tensors = tensors
            .into_iter()
            .map(|(name, dimensions, kind)| {
                let info = TensorInfo {
                    name,
                    dimensions,
                    kind,
                    offset,
                };
                offset += info
                    .bytes()
                    .expect("the type was chosen to fit the rows")
                    .next_multiple_of(ALIGNMENT);
                info
            })
            .collect();
        Self {
            version: VERSION,
            metadata,
            tensors,
        }
    }

    /// Bytes of the file up to the first tensor, padding included.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(MAGIC);
        bytes.extend(self.version.to_le_bytes());
        bytes.extend((self.tensors.len() as u64).to_le_bytes());
        bytes.extend((self.metadata.len() as u64).to_le_bytes());
        for (key, value) in &self.metadata {
            put_string(&mut bytes, key);
            bytes.extend((value.kind() as u32).to_le_bytes());
            put_value(&mut bytes, value);
        }
        for tensor in &self.tensors {
            put_string(&mut bytes, &tensor.name);
            bytes.extend((tensor.dimensions.len() as u32).to_le_bytes());
            for size in &tensor.dimensions {
                bytes.extend(size.to_le_bytes());
            }
            bytes.extend(tensor.kind.number().to_le_bytes());
            bytes.extend(tensor.offset.to_le_bytes());
        }
        let padded = (bytes.len() as u64).next_multiple_of(self.alignment());
        bytes.resize(padded as usize, 0);
        bytes
    }
}

fn put_string(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

fn put_value(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::U8(value) => bytes.push(*value),
        Value::I8(value) => bytes.extend(value.to_le_bytes()),
        Value::U16(value) => bytes.extend(value.to_le_bytes()),
        Value::I16(value) => bytes.extend(value.to_le_bytes()),
        Value::U32(value) => bytes.extend(value.to_le_bytes()),
        Value::I32(value) => bytes.extend(value.to_le_bytes()),
        Value::F32(value) => bytes.extend(value.to_le_bytes()),
        Value::Bool(value) => bytes.push(u8::from(*value)),
        Value::String(value) => put_string(bytes, value),
        Value::U64(value) => bytes.extend(value.to_le_bytes()),
        Value::I64(value) => bytes.extend(value.to_le_bytes()),
        Value::F64(value) => bytes.extend(value.to_le_bytes()),
        Value::Array(kind, items) => {
            bytes.extend((*kind as u32).to_le_bytes());
            bytes.extend((items.len() as u64).to_le_bytes());
            for item in items {
                put_value(bytes, item);
            }
        }
    }
}
