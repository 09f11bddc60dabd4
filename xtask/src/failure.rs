//! How a command ends: exit codes, and how an error is shown.

use std::{
    error::Error as StdError,
    fmt::{self, Write as _},
    io::{self, IsTerminal, Write as _},
    process::ExitCode,
};

use persona_core::Hint;

use crate::{config::ConfigError, download::DownloadError};

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Everything was done.
    Done,
    /// Something the user needs is missing, and was named.
    Missing,
    /// Done, and the score is below the pass mark.
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

/// The command line or the configuration asks for something that does not exist. Exit code 2.
#[derive(Debug)]
pub(crate) struct Usage {
    message: String,
    hint: String,
}

impl Usage {
    /// An error with what to do about it.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl StdError for Usage {}

impl Hint for Usage {
    fn hint(&self) -> Option<String> {
        Some(self.hint.clone())
    }
}

/// Something needed is not there. Exit code 1.
#[derive(Debug)]
pub(crate) struct Problem {
    message: String,
    hint: String,
}

impl Problem {
    /// An error with what to do about it.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl StdError for Problem {}

impl Hint for Problem {
    fn hint(&self) -> Option<String> {
        Some(self.hint.clone())
    }
}

/// The user stopped the work.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("interrupted; what was done is saved, the same command goes on from there")
    }
}

impl StdError for Interrupted {}

/// Whether the reader of our output went away, as `| head` does. That is no failure.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Prints the error with its causes and the hint; gives the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let colour = io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let interrupted = error.chain().any(is_interruption);
    let text = if interrupted {
        tracing::debug!("{error:#}");
        format!("{Interrupted}\n")
    } else {
        render(error, colour)
    };
    // Nothing more can be done where stderr itself is gone.
    let _ = io::stderr().write_all(text.as_bytes());
    if interrupted {
        ExitCode::from(130)
    } else if error.chain().any(<dyn StdError>::is::<Usage>)
        || error.chain().any(<dyn StdError>::is::<ConfigError>)
    {
        ExitCode::from(2)
    } else {
        ExitCode::FAILURE
    }
}

/// Whether a stage stopped because it was asked to, with its progress saved.
fn is_interruption(cause: &(dyn StdError + 'static)) -> bool {
    macro_rules! any_of {
        ($($error:ty: $pattern:pat),+ $(,)?) => {
            cause.is::<Interrupted>() $(|| matches!(cause.downcast_ref::<$error>(), Some($pattern)))+
        };
    }
    any_of!(
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

fn render(error: &anyhow::Error, colour: bool) -> String {
    let paint = |label: &str, code: u8| {
        if colour {
            format!("\x1b[1;{code}m{label}\x1b[0m")
        } else {
            label.to_owned()
        }
    };
    let mut text = String::new();
    let mut said = error.to_string();
    let _ = writeln!(text, "{} {said}", paint("error:", 31));
    for cause in error.chain().skip(1) {
        let message = cause.to_string();
        // Transparent wrappers repeat what they wrap, and some libraries put a code before it.
        if !said.contains(&message) && !message.contains(&said) {
            let _ = writeln!(text, "{} {message}", paint("caused by:", 33));
        }
        said = message;
    }
    if let Some(hint) = error.chain().find_map(hint_of) {
        let _ = writeln!(text, "{} {hint}", paint("hint:", 36));
    }
    text
}

fn hint_of(cause: &(dyn StdError + 'static)) -> Option<String> {
    macro_rules! first_of {
        ($($kind:ty),+ $(,)?) => {
            None$(.or_else(|| cause.downcast_ref::<$kind>().and_then(Hint::hint)))+
        };
    }
    first_of!(
        Usage,
        Problem,
        ConfigError,
        persona_recall::Error,
        persona_conversation::Error,
        DownloadError,
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
    fn an_error_shows_its_causes_once_and_the_hint_last() {
        let missing = std::fs::read("/no/such/file").unwrap_err();
        let error = anyhow::Error::new(persona_core::FileError::Read {
            path: "/no/such/file".into(),
            source: missing,
        })
        .context("cannot build the dataset");
        assert_eq!(
            render(&error, false),
            "error: cannot build the dataset\n\
             caused by: cannot read `/no/such/file`\n\
             caused by: No such file or directory (os error 2)\n\
             hint: check the path; relative paths start at the current folder\n"
        );
    }

    #[test]
    fn a_closed_pipe_is_recognised_below_other_errors() {
        let error = Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe))
            .context("cannot print")
            .unwrap_err();
        assert!(is_broken_pipe(&error));
        assert!(!is_broken_pipe(&anyhow::anyhow!("other")));
    }
}
