//! Reads exports into a store and shows what came of it: `ingest STORE SOURCE…`.

use std::{env, path::PathBuf, process::ExitCode, time::Instant};

use ingest::{Config, Error, Inputs, Report};
use persona_core::{Hint, Progress, Silent, Task, Unit};
use persona_store::Store;

/// Prints what a user should know.
struct Plain;

impl Progress for Plain {
    fn task(&self, _: &str, _: Option<u64>, _: Unit) -> Box<dyn Task> {
        Box::new(Silent)
    }

    #[expect(clippy::print_stderr, reason = "an example talks to its user")]
    fn warn(&self, message: &str) {
        eprintln!("warning: {message}");
    }

    #[expect(clippy::print_stderr, reason = "an example talks to its user")]
    fn info(&self, message: &str) {
        eprintln!("{message}");
    }

    fn interrupted(&self) -> bool {
        false
    }
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to its user"
)]
fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let Some(store) = arguments.next() else {
        eprintln!("usage: ingest STORE SOURCE…");
        return ExitCode::FAILURE;
    };
    let inputs = Inputs {
        store,
        sources: arguments.collect(),
    };
    let start = Instant::now();
    let outcome = ingest::run(&Config::default(), &inputs, &Plain);
    let seconds = start.elapsed().as_secs_f64();
    let show = |report: &Report| {
        let rate = report.totals.messages as f64 / seconds;
        println!("{} files, {:?}", report.files.len(), report.totals);
        println!("{:?}", report.store);
        println!("{seconds:.2} s, {rate:.0} messages/s");
    };
    let code = match &outcome {
        Ok(report) => {
            show(report);
            ExitCode::SUCCESS
        }
        Err(error) => {
            if let Error::Sources { report, .. } | Error::Interrupted { report } = error {
                show(report);
            }
            eprintln!("error: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::FAILURE
        }
    };
    if let Ok(store) = Store::open_read_only(&inputs.store) {
        println!("content {:?}", store.content_hash());
    }
    code
}
