//! What a run came to, on one screen.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use indicatif::{BinaryBytes, HumanCount};
use persona_core::layout;
use persona_run::{Finished, Stage, machine};
use persona_store::Counts;
use serde::Serialize;
use serde_json::Value;

use crate::session::Session;

/// What a run came to.
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

/// Sums up `stages`.
pub(crate) fn of(session: &Session, stages: Vec<Finished>) -> Summary {
    let run = session.run.name.clone();
    let chat = if run == "default" {
        "cargo xtask chat".to_owned()
    } else {
        format!("cargo xtask chat --run {run}")
    };
    let exported = stages.iter().any(|stage| stage.stage == Stage::Export);
    let seconds: Duration = stages.iter().map(|stage| stage.time).sum();
    Summary {
        folder: session.run.folder.root().to_owned(),
        seconds: (seconds.as_secs_f64() * 10.0).round() / 10.0,
        peak_memory_bytes: machine::peak_memory(),
        next: exported.then_some(chat),
        run,
        stages,
    }
}

impl Summary {
    /// As text for the terminal.
    pub(crate) fn text(&self) -> String {
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
                told(stage.stage, &stage.figures)
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

/// A stage's figures in a few words.
fn told(stage: Stage, figures: &Value) -> String {
    let count = |key: &str| {
        figures[key]
            .as_u64()
            .map_or_else(|| "?".to_owned(), |count| HumanCount(count).to_string())
    };
    match stage {
        Stage::Ingest => format!(
            "{} messages in the store",
            HumanCount(figures["store"]["messages"].as_u64().unwrap_or_default())
        ),
        Stage::Dataset => format!(
            "{} conversations of {} authors; {} examples to train on, {} to test on; {} pairs",
            count("conversations"),
            count("authors"),
            count("train_targets"),
            count("test_targets"),
            count("pairs")
        ),
        Stage::Sft | Stage::Dpo => {
            let mut told = format!("{} steps", count("steps"));
            if let (Some(before), Some(after)) = (
                figures["validation_loss"][0].as_f64(),
                figures["validation_loss"][1].as_f64(),
            ) {
                let _ = write!(told, ", validation loss {before:.3} → {after:.3}");
            }
            if let Some(speed) = figures["tokens_per_second"].as_f64() {
                let _ = write!(told, ", {} tokens/s", HumanCount(speed as u64));
            }
            told
        }
        Stage::Export => {
            let files = figures["files"].as_array().into_iter().flatten();
            let sizes: Vec<String> = files
                .map(|file| {
                    let bytes = BinaryBytes(file["bytes"].as_u64().unwrap_or_default());
                    format!("{} {bytes}", file["quant"].as_str().unwrap_or("?"))
                })
                .collect();
            sizes.join(", ")
        }
        Stage::Eval => format!(
            "{} test messages scored, {} replies generated",
            HumanCount(figures["counts"]["scored"].as_u64().unwrap_or_default()),
            HumanCount(figures["counts"]["generated"].as_u64().unwrap_or_default())
        ),
    }
}

/// What a store holds, in a line.
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

fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 99.95 {
        return format!("{seconds:.1} s");
    }
    let minutes = (seconds / 60.0).floor();
    format!(
        "{minutes:.0} min {:02.0} s",
        (seconds - 60.0 * minutes).floor()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(440)), "0.4 s");
        assert_eq!(duration(Duration::from_millis(99_960)), "1 min 39 s");
        assert_eq!(duration(Duration::from_secs(3725)), "62 min 05 s");
    }
}
