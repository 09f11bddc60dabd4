//! The small model that tests run.

use std::path::{Path, PathBuf};

use crate::source::ModelSource;

/// The fixture model, as a folder in Hugging Face layout.
pub(crate) fn model() -> ModelSource {
    let fixtures = std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fixtures"),
        PathBuf::from,
    );
    ModelSource::HuggingFace {
        base: fixtures.join("model"),
        adapter: None,
    }
}
