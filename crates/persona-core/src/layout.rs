//! Names of the files that stages write. Stages agree on these names and know nothing else about each other.

use std::fmt::Display;

/// Files of the dataset stage.
pub mod dataset {
    /// Conversations, one JSON record a line, for training and evaluation.
    pub const CONVERSATIONS: &str = "conversations.jsonl";
    /// Conversations as a table, one row per turn.
    pub const CONVERSATIONS_PARQUET: &str = "conversations.parquet";
    /// Preference pairs, one JSON record a line.
    pub const PAIRS: &str = "pairs.jsonl";
    /// Preference pairs as a table, one row per pair.
    pub const PAIRS_PARQUET: &str = "pairs.parquet";
    /// Statistics of authors, dropped messages and pairs.
    pub const STATISTICS: &str = "statistics.json";
}

/// Folder of the adapter inside the `sft` and `dpo` folders.
pub const ADAPTER: &str = "adapter";
/// What a model was trained with, beside the weights of an adapter or a merged checkpoint: a [`crate::ConversationForm`].
pub const CONVERSATION_FORM: &str = "conversation.json";
/// Figures of training, one JSON record per logged step.
pub const METRICS: &str = "metrics.jsonl";
/// Folder of the merged Hugging Face checkpoint inside the `export` folder.
pub const MERGED: &str = "merged";
/// Report of an evaluation.
pub const REPORT: &str = "report.json";

/// Types of GGUF files, the smallest first; the first one that exists is deployed.
pub const GGUF_BY_SIZE: [&str; 5] = ["q4_k_m", "q8_0", "f16", "bf16", "f32"];

/// File name of a GGUF model of type `quant`.
pub fn gguf_file(model: &str, quant: impl Display) -> String {
    format!("{model}-{quant}.gguf")
}

/// Whether `name` is allowed for a run or a model: it becomes the name of a folder or file, and must not lead
/// elsewhere.
pub fn is_plain_name(name: &str) -> bool {
    let allowed = |char: char| char.is_alphanumeric() || "-_.".contains(char);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(allowed)
}
