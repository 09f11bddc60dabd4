//! Names of the files that stages leave. Stages agree on these names and on nothing else about each other.

use std::fmt::Display;

/// Files of the dataset stage.
pub mod dataset {
    /// Conversations, one JSON record a line: what training and evaluation read.
    pub const CONVERSATIONS: &str = "conversations.jsonl";
    /// The same, one row per turn.
    pub const CONVERSATIONS_PARQUET: &str = "conversations.parquet";
    /// Preference pairs, one JSON record a line.
    pub const PAIRS: &str = "pairs.jsonl";
    /// The same as a table.
    pub const PAIRS_PARQUET: &str = "pairs.parquet";
    /// Who wrote how much, what was dropped and why.
    pub const STATISTICS: &str = "statistics.json";
}

/// Folder of the adapter inside the `sft` and `dpo` folders.
pub const ADAPTER: &str = "adapter";
/// What a model was trained with, beside the weights of an adapter or a merged checkpoint: a [`crate::ConversationForm`].
pub const CONVERSATION_FORM: &str = "conversation.json";
/// Figures of training, one JSON record a logged step.
pub const METRICS: &str = "metrics.jsonl";
/// Folder of the merged Hugging Face checkpoint inside the `export` folder.
pub const MERGED: &str = "merged";
/// The report of an evaluation.
pub const REPORT: &str = "report.json";

/// Types of GGUF files, the smallest first: that one is deployed.
pub const GGUF_BY_SIZE: [&str; 5] = ["q4_k_m", "q8_0", "f16", "bf16", "f32"];

/// The GGUF file of a model in one of these types.
pub fn gguf_file(model: &str, quant: impl Display) -> String {
    format!("{model}-{quant}.gguf")
}

/// Whether a run or a model may be called so: the name becomes that of a folder or file, and must not lead elsewhere.
pub fn is_plain_name(name: &str) -> bool {
    let allowed = |char: char| char.is_alphanumeric() || "-_.".contains(char);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(allowed)
}
