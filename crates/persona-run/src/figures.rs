//! Figures of stages and durations, as text for people.

use std::{fmt::Write as _, time::Duration};

use persona_core::terminal::{binary_bytes, thousands};
use serde_json::Value;

use crate::stage::Stage;

/// Renders a stage's figures in a few words.
pub fn told(stage: Stage, figures: &Value) -> String {
    let count = |key: &str| {
        figures[key]
            .as_u64()
            .map_or_else(|| "?".to_owned(), thousands)
    };
    match stage {
        Stage::Ingest => format!(
            "{} messages in the store",
            thousands(figures["store"]["messages"].as_u64().unwrap_or_default())
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
                let _ = write!(told, ", {} tokens/s", thousands(speed as u64));
            }
            told
        }
        Stage::Export => {
            let files = figures["files"].as_array().into_iter().flatten();
            let sizes: Vec<String> = files
                .map(|file| {
                    let bytes = binary_bytes(file["bytes"].as_u64().unwrap_or_default());
                    format!("{} {bytes}", file["quant"].as_str().unwrap_or("?"))
                })
                .collect();
            sizes.join(", ")
        }
        Stage::Eval => format!(
            "{} test messages scored, {} replies generated",
            thousands(figures["counts"]["scored"].as_u64().unwrap_or_default()),
            thousands(figures["counts"]["generated"].as_u64().unwrap_or_default())
        ),
    }
}

/// Duration for people: `9.5 s`, `62 min 05 s`.
pub fn duration(time: Duration) -> String {
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
