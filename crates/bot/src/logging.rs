//! Logs: lines for people on the terminal, JSON lines in files that are rotated.

use std::{
    io,
    path::{Path, PathBuf},
};

use persona_core::{FileError, terminal::colours_stderr};
use serde::{Deserialize, Serialize};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    EnvFilter, Layer, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt,
};

mod rotating;

pub use rotating::Rotating;

/// Part of the log filter without `RUST_LOG`: of libraries, only warnings or errors are logged.
const QUIET_LIBRARIES: &str = "serenity=warn,tracing=warn,reqwest=warn,hyper=warn,hyper_util=warn,rustls=warn,h2=warn,tungstenite=warn,tokenizers=error";

/// Settings of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Folder of the log files. Empty: no files.
    pub folder: PathBuf,
    /// Lowest level that is logged: `error`, `warn`, `info`, `debug` or `trace`. `RUST_LOG` in the environment overrides it.
    pub level: String,
    /// Size, in MiB, from which a log file is followed by another one of the same day.
    pub file_mib: u64,
    /// Number of log files that are kept; the oldest are removed.
    pub files: usize,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("logs"),
            level: "info".to_owned(),
            file_mib: 16,
            files: 14,
        }
    }
}

/// Field that marks records which the terminal shows in another form.
const ENDING: &str = "ending";

/// Logs the error that ends a program, to the files only: stderr shows it with a hint.
pub fn ending(error: &dyn std::fmt::Display) {
    tracing::error!(target: ENDING, "{error}");
}

/// Handle of the thread that writes the log. Dropping it waits until all lines are written.
#[must_use]
#[derive(Debug)]
pub struct Logging {
    _worker: Option<WorkerGuard>,
}

/// Starts logging for the whole process. The files are below `base`, and their names begin with `name`.
pub fn start(config: &LogConfig, base: &Path, name: &str) -> Result<Logging, FileError> {
    let filter = || {
        let own = format!("{},{QUIET_LIBRARIES}", config.level);
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(own))
    };
    let terminal = tracing_subscriber::fmt::layer()
        .with_ansi(colours_stderr())
        .with_target(false)
        .with_writer(io::stderr)
        .with_filter(filter())
        .with_filter(filter_fn(|event| event.target() != ENDING));
    let registry = tracing_subscriber::registry().with(terminal);
    if config.folder.as_os_str().is_empty() {
        let _ = registry.try_init();
        return Ok(Logging { _worker: None });
    }
    let folder = base.join(&config.folder);
    let file = Rotating::open(&folder, name, config.file_mib << 20, config.files)?;
    // A full queue drops lines, but never blocks the bot.
    let (writer, worker) = NonBlockingBuilder::default().lossy(true).finish(file);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer)
        .with_filter(filter());
    let _ = registry.with(lines).try_init();
    Ok(Logging {
        _worker: Some(worker),
    })
}
