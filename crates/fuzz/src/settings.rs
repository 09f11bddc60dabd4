//! `persona.toml`.

use std::path::Path;

use bot::Program;
use persona_run::{ConfigError, ConfigFile};

use crate::scratch;

/// An error names a line of the file; what was read comes through writing and reading as it is, and holds its own bounds.
pub fn settings(data: &[u8]) -> bool {
    let path = Path::new("persona.toml");
    let Ok(text) = str::from_utf8(data) else {
        return false;
    };
    let file = match ConfigFile::parse(path, text.to_owned()) {
        Ok(file) => file,
        Err(
            ConfigError::UnknownKey { line, .. }
            | ConfigError::MovedKey { line, .. }
            | ConfigError::Invalid { line, .. },
        ) => {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&line), "line {line} of {lines}");
            return false;
        }
        // No file is opened here, and there is no run to contradict.
        Err(error @ (ConfigError::File(_) | ConfigError::Contradiction { .. })) => {
            panic!("{error}")
        }
    };
    let written = file.table().to_string();
    let again = ConfigFile::parse(path, written.clone()).unwrap();
    assert_eq!(again.table().to_string(), written);
    let path = scratch::file("persona.toml", data);
    let Ok(program) = Program::read(Some(&path), Some("a-run-that-is-nowhere")) else {
        return false;
    };
    program.bot.check().unwrap();
    true
}
