//! Makes a base model: `cargo run --release -p lora-trainer --example pretrain -- OUT CONFIG CORPUS…`,
//! where CONFIG is JSON such as `{"steps": 1000}`.
#![expect(clippy::print_stderr, reason = "a program for the terminal")]

use std::{error::Error, io::IsTerminal, path::PathBuf, sync::Mutex, time::Instant};

use lora_trainer::pretrain::{PretrainConfig, PretrainInputs, run};
use persona_core::{Progress, Task, Unit};

struct Lines;

struct Line {
    label: String,
    state: Mutex<(u64, Instant)>,
}

impl Progress for Lines {
    fn task(&self, label: &str, _: Option<u64>, _: Unit) -> Box<dyn Task> {
        Box::new(Line {
            label: label.to_owned(),
            state: Mutex::new((0, Instant::now())),
        })
    }

    fn warn(&self, message: &str) {
        eprintln!("warning: {message}");
    }

    fn info(&self, message: &str) {
        eprintln!("{message}");
    }

    fn interrupted(&self) -> bool {
        false
    }
}

impl Task for Line {
    fn advance(&self, count: u64) {
        if let Ok(mut state) = self.state.lock() {
            state.0 += count;
        }
    }

    fn set(&self, done: u64) {
        if let Ok(mut state) = self.state.lock() {
            state.0 = done;
        }
    }

    fn note(&self, text: &str) {
        if let Ok(mut state) = self.state.lock()
            && (std::io::stderr().is_terminal() || state.1.elapsed().as_secs() >= 10)
        {
            eprintln!("{} {}: {text}", self.label, state.0);
            state.1 = Instant::now();
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: pretrain OUT CONFIG CORPUS…, with CONFIG as JSON";
    let out = PathBuf::from(arguments.next().ok_or(usage)?);
    let config: PretrainConfig = serde_json::from_str(&arguments.next().ok_or(usage)?)?;
    let inputs = PretrainInputs {
        corpus: arguments.map(PathBuf::from).collect(),
        out,
        seed: 1,
    };
    let report = run(&config, &inputs, &Lines)?;
    eprintln!("{report:#?}");
    Ok(())
}
