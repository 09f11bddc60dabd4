//! Report of the stage.

use serde::Serialize;

use crate::config::Quant;

/// Report of the stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Report of the merged checkpoint.
    pub merged: MergedReport,
    /// Reports of the GGUF files, in the order of the configuration.
    pub files: Vec<FileReport>,
    /// File name of the Modelfile.
    pub modelfile: String,
}

/// Report of the merged checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MergedReport {
    /// Number of weights.
    pub parameters: u64,
    /// Number of tensors.
    pub tensors: u64,
    /// Number of matrices that the adapter changed.
    pub merged_matrices: u64,
    /// File names of the weights.
    pub files: Vec<String>,
    /// Size of the weights in bytes.
    pub bytes: u64,
}

/// Report of one GGUF file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileReport {
    /// Name of the file.
    pub file: String,
    /// Type of the file.
    pub quant: Quant,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Average number of bits per weight, without the header.
    pub bits_per_weight: f64,
    /// Numbers of tensors, weights and bytes, by type.
    pub types: Vec<TypeCount>,
    /// Result of the self-test; `None` where it is switched off.
    pub self_test: Option<SelfTestReport>,
}

/// Numbers of tensors, weights and bytes of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TypeCount {
    /// Name of the type in ggml.
    pub name: String,
    /// Number of tensors.
    pub tensors: u64,
    /// Number of weights.
    pub elements: u64,
    /// Number of bytes.
    pub bytes: u64,
}

/// Comparison of a written file with the merged weights, on a fixed prompt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SelfTestReport {
    /// Number of positions compared: the tokens of the prompt.
    pub positions: usize,
    /// Cosine of the logits, averaged over positions.
    pub cosine: f64,
    /// Kullback-Leibler divergence from the distribution of the merged weights, averaged over positions, in nats.
    pub kl: f64,
    /// Largest absolute difference of a logit from that of the merged weights.
    pub max_difference: f64,
    /// Share of positions at which both find the same token likeliest.
    pub same_argmax: f64,
    /// Text that the file generates greedily after the prompt.
    pub text: String,
}

impl TypeCount {
    pub(crate) fn none(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            tensors: 0,
            elements: 0,
            bytes: 0,
        }
    }

    pub(crate) fn add(&mut self, elements: u64, bytes: u64) {
        self.tensors += 1;
        self.elements = self.elements.saturating_add(elements);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}
