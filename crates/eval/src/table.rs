//! The report as text, to be read in a terminal.

use std::fmt::Write;

use crate::report::{Report, Score, Stages};

/// Goals of the design, for the scores that have one.
const STYLE_GOAL: &str = "> 0.85";
const LENGTH_GOAL: &str = "> 0.80";
const VOCABULARY_GOAL: &str = "> 0.75";
const DETECTION_GOAL: &str = "< 0.60";
/// Style features that the text shows; all are in the JSON report.
const FEATURES_SHOWN: usize = 8;

/// Renders the report.
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

/// `write!` into a string cannot fail.
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
    line!(
        out,
        "{:<34}{}",
        "",
        STAGES.map(|name| format!("{name:>11}")).concat()
    );
    stages(out, "perplexity per token", &report.perplexity);
    stages(out, "bits per character", &report.bits_per_character);
    let accuracy = &report.preference_accuracy;
    if accuracy.pairs > 0 {
        let row = Stages {
            base: accuracy.base,
            sft: accuracy.sft,
            dpo: accuracy.dpo,
            ..Stages::default()
        };
        stages(
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

const STAGES: [&str; 5] = ["base", "sft", "dpo", "merged", "quantized"];

fn stages(out: &mut String, name: &str, row: &Stages) {
    let cell = |value: Option<f64>| match value {
        Some(value) => format!("{value:>11.3}"),
        None => format!("{:>11}", "-"),
    };
    let cells = [row.base, row.sft, row.dpo, row.merged, row.quantized].map(cell);
    line!(out, "  {name:<32}{}", cells.concat());
}

fn scores(out: &mut String, report: &Report) {
    let scores = &report.scores;
    line!(out);
    line!(
        out,
        "{:<14}{:>8}{:>18}{:>9}{:>8}   {:<8}",
        "Score",
        "value",
        "95 % interval",
        "ceiling",
        "share",
        "goal"
    );
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
    match score {
        Some(score) => line!(
            out,
            "{:<14}{:>8.3}{:>18}{:>9.3}{:>7.0}%   {goal}",
            format!("  {name}"),
            score.value,
            format!("{:.3} to {:.3}", score.low, score.high),
            score.ceiling,
            100.0 * score.share
        ),
        None => line!(out, "  {name:<12}{:>8}", "-"),
    }
}

fn distances(out: &mut String, report: &Report) {
    let distances = &report.distances;
    line!(out);
    line!(
        out,
        "{:<26}{:>10}{:>12}{:>11}{:>10}",
        "Style feature",
        "people",
        "persona",
        "distance",
        "ceiling"
    );
    for feature in distances.features.iter().take(FEATURES_SHOWN) {
        line!(
            out,
            "  {:<24}{:>10.4}{:>12.4}{:>+11.2}{:>10.2}",
            feature.name,
            feature.real,
            feature.generated,
            feature.distance,
            feature.ceiling
        );
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

fn habits(out: &mut String, report: &Report) {
    let Some(recall) = &report.habit_recall else {
        return;
    };
    let optional = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
    line!(out);
    line!(
        out,
        "{:<40}{:>8}{:>8}{:>8}{:>11}",
        format!("Habit recall ({} replies each)", recall.generated_replies),
        "real",
        "base",
        "sft",
        "quantized"
    );
    line!(
        out,
        "  {:<38}{:>8}{:>8.3}{:>8}{:>11.3}",
        "recall",
        "",
        recall.base,
        optional(recall.sft),
        recall.quantized
    );
    for habit in &recall.habits {
        line!(
            out,
            "  {:<38}{:>8.3}{:>8.3}{:>8}{:>11.3}",
            format!("{}: {}", habit.author, habit.name),
            habit.real,
            habit.base,
            optional(habit.sft),
            habit.quantized
        );
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
