//! What is said about one thing that a run needs, and what this machine has.

use std::{fmt::Write as _, path::Path};

use persona_core::terminal::binary_bytes;
use serde::Serialize;

use crate::machine;

/// What was found about one thing.
#[derive(Debug, Serialize)]
pub struct Check {
    /// The thing.
    pub name: &'static str,
    /// How it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
}

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Works without, or is needed later.
    Note,
    /// Nothing works without.
    Missing,
}

/// The findings as lines for a terminal.
pub fn render(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let state = match check.state {
            State::Ok => "ok",
            State::Note => "note",
            State::Missing => "missing",
        };
        let _ = writeln!(text, "{state:8} {:15} {}", check.name, check.found);
        if let Some(how) = &check.how {
            let _ = writeln!(text, "{:24} {how}", "");
        }
    }
    text
}

/// All is well.
pub fn ok(name: &'static str, found: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Ok,
        found: found.into(),
        how: None,
    }
}

/// Things work without it; `how` tells what to do about it.
pub fn note(name: &'static str, found: impl Into<String>, how: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Note,
        found: found.into(),
        how: Some(how.into()),
    }
}

/// The pipeline cannot run without it; `how` tells how to get it.
pub fn missing(name: &'static str, found: impl Into<String>, how: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Missing,
        found: found.into(),
        how: Some(how.into()),
    }
}

/// The processor and the instructions that the kernels use.
pub fn processor() -> Check {
    let features = machine::cpu_features();
    let found = format!(
        "{}, {} cores: {}",
        std::env::consts::ARCH,
        machine::cores(),
        features.join(" ")
    );
    let wanted = if cfg!(target_arch = "x86_64") {
        "avx2"
    } else {
        "neon"
    };
    if features.contains(&wanted) {
        return ok("processor", found);
    }
    note(
        "processor",
        found,
        format!("without {wanted} everything works, several times slower"),
    )
}

/// The memory.
pub fn memory() -> Check {
    let memory = machine::memory();
    let found = format!(
        "{}, {} free",
        binary_bytes(memory.total),
        binary_bytes(memory.available)
    );
    if memory.available >= 3 << 30 {
        return ok("memory", found);
    }
    note(
        "memory",
        found,
        "the sample pipeline needs up to 3 GiB: close what else is running",
    )
}

/// The disk that holds `folder`.
pub fn disk(folder: &Path) -> Check {
    let Some(free) = machine::disk_free(folder) else {
        return note(
            "disk",
            "unknown",
            "the system does not say how much is free",
        );
    };
    let found = format!("{} free for {}", binary_bytes(free), folder.display());
    if free >= 1 << 30 {
        return ok("disk", found);
    }
    note(
        "disk",
        found,
        "a run of the tiny model takes 200 MB; one of a 3B model about 20 GB",
    )
}
