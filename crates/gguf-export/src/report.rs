//! What the stage has to tell when it is done.

use serde::Serialize;

use crate::config::Quant;

/// What was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The merged checkpoint.
    pub merged: MergedReport,
    /// The GGUF files, in the order of the configuration.
    pub files: Vec<FileReport>,
    /// File name of the Ollama recipe.
    pub modelfile: String,
}

/// The merged checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MergedReport {
    /// Number of weights.
    pub parameters: u64,
    /// Number of tensors.
    pub tensors: u64,
    /// How many of them the adapter changed.
    pub merged_matrices: u64,
    /// File names of the weights.
    pub files: Vec<String>,
    /// Bytes of the weights.
    pub bytes: u64,
}

/// One GGUF file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileReport {
    /// The file's name.
    pub file: String,
    /// Its type.
    pub quant: Quant,
    /// Its size.
    pub bytes: u64,
    /// Bits that a weight takes on average, without the header.
    pub bits_per_weight: f64,
    /// Tensors by type.
    pub types: Vec<TypeCount>,
    /// How it compares with the merged weights; `None` where the test is switched off.
    pub self_test: Option<SelfTestReport>,
}

/// Tensors of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TypeCount {
    /// ggml's name of the type.
    pub name: String,
    /// Number of tensors.
    pub tensors: u64,
    /// Number of weights.
    pub elements: u64,
    /// Number of bytes.
    pub bytes: u64,
}

/// A written file next to the merged weights, on a fixed prompt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SelfTestReport {
    /// Tokens of the prompt: the positions that are compared.
    pub positions: usize,
    /// Cosine of the logits, mean over positions.
    pub cosine: f64,
    /// Kullback-Leibler divergence from the merged weights' distribution, mean over positions, in nats.
    pub kl: f64,
    /// Largest difference of a logit.
    pub max_difference: f64,
    /// Share of positions where both find the same token most probable.
    pub same_argmax: f64,
    /// What the file generates greedily after the prompt.
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
