//! Report in a few lines, for the end of a pipeline.

use std::fmt::Write;

use persona_core::table::{self, Column, left, right};
use serde_json::Value;

use crate::report::PerModel;

/// A label, and one figure for each of up to five models.
const COLUMNS: [Column; 6] = [
    left(22),
    right(11),
    right(11),
    right(11),
    right(11),
    right(11),
];

/// Formats the figures of each model, the scores and the verdict. `report` is the report as JSON; one of an earlier
/// version may lack some figures.
pub fn brief(report: &Value) -> String {
    let mut text = String::new();
    models(&mut text, report);
    scores(&mut text, report);
    text
}

fn models(text: &mut String, report: &Value) {
    let heads = [""].into_iter().chain(PerModel::NAMES);
    let _ = writeln!(text, "\n{}", table::line(&COLUMNS, heads));
    let mut row = |label: &str, values: [Option<f64>; 5], digits: usize| {
        if values.iter().any(Option::is_some) {
            let cells = values.map(|value| {
                value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
            });
            let cells = [label.to_owned()].into_iter().chain(cells);
            let _ = writeln!(text, "{}", table::line(&COLUMNS, cells));
        }
    };
    let of = |key: &str| PerModel::NAMES.map(|model| report[key][model].as_f64());
    row("loss", of("perplexity").map(|value| value.map(f64::ln)), 3);
    row("perplexity", of("perplexity"), 2);
    row("bits per character", of("bits_per_character"), 3);
    row("preference accuracy", of("preference_accuracy"), 3);
    row("habit recall", of("habit_recall"), 3);
}

fn scores(text: &mut String, report: &Value) {
    let Some(scores) = report["scores"].as_object() else {
        return;
    };
    let heads = table::line(&COLUMNS, ["", "value", "ceiling"]);
    let _ = writeln!(text, "\n{heads}");
    for (name, score) in scores {
        let mut cells = vec![name.clone()];
        match (score["value"].as_f64(), score["ceiling"].as_f64()) {
            (Some(value), Some(ceiling)) => {
                cells.extend([value, ceiling].map(|figure| format!("{figure:.3}")));
            }
            _ => cells.push("too few".to_owned()),
        }
        let _ = writeln!(text, "{}", table::line(&COLUMNS, cells));
    }
    let mark = report["pass_mark"].as_f64().unwrap_or_default() * 100.0;
    match report["overall"].as_f64() {
        Some(overall) => {
            let verdict = if report["pass"] == true {
                "pass"
            } else {
                "below the pass mark"
            };
            let _ = writeln!(
                text,
                "overall {:.1} % of the ceiling, pass mark {mark:.0} %: {verdict}",
                overall * 100.0
            );
        }
        None => text.push_str("overall: cannot be computed from so few replies\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_figures_are_shown_as_missing() {
        let report = serde_json::json!({
            "perplexity": {"base": 40.0, "sft": 20.0, "dpo": null, "merged": 20.0, "quantized": 20.5},
            "scores": {"style": {"value": 0.8, "ceiling": 0.9}, "length": null},
            "overall": null,
        });
        let text = brief(&report);
        assert!(
            text.contains(
                "perplexity                  40.00      20.00          –      20.00      20.50\n"
            ),
            "{text}"
        );
        assert!(!text.contains("habit recall"), "{text}");
        assert!(text.contains("too few"), "{text}");
    }
}
