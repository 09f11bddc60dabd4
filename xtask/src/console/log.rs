//! Log lines on stderr, above the bars: the message, with its level before it where that is not plain information.

use std::{
    fmt,
    io::{self, Write},
};

use indicatif::MultiProgress;
use persona_core::terminal::colours_stderr;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter, format::Writer},
    registry::LookupSpan,
};

use crate::global::Global;

/// Starts logging. `RUST_LOG` overrides `-v` and `-q`.
pub(super) fn start(global: &Global, bars: MultiProgress) {
    let filter = match (global.quiet, global.verbose) {
        (true, _) => "warn",
        (_, 0) => "info,ureq=warn,hf_hub=warn,tokenizers=error",
        (_, 1) => "debug,ureq=info,ureq_proto=info,rustls=info",
        _ => "trace,ureq=info,ureq_proto=info,rustls=info",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours_stderr())
        .event_format(Plain)
        .with_writer(Above(bars))
        .init();
}

struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (label, code) = match *event.metadata().level() {
            Level::ERROR => ("error: ", 31),
            Level::WARN => ("warning: ", 33),
            Level::INFO => ("", 0),
            Level::DEBUG => ("debug: ", 34),
            Level::TRACE => ("trace: ", 35),
        };
        if writer.has_ansi_escapes() && !label.is_empty() {
            write!(writer, "\x1b[1;{code}m{label}\x1b[0m")?;
        } else {
            writer.write_str(label)?;
        }
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

/// Writer of log lines above the bars, which step aside.
struct Above(MultiProgress);

impl<'a> MakeWriter<'a> for Above {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(&self.0)
    }
}

struct Line<'a>(&'a MultiProgress);

impl Write for Line<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write_all(buffer))?;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
