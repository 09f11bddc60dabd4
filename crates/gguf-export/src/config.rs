//! Section `[export]` of `persona.toml`, and the inputs of the stage.

use std::{fmt, path::PathBuf, str::FromStr};

use persona_core::{ConversationForm, Sampling, layout};
use serde::{Deserialize, Serialize};

/// Section `[export]` of `persona.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Types of GGUF files to write, of `f32`, `f16`, `bf16`, `q8_0`, `q4_k_m`.
    pub quants: Vec<Quant>,
    /// Largest file of a merged checkpoint, in bytes; a larger checkpoint is split between tensors.
    pub max_shard_bytes: u64,
    /// Settings of the self-test of each file.
    pub self_test: SelfTest,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            quants: vec![Quant::F16, Quant::Q8_0, Quant::Q4KM],
            max_shard_bytes: 5_000_000_000,
            self_test: SelfTest::default(),
        }
    }
}

/// Self-test of a written file: it is read back and compared with the merged weights on a fixed prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SelfTest {
    /// Whether the test runs. It holds the merged weights and the written file in memory at once.
    pub enabled: bool,
    /// Number of tokens to generate greedily.
    pub tokens: usize,
    /// Smallest mean cosine of the logits for files with 16- or 32-bit weights.
    pub min_cosine_float: f64,
    /// Smallest mean cosine of the logits for `q8_0`. Random weights, the hardest case, reach 0.9993; trained ones
    /// 0.99999.
    pub min_cosine_q8_0: f64,
    /// Smallest mean cosine of the logits for `q4_k_m`. Random weights reach 0.966, and 0.971 with llama.cpp; trained
    /// ones 0.9999.
    pub min_cosine_q4_k_m: f64,
}

impl Default for SelfTest {
    fn default() -> Self {
        Self {
            enabled: true,
            tokens: 16,
            min_cosine_float: 0.9999,
            min_cosine_q8_0: 0.998,
            min_cosine_q4_k_m: 0.94,
        }
    }
}

/// Type of a GGUF file: how its weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Quant {
    /// All weights as f32.
    #[serde(rename = "f32")]
    F32,
    /// Matrices as f16.
    #[serde(rename = "f16")]
    F16,
    /// Matrices as bf16.
    #[serde(rename = "bf16")]
    Bf16,
    /// Matrices in 8 bits, blocks of 32.
    #[serde(rename = "q8_0")]
    Q8_0,
    /// Matrices in 4 bits, some in 6: the mix that llama.cpp calls medium.
    #[serde(rename = "q4_k_m")]
    Q4KM,
}

impl Quant {
    /// All types.
    pub const ALL: [Self; 5] = [Self::F32, Self::F16, Self::Bf16, Self::Q8_0, Self::Q4KM];

    /// Name of the type in file names and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Q8_0 => "q8_0",
            Self::Q4KM => "q4_k_m",
        }
    }

    /// llama.cpp's number of the type, the value of `general.file_type`.
    pub(crate) fn file_type(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q8_0 => 7,
            Self::Q4KM => 15,
            Self::Bf16 => 32,
        }
    }

    /// Whether llama.cpp writes this type with its quantizer, not with its converter: the order of keys and tensors
    /// differs.
    pub(crate) fn is_quantized(self) -> bool {
        matches!(self, Self::Q8_0 | Self::Q4KM)
    }
}

impl fmt::Display for Quant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Quant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.map(Self::name);
        Self::ALL
            .into_iter()
            .find(|quant| quant.name() == text)
            .ok_or_else(|| {
                format!(
                    "`{text}` is no weight type, expected one of {}",
                    known.join(", ")
                )
            })
    }
}

/// Inputs of the stage, and its folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// Unquantized base: a folder in Hugging Face layout.
    pub base: PathBuf,
    /// Adapter, a folder in PEFT layout; without one the base itself is exported.
    pub adapter: Option<PathBuf>,
    /// Folder that receives `merged/`, the GGUF files and the Modelfile.
    pub out: PathBuf,
    /// Name of the model: files are called `<name>-<quant>.gguf`, and inside the files it is written as a title.
    pub name: String,
    /// The form of conversations where neither the adapter nor the base says what it was trained with. It is then in the Modelfile
    /// and the self-test, and not in the files: nobody knows whether it is the right one.
    pub form: ConversationForm,
    /// Sampling parameters of the Modelfile.
    pub sampling: Sampling,
}

impl Inputs {
    /// File name of the GGUF file of type `quant`.
    pub fn file_name(&self, quant: Quant) -> String {
        layout::gguf_file(&self.name, quant)
    }
}
