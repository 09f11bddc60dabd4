//! Header of a GGUF file: metadata, and the position of each tensor.

use crate::{types::TensorType, value::Value};

/// First four bytes of every file.
pub const MAGIC: [u8; 4] = *b"GGUF";
/// Version of the format that is written.
pub const VERSION: u32 = 3;
/// Default alignment of tensor offsets in bytes; `general.alignment` overrides it.
pub const ALIGNMENT: u64 = 32;

/// Everything before the tensor data.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Version of the format: 2 or 3.
    pub version: u32,
    /// Metadata: keys and values, in file order.
    pub metadata: Vec<(String, Value)>,
    /// Tensors, in file order.
    pub tensors: Vec<TensorInfo>,
}

/// Name, shape, type and position of a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Name of the tensor.
    pub name: String,
    /// Dimensions in the file's order: innermost (columns) first.
    pub dimensions: Vec<u64>,
    /// Storage type of the weights.
    pub kind: TensorType,
    /// Byte offset of the data, from the end of the padded header.
    pub offset: u64,
}

impl TensorInfo {
    /// Number of weights; `None` where the product overflows.
    pub fn elements(&self) -> Option<u64> {
        self.dimensions
            .iter()
            .try_fold(1_u64, |product, &size| product.checked_mul(size))
    }

    /// Number of bytes; `None` where rows are not whole blocks or the product overflows.
    pub fn bytes(&self) -> Option<u64> {
        let columns = self.dimensions.first().copied().unwrap_or(1);
        if !columns.is_multiple_of(self.kind.block_size()) {
            return None;
        }
        (self.elements()? / self.kind.block_size()).checked_mul(self.kind.block_bytes())
    }
}

impl Header {
    /// Value of the metadata key `key`.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.metadata
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// Alignment of tensor offsets, in bytes.
    pub fn alignment(&self) -> u64 {
        match self.value("general.alignment") {
            Some(Value::U32(alignment)) => u64::from(*alignment).max(1),
            _ => ALIGNMENT,
        }
    }
}
