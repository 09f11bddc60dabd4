//! Roles of inputs in manifests of stages. Those of the dataset's files are their names.

/// The content of the store, as an input of `dataset`.
pub const STORE: &str = "store";
/// The adapter that is merged, as an input of `export`.
pub const ADAPTER: &str = "adapter";
/// The adapter of supervised fine-tuning, as an input of `dpo` and `eval`.
pub const SFT_ADAPTER: &str = "sft/adapter";
/// The adapter of preference training, as an input of `eval`.
pub const DPO_ADAPTER: &str = "dpo/adapter";
/// The sentence model, as an input of `eval`.
pub const EMBEDDER: &str = "embedder";
/// Known habits of the people, as an input of `eval`.
pub const HABITS: &str = "habits";
