//! How an error of the bot is printed, and the exit code that belongs to it.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use bot::{
    Error,
    supervise::{HOPELESS, UNREACHABLE},
};
use persona_core::{FileError, Hint, terminal::render_error};

/// Writes the error with its causes and the hint to stderr. Returns the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let own = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<Error>());
    let file = || {
        error
            .chain()
            .find_map(|cause| cause.downcast_ref::<FileError>())
    };
    let hint = own
        .and_then(Hint::hint)
        .or_else(|| file().and_then(Hint::hint));
    let text = render_error(error.chain(), hint.as_deref(), false);
    // Nothing more can be done when stderr itself is gone.
    let _ = io::stderr().write_all(text.as_bytes());
    match own {
        Some(error) if error.is_hopeless() => ExitCode::from(HOPELESS),
        Some(error) if error.is_unreachable() => ExitCode::from(UNREACHABLE),
        _ => ExitCode::FAILURE,
    }
}
