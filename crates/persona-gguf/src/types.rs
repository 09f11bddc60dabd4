//! Storage types of ggml: how weights are packed into bytes.

use std::fmt;

/// Storage type of a tensor's weights: one of ggml's types.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TensorType(usize);

/// Known types: ggml's number, name, weights per block, bytes per block.
const KNOWN: &[(u32, &str, u64, u64)] = &[
    (0, "F32", 1, 4),
    (1, "F16", 1, 2),
    (2, "Q4_0", 32, 18),
    (3, "Q4_1", 32, 20),
    (6, "Q5_0", 32, 22),
    (7, "Q5_1", 32, 24),
    (8, "Q8_0", 32, 34),
    (9, "Q8_1", 32, 36),
    (10, "Q2_K", 256, 84),
    (11, "Q3_K", 256, 110),
    (12, "Q4_K", 256, 144),
    (13, "Q5_K", 256, 176),
    (14, "Q6_K", 256, 210),
    (15, "Q8_K", 256, 292),
    (16, "IQ2_XXS", 256, 66),
    (17, "IQ2_XS", 256, 74),
    (18, "IQ3_XXS", 256, 98),
    (19, "IQ1_S", 256, 50),
    (20, "IQ4_NL", 32, 18),
    (21, "IQ3_S", 256, 110),
    (22, "IQ2_S", 256, 82),
    (23, "IQ4_XS", 256, 136),
    (24, "I8", 1, 1),
    (25, "I16", 1, 2),
    (26, "I32", 1, 4),
    (27, "I64", 1, 8),
    (28, "F64", 1, 8),
    (29, "IQ1_M", 256, 56),
    (30, "BF16", 1, 2),
    (34, "TQ1_0", 256, 54),
    (35, "TQ2_0", 256, 66),
    (39, "MXFP4", 32, 17),
];

impl TensorType {
    /// 32-bit floats.
    pub const F32: Self = Self::of(0);
    /// 16-bit floats.
    pub const F16: Self = Self::of(1);
    /// bfloat16.
    pub const BF16: Self = Self::of(30);
    /// 5 bits, blocks of 32 with a scale.
    pub const Q5_0: Self = Self::of(6);
    /// 8 bits, blocks of 32 with a scale.
    pub const Q8_0: Self = Self::of(8);
    /// 4 bits, blocks of 256 with 6-bit scales and minima.
    pub const Q4_K: Self = Self::of(12);
    /// 6 bits, blocks of 256 with 8-bit scales.
    pub const Q6_K: Self = Self::of(14);

    /// 4 bits, blocks of 32 with a scale.
    pub const Q4_0: Self = Self::of(2);
    /// 4 bits, blocks of 32 with a scale and a minimum.
    pub const Q4_1: Self = Self::of(3);
    /// 5 bits, blocks of 32 with a scale and a minimum.
    pub const Q5_1: Self = Self::of(7);
    /// 2 bits, blocks of 256 with 4-bit scales and minima.
    pub const Q2_K: Self = Self::of(10);
    /// 3 bits, blocks of 256 with 6-bit scales.
    pub const Q3_K: Self = Self::of(11);
    /// 5 bits, blocks of 256 with 6-bit scales and minima.
    pub const Q5_K: Self = Self::of(13);

    const fn of(number: u32) -> Self {
        let mut index = 0;
        while KNOWN[index].0 != number {
            index += 1;
        }
        Self(index)
    }

    /// Type with ggml's number `number`; `None` where it is unknown here.
    pub fn from_number(number: u32) -> Option<Self> {
        KNOWN.iter().position(|known| known.0 == number).map(Self)
    }

    /// Number of the type in ggml.
    pub fn number(self) -> u32 {
        KNOWN[self.0].0
    }

    /// Name of the type in ggml.
    pub fn name(self) -> &'static str {
        KNOWN[self.0].1
    }

    /// Number of weights in a block.
    pub fn block_size(self) -> u64 {
        KNOWN[self.0].2
    }

    /// Number of bytes in a block.
    pub fn block_bytes(self) -> u64 {
        KNOWN[self.0].3
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
