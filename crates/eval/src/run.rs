//! Entry point of the eval stage.

use persona_core::{ChatMessage, Progress, atomic, jsonl, layout};
use persona_engine::ModelSource;
use serde::Serialize;

use crate::{
    blind,
    config::{Config, Inputs},
    data::{Data, Target},
    embedding,
    error::Error,
    generation::{self, GeneratedReplies},
    habits::{self, HabitReport, RepliesByModel},
    memorisation::{RareStrings, TrainingTexts},
    models::{self, Measured},
    notes::notes,
    profile::{Profile, feature_names},
    report::{Counts, Report, Score, Scores},
    resample::{halves, wilson},
    saving,
    scores::{Compared, share},
    table,
};

/// File name of the report as text.
pub const TEXT_REPORT: &str = "report.txt";
/// File name of the generated replies, each with the real one; a JSON record per line.
pub const GENERATED: &str = "generated.jsonl";

/// Weights of the shares in the overall score: perplexity, style, length, vocabulary.
const WEIGHTS: [f64; 4] = [0.25, 0.30, 0.20, 0.25];

/// Evaluates the persona and writes `report.json`, `report.txt`, `generated.jsonl` and the blind test.
pub fn run(config: &Config, inputs: &Inputs, progress: &dyn Progress) -> Result<Report, Error> {
    config.check()?;
    inputs.form.check()?;
    inputs.sampling.check()?;
    let known_habits = match &inputs.habits {
        Some(path) => habits::load(path)?,
        None => Vec::new(),
    };
    let data = Data::load(config, inputs)?;
    let scored = &data.targets[..config.max_scored.min(data.targets.len())];
    let answered = &scored[..config.max_generated.min(scored.len())];

    let quantized = ModelSource::Gguf(inputs.quantized.clone());
    let replies = generation::answer(
        quantized,
        "quantized",
        answered,
        &inputs.sampling,
        inputs.seed,
        progress,
    )?;
    let habit_recall = if known_habits.is_empty() {
        None
    } else {
        let asked = &answered[..config.habit_replies.min(answered.len())];
        habit_recall(&known_habits, inputs, &data, asked, &replies, progress)?
    };
    let measured = models::measure(config, inputs, &data, scored, progress)?;
    let counted = saving::counted_bits(inputs, &data, &measured)?;

    let (real, generated, embedder) = profiles(inputs, answered, &replies, progress)?;
    let compared = Compared {
        real: &real,
        generated: &generated,
    };
    let halvings = halves(real.len(), config.halvings, inputs.seed);
    let training = TrainingTexts::new(data.training_texts.iter().map(String::as_str), config);
    let scores = Scores {
        perplexity: saving::score(config, inputs.seed, &measured, counted),
        style: compared.style(&halvings),
        length: compared.length(&halvings),
        vocabulary: compared.vocabulary(&halvings),
        detection: compared.detection(config, inputs.seed),
        memorisation: memorisation_score(&training, answered, &replies),
    };
    let overall = overall(&scores);
    let blind_test = blind::write(
        &inputs.out,
        answered,
        &replies.texts,
        config.blind_test,
        inputs.seed,
    )?;
    let counts = counts(&data, &measured, &replies, blind_test);
    let report = Report {
        overall,
        pass: overall.is_some_and(|overall| overall >= config.pass_mark),
        pass_mark: config.pass_mark,
        perplexity: measured.perplexity,
        bits_per_character: measured.bits_per_character,
        counting_bits_per_character: counted,
        distances: compared.distances(&halvings, &feature_names()),
        rare_strings: rare_strings(&training, answered, &replies),
        preference_accuracy: measured.preference_accuracy,
        notes: notes(
            config,
            inputs,
            &data,
            &counts,
            &measured.bits_per_character,
            &scores,
        ),
        counts,
        habit_recall,
        scores,
        split: data.split,
        embedder,
        seed: inputs.seed,
    };
    for note in &report.notes {
        progress.warn(note);
    }
    jsonl::write(
        &inputs.out.join(GENERATED),
        generated_records(answered, &replies),
    )?;
    atomic::write(&inputs.out.join(TEXT_REPORT), table::text(&report))?;
    atomic::write_json(&inputs.out.join(layout::REPORT), &report)?;
    Ok(report)
}

fn habit_recall(
    known: &[habits::Habit],
    inputs: &Inputs,
    data: &Data,
    asked: &[Target],
    quantized: &GeneratedReplies,
    progress: &dyn Progress,
) -> Result<Option<HabitReport>, Error> {
    let answer = |adapter: Option<&std::path::PathBuf>, model_name| {
        let source = ModelSource::HuggingFace {
            base: inputs.base.clone(),
            adapter: adapter.cloned(),
        };
        generation::answer(
            source,
            model_name,
            asked,
            &inputs.sampling,
            inputs.seed,
            progress,
        )
    };
    let base = answer(None, "base")?;
    let sft = match &inputs.sft_adapter {
        Some(adapter) => Some(answer(Some(adapter), "sft")?),
        None => None,
    };
    let held_out = data.targets.iter().map(|target| &target.reply);
    let real: Vec<&str> = held_out
        .chain(&data.training_replies)
        .map(String::as_str)
        .collect();
    let generated = RepliesByModel {
        base: &base.texts,
        sft: sft.as_ref().map(|replies| replies.texts.as_slice()),
        quantized: &quantized.texts[..asked.len()],
    };
    Ok(habits::recall(known, &real, generated))
}

/// Profiles of the real and of the generated replies, embeddings included, and the embedder's name.
fn profiles(
    inputs: &Inputs,
    answered: &[Target],
    replies: &GeneratedReplies,
    progress: &dyn Progress,
) -> Result<(Vec<Profile>, Vec<Profile>, String), Error> {
    let real: Vec<&str> = answered
        .iter()
        .map(|target| target.reply.as_str())
        .collect();
    let generated: Vec<&str> = replies.texts.iter().map(String::as_str).collect();
    let profile = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| Profile::of(text))
            .collect::<Vec<_>>()
    };
    let (mut of_real, mut of_generated) = (profile(&real), profile(&generated));
    let mut all: Vec<&mut Profile> = of_real.iter_mut().chain(&mut of_generated).collect();
    let embedder = embedding::embed(inputs, &[real, generated].concat(), &mut all, progress)?;
    Ok((of_real, of_generated, embedder))
}

/// Share of replies copied from the training split; the ceiling is that of the real replies, as people repeat
/// themselves too.
fn memorisation_score(
    training: &TrainingTexts,
    answered: &[Target],
    replies: &GeneratedReplies,
) -> Option<Score> {
    let all = replies.texts.len();
    let copied = replies
        .texts
        .iter()
        .filter(|text| training.holds(text))
        .count();
    let repeated = answered
        .iter()
        .filter(|target| training.holds(&target.reply))
        .count();
    let (value, ceiling) = (copied as f64 / all as f64, repeated as f64 / all as f64);
    let (low, high) = wilson(copied, all);
    (all > 0).then(|| Score {
        value,
        ceiling,
        share: share(1.0 - value, 1.0 - ceiling),
        low,
        high,
    })
}

fn rare_strings(
    training: &TrainingTexts,
    answered: &[Target],
    replies: &GeneratedReplies,
) -> RareStrings {
    let prompts = answered.iter().map(|target| target.context().join("\n"));
    let texts = replies.texts.iter().map(String::as_str);
    RareStrings::count(training, texts.zip(prompts))
}

/// Weighted mean of the shares; `None` unless all four scores exist.
fn overall(scores: &Scores) -> Option<f64> {
    let parts = [
        scores.perplexity,
        scores.style,
        scores.length,
        scores.vocabulary,
    ];
    let weighted = parts.iter().zip(WEIGHTS);
    weighted
        .map(|(score, weight)| score.map(|score| weight * score.share))
        .sum()
}

fn counts(
    data: &Data,
    measured: &Measured,
    replies: &GeneratedReplies,
    blind_test: usize,
) -> Counts {
    let empty = replies.texts.iter().filter(|text| text.is_empty());
    Counts {
        test_targets: data.targets.len(),
        scored: measured.base.len(),
        generated: replies.texts.len(),
        empty: empty.count(),
        cut_off: replies.cut_off,
        training_replies: data.training_replies.len(),
        scored_tokens: measured.base.iter().map(|one| one.targets.len()).sum(),
        scored_characters: measured.base.iter().map(|one| one.characters).sum(),
        blind_test,
    }
}

/// A record of [`GENERATED`].
#[derive(Serialize)]
struct GeneratedRecord<'a> {
    message_id: u64,
    prompt: &'a [ChatMessage],
    real: &'a str,
    generated: &'a str,
}

fn generated_records<'a>(
    answered: &'a [Target],
    replies: &'a GeneratedReplies,
) -> impl Iterator<Item = GeneratedRecord<'a>> {
    answered
        .iter()
        .zip(&replies.texts)
        .map(|(target, generated)| GeneratedRecord {
            message_id: target.message_id,
            prompt: &target.prompt,
            real: &target.reply,
            generated,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_make_a_whole_and_a_missing_part_makes_none() {
        let score = |share: f64| {
            Some(Score {
                value: 0.0,
                ceiling: 0.0,
                share,
                low: 0.0,
                high: 0.0,
            })
        };
        let mut scores = Scores {
            perplexity: score(1.0),
            style: score(1.0),
            length: score(1.0),
            vocabulary: score(1.0),
            ..Scores::default()
        };
        assert!((overall(&scores).unwrap() - 1.0).abs() < 1e-12);
        scores.style = score(0.5);
        assert!((overall(&scores).unwrap() - 0.85).abs() < 1e-12);
        scores.length = None;
        assert!(overall(&scores).is_none());
    }
}
