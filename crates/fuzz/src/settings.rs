//! `persona.toml`.

use bot::Program;

use crate::scratch;

/// Settings that were read hold their own bounds.
pub fn settings(data: &[u8]) -> bool {
    let path = scratch::file("persona.toml", data);
    let Ok(program) = Program::read(Some(&path), Some("a-run-that-is-nowhere")) else {
        return false;
    };
    program.bot.check().unwrap();
    true
}
