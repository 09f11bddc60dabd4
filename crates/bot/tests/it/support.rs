//! Paths of the fixture models.

use std::path::{Path, PathBuf};

pub(crate) fn fixtures() -> PathBuf {
    std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fixtures"),
        PathBuf::from,
    )
}
