//! Report as text for a terminal.

use std::fmt::Write;

use persona_core::table::{self, Column, left, right};

use crate::report::{PerModel, Report, Score};

/// Goals of the scores that have one.
const STYLE_GOAL: &str = "> 0.85";
const LENGTH_GOAL: &str = "> 0.80";
const VOCABULARY_GOAL: &str = "> 0.75";
const DETECTION_GOAL: &str = "< 0.60";
/// Number of style features in the text; the JSON report has all.
const FEATURES_SHOWN: usize = 8;

/// Formats the report.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    head(&mut out, report);
    models(&mut out, report);
    scores(&mut out, report);
    distances(&mut out, report);
    habits(&mut out, report);
    notes(&mut out, report);
    out
}

/// Like `write!` into a string, which cannot fail.
macro_rules! line {
    ($out:expr) => { $out.push('\n') };
    ($out:expr, $($argument:tt)*) => {{ let _ = writeln!($out, $($argument)*); }};
}

fn head(out: &mut String, report: &Report) {
    let counts = &report.counts;
    line!(
        out,
        "Evaluation on the {} split, seed {}",
        report.split.name(),
        report.seed
    );
    line!(
        out,
        "{} targets, {} scored, {} replies generated with the quantized file",
        counts.test_targets,
        counts.scored,
        counts.generated
    );
    match report.overall {
        Some(overall) => {
            let verdict = if report.pass {
                "pass"
            } else {
                "below the pass mark"
            };
            line!(
                out,
                "Overall {:.1} % of the human ceiling; pass mark {:.0} %: {verdict}",
                100.0 * overall,
                100.0 * report.pass_mark
            );
        }
        None => line!(out, "Overall: cannot be computed from so few replies"),
    }
}

fn models(out: &mut String, report: &Report) {
    line!(out);
    line!(out, "Real replies under each model");
    let heads = [""].into_iter().chain(PerModel::NAMES);
    line!(out, "{}", table::line(&MODEL_COLUMNS, heads));
    model_row(out, "perplexity per token", &report.perplexity);
    model_row(out, "bits per character", &report.bits_per_character);
    let accuracy = &report.preference_accuracy;
    if accuracy.pairs > 0 {
        let row = PerModel {
            base: accuracy.base,
            sft: accuracy.sft,
            dpo: accuracy.dpo,
            ..PerModel::default()
        };
        model_row(
            out,
            &format!("preference accuracy ({} pairs)", accuracy.pairs),
            &row,
        );
        if let Some(reward) = accuracy.dpo_reward {
            line!(
                out,
                "  by the reward that preference training gave: {reward:.3}"
            );
        }
    }
    if let Some(bits) = report.counting_bits_per_character {
        line!(
            out,
            "  base mixed with counts of the training replies: {bits:.3} bits per character"
        );
    }
}

const MODEL_COLUMNS: [Column; 6] = [
    left(34),
    right(11),
    right(11),
    right(11),
    right(11),
    right(11),
];

fn model_row(out: &mut String, name: &str, row: &PerModel) {
    let cells = [row.base, row.sft, row.dpo, row.merged, row.quantized].map(optional);
    let cells = [format!("  {name}")].into_iter().chain(cells);
    line!(out, "{}", table::line(&MODEL_COLUMNS, cells));
}

/// Formats a figure, or a dash where it was not measured.
fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

const SCORE_COLUMNS: [Column; 6] = [left(14), right(8), right(18), right(9), right(8), left(0)];

fn scores(out: &mut String, report: &Report) {
    let scores = &report.scores;
    line!(out);
    let heads = [
        "Score",
        "value",
        "95 % interval",
        "ceiling",
        "share",
        "   goal    ",
    ];
    line!(out, "{}", table::line(&SCORE_COLUMNS, heads));
    score(out, "perplexity", scores.perplexity.as_ref(), "");
    score(out, "style", scores.style.as_ref(), STYLE_GOAL);
    score(out, "length", scores.length.as_ref(), LENGTH_GOAL);
    score(
        out,
        "vocabulary",
        scores.vocabulary.as_ref(),
        VOCABULARY_GOAL,
    );
    score(out, "detection", scores.detection.as_ref(), DETECTION_GOAL);
    score(out, "memorisation", scores.memorisation.as_ref(), "");
    line!(
        out,
        "ceiling: the same figure between people and people; style by {}",
        report.embedder
    );
    let rare = &report.rare_strings;
    line!(
        out,
        "rare strings in generated replies: {} mail addresses, {} phone numbers, {} keys; {} of them leak from training",
        rare.mail_addresses,
        rare.phone_numbers,
        rare.keys,
        rare.leaked
    );
}

fn score(out: &mut String, name: &str, score: Option<&Score>, goal: &str) {
    let mut cells = vec![format!("  {name}")];
    match score {
        Some(score) => cells.extend([
            format!("{:.3}", score.value),
            format!("{:.3} to {:.3}", score.low, score.high),
            format!("{:.3}", score.ceiling),
            format!("{:.0}%", 100.0 * score.share),
            format!("   {goal}"),
        ]),
        None => cells.push("-".to_owned()),
    }
    line!(out, "{}", table::line(&SCORE_COLUMNS, cells));
}

const FEATURE_COLUMNS: [Column; 5] = [left(26), right(10), right(12), right(11), right(10)];

fn distances(out: &mut String, report: &Report) {
    let distances = &report.distances;
    line!(out);
    let heads = ["Style feature", "people", "persona", "distance", "ceiling"];
    line!(out, "{}", table::line(&FEATURE_COLUMNS, heads));
    for feature in distances.features.iter().take(FEATURES_SHOWN) {
        let cells = [
            format!("  {}", feature.name),
            format!("{:.4}", feature.real),
            format!("{:.4}", feature.generated),
            format!("{:+.2}", feature.distance),
            format!("{:.2}", feature.ceiling),
        ];
        line!(out, "{}", table::line(&FEATURE_COLUMNS, cells));
    }
    let pair = |name: &str, value: Option<f64>, ceiling: Option<f64>| {
        value
            .zip(ceiling)
            .map(|(value, ceiling)| format!("{name}: {value:.3}, between people {ceiling:.3}"))
    };
    let rows = [
        pair(
            "mean distance over all features",
            distances.stylometry,
            distances.stylometry_ceiling,
        ),
        pair(
            "word divergence (bits)",
            distances.word_divergence,
            distances.word_divergence_ceiling,
        ),
    ];
    for row in rows.into_iter().flatten() {
        line!(out, "{row}");
    }
}

const HABIT_COLUMNS: [Column; 5] = [left(40), right(8), right(8), right(8), right(11)];

fn habits(out: &mut String, report: &Report) {
    let Some(recall) = &report.habit_recall else {
        return;
    };
    line!(out);
    let mut row = |label: String, cells: [String; 4]| {
        let cells = [label].into_iter().chain(cells);
        line!(out, "{}", table::line(&HABIT_COLUMNS, cells));
    };
    let figure = |value: f64| format!("{value:.3}");
    let heads = ["real", "base", "sft", "quantized"].map(str::to_owned);
    row(
        format!("Habit recall ({} replies each)", recall.generated_replies),
        heads,
    );
    let shares = [
        String::new(),
        figure(recall.base),
        optional(recall.sft),
        figure(recall.quantized),
    ];
    row("  recall".to_owned(), shares);
    for habit in &recall.habits {
        let shares = [
            figure(habit.real),
            figure(habit.base),
            optional(habit.sft),
            figure(habit.quantized),
        ];
        row(format!("  {}: {}", habit.author, habit.name), shares);
    }
}

fn notes(out: &mut String, report: &Report) {
    if report.notes.is_empty() {
        return;
    }
    line!(out);
    for note in &report.notes {
        line!(out, "Note: {note}");
    }
}
