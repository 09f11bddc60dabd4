//! The settings that a run recorded beside its results, and settings that contradict them.

use std::{collections::BTreeSet, path::Path};

use persona_core::layout::is_plain_name;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{
    ConfigError, ConfigFile, difference::Difference, layers, moved, overlay, recorded, schema,
};
use crate::{
    folder::RunFolder,
    manifest::{Manifest, PLAN_NAME},
    run::{DEFAULT_RUN, locate},
    stage::{Mode, Stage},
};

/// Keys and sections that say how a program behaves, and nothing about the results of a run.
const NOT_THE_RUNS: [&str; 5] = ["run", "bot", "discord", "fetch", "pretrain"];

/// Keys and sections that decide what trained adapters are like.
const OF_TRAINING: [&str; 11] = [
    "input",
    "base",
    "store",
    "limit",
    "conversations",
    "seed",
    "mode",
    "conversation",
    "dataset",
    "train",
    "dpo",
];

/// Keys and sections, by their name at the top, that a command does not read.
pub type Unread = &'static [&'static str];

/// Treatment of settings that contradict those of the run's results. Where a command does not read a setting, the run's value
/// overrides the file's in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradictions {
    /// Refuse them: the command would overwrite these results, or mix others with them.
    Refuse(Unread),
    /// Accept them: the user confirmed the change.
    Accept(Unread),
    /// Accept flags and ignore the file: the command leaves the results as they are.
    Yield,
}

impl Contradictions {
    /// Whether the recorded value of `key` overrides the file's.
    fn lets_yield(self, key: &str) -> bool {
        let top = key.split('.').next().unwrap_or(key);
        match self {
            Self::Refuse(unread) | Self::Accept(unread) => unread.contains(&top),
            Self::Yield => true,
        }
    }
}

/// Settings of one run, without the defaults.
#[derive(Clone, Debug, Default)]
pub struct RunSettings {
    /// Recorded settings of the run.
    pub recorded: Table,
    /// Settings of the file and the flags.
    pub given: Table,
    /// Settings of the file that the recorded ones override.
    pub yielded: Vec<Difference>,
    /// Recorded keys that this version does not know; they are skipped.
    pub outdated: BTreeSet<String>,
}

impl RunSettings {
    /// Reads the settings of the run that `flags` or `file` name. `holds_history` says whether the store at a path holds
    /// messages; a recorded section is used where it can be read as part of a `T`.
    pub fn read<T: DeserializeOwned>(
        file: &ConfigFile,
        flags: &Table,
        contradictions: Contradictions,
        holds_history: impl FnOnce(&Path) -> bool,
    ) -> Result<Self, ConfigError> {
        let mut given = file.table().clone();
        overlay(&mut given, flags.clone());
        let name = given.get("run").and_then(Value::as_str);
        let name = name.unwrap_or(DEFAULT_RUN).to_owned();
        // What is no run's name is refused where the run is opened.
        if !is_plain_name(&name) {
            return Ok(Self {
                given,
                ..Self::default()
            });
        }
        let run = RunFolder::named(&name);
        let (mut recorded, outdated) = readable::<T>(recorded(&run)?);
        let mut yielded = Vec::new();
        if !recorded.is_empty() {
            let mut found = differences(&run, &recorded, &given, holds_history);
            for one in &mut found {
                one.by_flag = layers::get(flags, &one.key).is_some();
            }
            let refused: Vec<Difference>;
            (yielded, refused) = found
                .into_iter()
                .partition(|one| !one.by_flag && contradictions.lets_yield(&one.key));
            if matches!(contradictions, Contradictions::Refuse(_)) && !refused.is_empty() {
                return Err(ConfigError::Contradiction {
                    run: name,
                    file: file.path.clone(),
                    differences: refused,
                });
            }
            for one in &yielded {
                layers::remove(&mut given, &one.key);
            }
        }
        if given
            .get("base")
            .is_some_and(|base| !is_same("base", recorded.get("base"), base))
        {
            // These numbers suit the base that they were recorded with.
            recorded.remove("train");
            recorded.remove("dpo");
        }
        Ok(Self {
            recorded,
            given,
            yielded,
            outdated,
        })
    }

    /// Text at a key at the top; `None` where it is not set or is no text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.value(key)?.as_str()
    }

    /// Whole number at a key at the top; `None` where it is not set or is none.
    pub fn integer(&self, key: &str) -> Option<i64> {
        self.value(key)?.as_integer()
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.given.get(key).or_else(|| self.recorded.get(key))
    }

    /// Sentences for the user on settings of the file that do not hold, and on records that were skipped. What the file says of
    /// conversations is left out: the warning where their form is settled names the model as well.
    pub fn notes(&self) -> Vec<String> {
        let of_form = format!("{}.", moved::CONVERSATION);
        let mut notes: Vec<String> = self
            .yielded
            .iter()
            .filter(|one| !one.key.starts_with(&of_form))
            .map(|one| {
                format!(
                    "the run was made with {}, which holds here; the configuration file says {}",
                    one.was(),
                    one.is()
                )
            })
            .collect();
        if !self.outdated.is_empty() {
            let keys: Vec<&str> = self.outdated.iter().map(String::as_str).collect();
            notes.push(format!(
                "the run's config.toml is of another version; skipped: {}",
                keys.join(", ")
            ));
        }
        notes
    }
}

/// Splits a recorded configuration into settings of the run that this version reads and the names of all others.
fn readable<T: DeserializeOwned>(recorded: Table) -> (Table, BTreeSet<String>) {
    let (mut own, mut outdated) = (Table::new(), BTreeSet::new());
    for (key, mut value) in moved::translated(recorded) {
        if NOT_THE_RUNS.contains(&&*key) {
            continue;
        }
        if let Value::Table(section) = &mut value {
            schema::retain_known(section, &key, &mut outdated);
        }
        let one = Table::from_iter([(key.clone(), value.clone())]);
        if schema::keys_of("").contains(&key) && Value::Table(one).try_into::<T>().is_ok() {
            own.insert(key, value);
        } else {
            outdated.insert(key);
        }
    }
    (own, outdated)
}

/// Settings in `given` that differ from those that the results in `run` were made with.
fn differences(
    run: &RunFolder,
    recorded: &Table,
    given: &Table,
    holds_history: impl FnOnce(&Path) -> bool,
) -> Vec<Difference> {
    let trained = [Stage::Sft, Stage::Dpo]
        .into_iter()
        .any(|stage| has_results(&run.stage(stage)));
    let mut found = Vec::new();
    compare("", recorded, given, &mut found);
    if !trained {
        // Reading other exports empties the run's own store first. One that was filled by hand is added to.
        let filled = recorded.get("store").is_none()
            && Manifest::last(&run.stage(Stage::Ingest))
                .is_some_and(|last| !last.inputs.is_empty())
            && holds_history(&run.store());
        found.retain(|one| one.key == "input" && filled);
    }
    found.retain(|one| one.key != "mode" || drops_preferences(run, one));
    found
}

fn compare(section: &str, recorded: &Table, given: &Table, found: &mut Vec<Difference>) {
    for (name, value) in given {
        if section.is_empty() && !OF_TRAINING.contains(&name.as_str()) {
            continue;
        }
        let key = schema::below(section, name);
        let before = recorded.get(name);
        match (before, value) {
            (Some(Value::Table(before)), Value::Table(value)) => {
                compare(&key, before, value, found);
            }
            (None, Value::Table(value)) => compare(&key, &Table::new(), value, found),
            _ if is_same(&key, before, value) => {}
            _ => found.push(Difference {
                key,
                recorded: before.cloned(),
                given: value.clone(),
                by_flag: false,
            }),
        }
    }
}

/// Whether two values of `key` mean the same. Paths do where they lead to the same file.
fn is_same(key: &str, before: Option<&Value>, value: &Value) -> bool {
    let Some(before) = before else {
        return matches!(value, Value::Array(items) if items.is_empty());
    };
    let is_path = ["input", "base", "store"].contains(&key);
    match (before, value) {
        (Value::String(before), Value::String(value)) if is_path => place(before) == place(value),
        (Value::Array(before), Value::Array(value)) => {
            before.len() == value.len()
                && before
                    .iter()
                    .zip(value)
                    .all(|(before, value)| is_same(key, Some(before), value))
        }
        _ => before == value || number(before).is_some_and(|one| Some(one) == number(value)),
    }
}

fn place(path: &str) -> std::path::PathBuf {
    let path = locate(Path::new(path));
    path.canonicalize()
        .or_else(|_| std::path::absolute(&path))
        .unwrap_or(path)
}

fn number(value: &Value) -> Option<f64> {
    value
        .as_float()
        .or_else(|| value.as_integer().map(|number| number as f64))
}

/// Whether the other mode removes a trained adapter of preferences, or trains it anew.
fn drops_preferences(run: &RunFolder, mode: &Difference) -> bool {
    let is = |value: Option<&Value>, mode: Mode| value.and_then(Value::as_str) == Some(mode.name());
    has_results(&run.stage(Stage::Dpo))
        && (is(Some(&mode.given), Mode::Sft)
            || is(mode.recorded.as_ref(), Mode::DpoOnly) && !has_results(&run.stage(Stage::Sft)))
}

/// Whether the folder of a stage holds more than the plan for it.
fn has_results(folder: &Path) -> bool {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.file_name() != PLAN_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        text.parse().unwrap()
    }

    fn found(recorded: &str, given: &str) -> Vec<String> {
        let mut found = Vec::new();
        compare("", &table(recorded), &table(given), &mut found);
        found
            .iter()
            .map(|one| format!("{}, {}", one.was(), one.is()))
            .collect()
    }

    #[test]
    fn other_values_of_what_training_is_made_from_are_found() {
        let recorded =
            "base = 'a'\ninput = ['x']\n[train]\nrank = 8\nalpha = 8.0\n[chat]\ntop_k = 1";
        let nothing: [&str; 0] = [];
        assert_eq!(
            found(
                recorded,
                "base = './a/'\n[train]\nalpha = 8\n[chat]\ntop_k = 2"
            ),
            nothing
        );
        assert_eq!(
            found(
                recorded,
                "base = 'b'\nlimit = 5\ninput = ['x', 'y']\n[train]\nrank = 16"
            ),
            [
                "base = \"a\", base = \"b\"",
                "input = [\"x\"], input = [\"x\", \"y\"]",
                "no limit, limit = 5",
                "train.rank = 8, train.rank = 16",
            ]
        );
    }

    #[test]
    fn a_record_of_an_older_version_is_read_as_it_would_be_written_now() {
        let (own, outdated) = readable::<Table>(table(
            "[dataset]\ncontext_turns = 4\nsilence_minutes = 9\n[train]\ncontext_turns = 6\nrank = 8\n[chat]\ntemperature = 0.5\n\
             [export.sampling]\ntop_k = 3\n",
        ));
        for (key, value) in [("context_turns", 6), ("silence_minutes", 9)] {
            assert_eq!(own["conversation"][key].as_integer(), Some(value), "{key}");
        }
        assert_eq!(own["sampling"], table("temperature = 0.5").into());
        assert_eq!(own["train"], table("rank = 8").into());
        assert_eq!(outdated, BTreeSet::new());
    }

    #[test]
    fn keys_of_another_version_and_of_other_programs_are_left_out() {
        let (own, outdated) = readable::<Table>(table(
            "run = 'x'\nseed = 2\ncolour = 3\n[train]\nrank = 8\nwarmth = 1\n[bot]\nadmins = [1]",
        ));
        assert_eq!(own, table("seed = 2\n[train]\nrank = 8"));
        assert_eq!(
            outdated.iter().map(String::as_str).collect::<Vec<_>>(),
            ["colour", "train.warmth"]
        );
    }
}
