//! Summary of a run, on one screen.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use indicatif::BinaryBytes;
use persona_core::layout;
use persona_run::{
    Finished, Stage,
    figures::{self, duration},
    machine,
};
use persona_store::Counts;
use serde::Serialize;
use serde_json::Value;

use crate::invocation::Invocation;

/// Summary of a run.
#[derive(Serialize)]
pub(crate) struct Summary {
    run: String,
    folder: PathBuf,
    stages: Vec<Finished>,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Builds the summary of `stages`.
pub(crate) fn of(invocation: &Invocation, stages: Vec<Finished>) -> Summary {
    let exported = stages.iter().any(|stage| stage.stage == Stage::Export);
    let seconds: Duration = stages.iter().map(|stage| stage.time).sum();
    Summary {
        folder: invocation.run.folder.root().to_owned(),
        seconds: (seconds.as_secs_f64() * 10.0).round() / 10.0,
        peak_memory_bytes: machine::peak_memory(),
        next: exported.then(|| invocation.run.command("chat")),
        run: invocation.run.name.clone(),
        stages,
    }
}

impl Summary {
    /// Renders the summary for the terminal: example replies for a measured run, otherwise and with `-v` the figures of each stage.
    pub(crate) fn text(&self, invocation: &Invocation) -> Result<String> {
        let measured = self.stages.iter().find(|one| one.stage == Stage::Eval);
        match measured {
            Some(measured) if !invocation.verbose => {
                let closing = eval::closing(&measured.folder, &measured.figures)?;
                let time = duration(Duration::from_secs_f64(self.seconds));
                let run = &self.run;
                let mut text = format!("The run `{run}` is ready, after {time}.\n{closing}");
                for (what, command) in [
                    ("Talk to it", "chat"),
                    ("Its figures", "eval"),
                    ("A test for your friends", "blind-test --out for-friends"),
                ] {
                    let _ = writeln!(text, "{what}: {}", invocation.run.command(command));
                }
                let _ = writeln!(text, "On Discord: docs/OPERATIONS.md");
                if let Some(model) = invocation.run.model() {
                    let _ = writeln!(text, "Elsewhere: {}", model.display());
                }
                Ok(text)
            }
            _ => Ok(self.table()),
        }
    }

    fn table(&self) -> String {
        let mut text = String::new();
        for stage in &self.stages {
            let time = if stage.skipped {
                "skipped".to_owned()
            } else {
                duration(stage.time)
            };
            let _ = writeln!(
                text,
                "{:8} {time:>8}  {}",
                stage.stage,
                figures::told(stage.stage, &stage.figures)
            );
        }
        let _ = write!(
            text,
            "{:8} {:>8}",
            "all",
            duration(Duration::from_secs_f64(self.seconds))
        );
        if let Some(peak) = self.peak_memory_bytes {
            let _ = write!(text, "  at most {} of memory", BinaryBytes(peak));
        }
        text.push('\n');
        if let Some(report) = self.figures(Stage::Eval) {
            text.push_str(&eval::brief(report));
        }
        self.files(&mut text);
        if let Some(next) = &self.next {
            let _ = writeln!(text, "\nTalk to it: {next}");
        }
        text
    }

    fn figures(&self, stage: Stage) -> Option<&Value> {
        self.stages
            .iter()
            .find(|finished| finished.stage == stage)
            .map(|finished| &finished.figures)
    }

    fn files(&self, text: &mut String) {
        text.push('\n');
        for stage in &self.stages {
            let mut names: Vec<String> = match stage.stage {
                Stage::Sft | Stage::Dpo => vec![layout::ADAPTER.to_owned()],
                Stage::Export => stage
                    .outputs
                    .keys()
                    .filter(|name| {
                        Path::new(name)
                            .extension()
                            .is_some_and(|kind| kind == "gguf")
                    })
                    .cloned()
                    .collect(),
                Stage::Eval => vec![eval::TEXT_REPORT.to_owned(), eval::BLIND_TEST.to_owned()],
                Stage::Dataset => vec![layout::dataset::STATISTICS.to_owned()],
                Stage::Ingest => Vec::new(),
            };
            names.sort_unstable();
            for name in names {
                let path = stage.folder.join(&name);
                if path.exists() {
                    let _ = writeln!(text, "{:8} {}", stage.stage, path.display());
                }
            }
        }
    }
}

/// One line about the contents of a store.
pub(crate) fn holding(store: &Path, holds: &Counts) -> String {
    format!(
        "{} holds {} messages of {} authors in {} channels, {} of them replies, {} with reactions\n",
        store.display(),
        holds.messages,
        holds.authors,
        holds.channels,
        holds.replies,
        holds.reacted_messages
    )
}
