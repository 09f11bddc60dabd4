//! What stands before the weights: keys with values, and where each tensor lies.

use crate::{types::TensorType, value::Value};

/// The first four bytes of every file.
pub const MAGIC: [u8; 4] = *b"GGUF";
/// The version that is written.
pub const VERSION: u32 = 3;
/// Offsets of tensors are multiples of this unless `general.alignment` says otherwise.
pub const ALIGNMENT: u64 = 32;

/// Everything before the tensor data.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The format's version: 2 or 3.
    pub version: u32,
    /// Keys and values, in file order.
    pub metadata: Vec<(String, Value)>,
    /// The tensors, in file order.
    pub tensors: Vec<TensorInfo>,
}

/// Where a tensor lies and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name.
    pub name: String,
    /// Its dimensions as the file has them: the innermost (columns) first.
    pub dimensions: Vec<u64>,
    /// How its weights are stored.
    pub kind: TensorType,
    /// Where its bytes begin, counted from the end of the padded header.
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
    /// The value of a key.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.metadata
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// What offsets of tensors are multiples of.
    pub fn alignment(&self) -> u64 {
        match self.value("general.alignment") {
            Some(Value::U32(alignment)) => u64::from(*alignment).max(1),
            _ => ALIGNMENT,
        }
    }
}
