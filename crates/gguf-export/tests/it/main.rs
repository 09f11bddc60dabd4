//! The export stage through its public interface, on the golden fixtures.

#![expect(
    clippy::unwrap_used,
    reason = "in the helpers of tests; inside tests it is allowed anyway"
)]

mod error_texts;
mod form;
mod golden;
mod merge;
mod stage;

use std::{
    fs,
    path::{Path, PathBuf},
};

use gguf_export::{Config, Inputs, Quant, Report, Result, SelfTest};
use persona_core::{ConversationForm, Sampling, Silent, atomic};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// The folder of golden values.
fn fixtures() -> PathBuf {
    std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/fixtures")),
        PathBuf::from,
    )
}

fn json(path: &Path) -> Json {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

fn untested(quants: &[Quant]) -> Config {
    Config {
        quants: quants.to_vec(),
        self_test: SelfTest {
            enabled: false,
            ..SelfTest::default()
        },
        ..Config::default()
    }
}

fn export(
    config: &Config,
    base: &Path,
    adapter: Option<&Path>,
    out: &Path,
    name: &str,
) -> Result<Report> {
    let inputs = Inputs {
        base: base.to_owned(),
        adapter: adapter.map(Path::to_owned),
        out: out.to_owned(),
        name: name.to_owned(),
        form: ConversationForm::default(),
        sampling: Sampling::default(),
    };
    gguf_export::run(config, &inputs, &Silent)
}

/// A copy of a folder of plain files in which a test may change something.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        atomic::write(&to.join(entry.file_name()), fs::read(entry.path()).unwrap()).unwrap();
    }
}

/// Changes one JSON file.
fn edit(path: &Path, change: impl FnOnce(&mut Json)) {
    let mut value = json(path);
    change(&mut value);
    atomic::write_json(path, &value).unwrap();
}
