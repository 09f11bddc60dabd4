//! Habit recall: how often the persona has the known habits of the people, compared with the people.

use std::path::Path;

use persona_core::json;
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A record of `habits.json`.
#[derive(Clone, Debug, Deserialize)]
struct HabitRecord {
    author: String,
    name: String,
    description: String,
    pattern: String,
}

/// A known habit of an author, with its pattern compiled.
#[derive(Clone, Debug)]
pub(crate) struct Habit {
    record: HabitRecord,
    pattern: Regex,
}

/// Reads the known habits.
pub(crate) fn load(path: &Path) -> Result<Vec<Habit>, Error> {
    let records: Vec<HabitRecord> = json::read(path)?;
    records
        .into_iter()
        .map(|record| match Regex::new(&record.pattern) {
            Ok(pattern) => Ok(Habit { record, pattern }),
            Err(source) => Err(Error::Habit {
                path: path.to_owned(),
                name: record.name,
                source: Box::new(source),
            }),
        })
        .collect()
}

/// Share of replies that carry one habit: of the real replies, and of those of each model.
#[derive(Clone, Debug, Serialize)]
pub struct HabitShare {
    /// Author who has the habit.
    pub author: String,
    /// Short name of the habit.
    pub name: String,
    /// Description of the habit.
    pub description: String,
    /// Share of the real replies that carry it.
    pub real: f64,
    /// Share of the base's replies.
    pub base: f64,
    /// Share of the SFT model's replies.
    pub sft: Option<f64>,
    /// Share of the replies of the quantized file.
    pub quantized: f64,
}

/// Habit recall: the generated share over the real share, at most 1, averaged over habits.
#[derive(Clone, Debug, Serialize)]
pub struct HabitReport {
    /// Recall of the base.
    pub base: f64,
    /// Recall of the SFT model.
    pub sft: Option<f64>,
    /// Recall of the quantized file.
    pub quantized: f64,
    /// Number of real replies.
    pub real_replies: usize,
    /// Number of replies per model; all models answer the same prompts.
    pub generated_replies: usize,
    /// Habits that real replies carry.
    pub habits: Vec<HabitShare>,
}

/// Replies of each model to the same prompts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RepliesByModel<'a> {
    pub(crate) base: &'a [String],
    pub(crate) sft: Option<&'a [String]>,
    pub(crate) quantized: &'a [String],
}

/// Measures habit recall; `None` where the real replies carry none of the habits.
pub(crate) fn recall(
    habits: &[Habit],
    real: &[&str],
    generated: RepliesByModel<'_>,
) -> Option<HabitReport> {
    let shares: Vec<HabitShare> = habits
        .iter()
        .map(|habit| habit.shares(real, generated))
        .filter(|share| share.real > 0.0)
        .collect();
    if shares.is_empty() {
        return None;
    }
    let mean = |share: &dyn Fn(&HabitShare) -> f64| {
        let sum: f64 = shares.iter().map(|h| (share(h) / h.real).min(1.0)).sum();
        sum / shares.len() as f64
    };
    Some(HabitReport {
        base: mean(&|habit| habit.base),
        sft: generated
            .sft
            .map(|_| mean(&|habit| habit.sft.unwrap_or(0.0))),
        quantized: mean(&|habit| habit.quantized),
        real_replies: real.len(),
        generated_replies: generated.quantized.len(),
        habits: shares,
    })
}

impl Habit {
    fn shares(&self, real: &[&str], generated: RepliesByModel<'_>) -> HabitShare {
        let of = |replies: &[String]| self.share(replies.iter().map(String::as_str));
        HabitShare {
            author: self.record.author.clone(),
            name: self.record.name.clone(),
            description: self.record.description.clone(),
            real: self.share(real.iter().copied()),
            base: of(generated.base),
            sft: generated.sft.map(of),
            quantized: of(generated.quantized),
        }
    }

    fn share<'a>(&self, replies: impl ExactSizeIterator<Item = &'a str>) -> f64 {
        let all = replies.len().max(1);
        replies.filter(|text| self.pattern.is_match(text)).count() as f64 / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habit(name: &str, pattern: &str) -> Habit {
        Habit {
            record: HabitRecord {
                author: "somebody".to_owned(),
                name: name.to_owned(),
                description: String::new(),
                pattern: pattern.to_owned(),
            },
            pattern: Regex::new(pattern).unwrap(),
        }
    }

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn recall_is_the_mean_of_the_shares_and_is_capped() {
        let habits = [habit("lol", "lol"), habit("!", "!$"), habit("never", "zzz")];
        let real = ["lol", "a!", "b!", "c"];
        let report = recall(
            &habits,
            &real,
            RepliesByModel {
                base: &owned(&["a", "b"]),
                sft: None,
                quantized: &owned(&["lol", "lol", "x!", "y"]),
            },
        )
        .unwrap();
        assert_eq!(
            report.habits.len(),
            2,
            "a habit that nobody has is left out"
        );
        assert!(report.base.abs() < 1e-12);
        assert!(report.sft.is_none());
        // lol: 1/2 against 1/4, capped at 1; !: 1/4 against 1/2.
        assert!((report.quantized - 0.75).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_recall_is_no_recall() {
        let none = recall(
            &[habit("z", "zzz")],
            &["a"],
            RepliesByModel {
                base: &owned(&["zzz"]),
                sft: None,
                quantized: &owned(&["zzz"]),
            },
        );
        assert!(none.is_none());
    }
}
