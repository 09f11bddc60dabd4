//! Errors as people meet them.

use std::{error::Error, fmt::Write};

use crate::error::Hint;

/// The message of an error, the causes that say more than it does, and the hint: a line each.
pub fn describe<E: Error + Hint>(error: &E) -> String {
    let mut said = error.to_string();
    let mut text = said.clone();
    let mut next = error.source();
    while let Some(cause) = next {
        let message = cause.to_string();
        if !said.contains(&message) && !message.contains(&said) {
            let _ = write!(text, "\ncaused by: {message}");
        }
        said = message;
        next = cause.source();
    }
    if let Some(hint) = error.hint() {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}
