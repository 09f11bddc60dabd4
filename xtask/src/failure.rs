//! Ends of a command: exit codes, and how an error is printed.

use std::{
    error::Error as StdError,
    io::{self, Write as _},
    process::ExitCode,
};

use persona_core::{
    Hint,
    terminal::{colours_stderr, render_error},
};
use persona_run::{
    ConfigError, Interrupted, base::BaseError, catalogue::StoreInUse, hub::HubError,
    lock::LockError, run::NameError,
};

/// Status of a command that ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Everything is done.
    Done,
    /// Something that the user needs is missing, and was named.
    Missing,
    /// Everything is done, and the score is below the pass mark.
    BelowMark,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => Self::SUCCESS,
            Status::Missing => Self::from(1),
            Status::BelowMark => Self::from(3),
        }
    }
}

/// Error that the user can mend.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Problem {
    message: String,
    hint: String,
    is_usage: bool,
}

impl Problem {
    /// Error about something needed that is not there. Exit code 1.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
            is_usage: false,
        }
    }

    /// Error about a command line that asks for something that does not exist. Exit code 2.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            is_usage: true,
            ..Self::new(message, hint)
        }
    }
}

impl Hint for Problem {
    fn hint(&self) -> Option<String> {
        Some(self.hint.clone())
    }
}

/// Whether the reader of our output went away, as `| head` does. That is no failure.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Prints the error with its causes and the hint; returns the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let interrupted = error.chain().any(is_interruption);
    let text = if interrupted {
        tracing::debug!("{error:#}");
        format!("{Interrupted}\n")
    } else {
        let hint = error.chain().find_map(hint_of);
        render_error(error.chain(), hint.as_deref(), colours_stderr())
    };
    // Nothing more can be done where stderr itself is gone.
    let _ = io::stderr().write_all(text.as_bytes());
    if interrupted {
        ExitCode::from(130)
    } else if error.chain().any(is_usage) {
        ExitCode::from(2)
    } else {
        ExitCode::FAILURE
    }
}

/// Whether the command line or the configuration asks for something that does not exist.
fn is_usage(cause: &(dyn StdError + 'static)) -> bool {
    cause.is::<NameError>()
        || cause
            .downcast_ref::<Problem>()
            .is_some_and(|problem| problem.is_usage)
        || cause
            .downcast_ref::<ConfigError>()
            .is_some_and(ConfigError::is_content)
}

/// Whether a stage stopped because it was asked to, with its progress saved.
fn is_interruption(cause: &(dyn StdError + 'static)) -> bool {
    macro_rules! any_of {
        ($($error:ty: $pattern:pat),+ $(,)?) => {
            cause.is::<Interrupted>() $(|| matches!(cause.downcast_ref::<$error>(), Some($pattern)))+
        };
    }
    any_of!(
        BaseError: BaseError::Hub(HubError::Interrupted),
        ingest::Error: ingest::Error::Interrupted { .. },
        ingest::discord::Error: ingest::discord::Error::Interrupted { .. },
        dataset::Error: dataset::Error::Interrupted,
        lora_trainer::Error: lora_trainer::Error::Interrupted { .. },
        gguf_export::Error: gguf_export::Error::Interrupted,
        eval::Error: eval::Error::Interrupted,
    ) || cause
        .downcast_ref::<dpo::Error>()
        .is_some_and(dpo::Error::is_interrupted)
}

/// Advice to the user on `cause`, where its type has any.
fn hint_of(cause: &(dyn StdError + 'static)) -> Option<String> {
    macro_rules! first_of {
        ($($kind:ty),+ $(,)?) => {
            None$(.or_else(|| cause.downcast_ref::<$kind>().and_then(Hint::hint)))+
        };
    }
    first_of!(
        Problem,
        ConfigError,
        NameError,
        LockError,
        StoreInUse,
        BaseError,
        persona_recall::Error,
        persona_conversation::Error,
        sample_server::Error,
        ingest::Error,
        ingest::discord::Error,
        persona_discord::Error,
        dataset::Error,
        lora_trainer::Error,
        dpo::Error,
        gguf_export::Error,
        eval::Error,
        persona_engine::Error,
        persona_model::Error,
        persona_store::Error,
        persona_core::FileError,
    )
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_closed_pipe_is_recognised_below_other_errors() {
        let error = Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe))
            .context("cannot print")
            .unwrap_err();
        assert!(is_broken_pipe(&error));
        assert!(!is_broken_pipe(&anyhow::anyhow!("other")));
    }
}
