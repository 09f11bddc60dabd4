//! The stages of a run: what each reads of the others, and which take part in a mode.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One stage between exports and a measured model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Ingest: exports into the store.
    Ingest,
    /// Dataset: the store into conversations and preference pairs.
    Dataset,
    /// SFT: the first adapter, trained to write like the server.
    Sft,
    /// DPO: the second adapter, trained to prefer what people reacted to.
    Dpo,
    /// Export: the adapter merged into the base, and GGUF files.
    Export,
    /// Evaluation of the models.
    Eval,
}

impl Stage {
    /// All stages in their order: each reads only of those before it.
    pub const ALL: [Self; 6] = [
        Self::Ingest,
        Self::Dataset,
        Self::Sft,
        Self::Dpo,
        Self::Export,
        Self::Eval,
    ];

    /// Name of the stage and of its folder in a run.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Dataset => "dataset",
            Self::Sft => "sft",
            Self::Dpo => "dpo",
            Self::Export => "export",
            Self::Eval => "eval",
        }
    }

    /// Description of the stage, to follow its name on a line.
    pub fn task(self) -> &'static str {
        match self {
            Self::Ingest => "reads the exports into the store",
            Self::Dataset => "builds conversations and preference pairs from the store",
            Self::Sft => "trains an adapter to write like the server",
            Self::Dpo => "trains the adapter to prefer what people reacted to",
            Self::Export => "merges the adapter into the base and writes GGUF files",
            Self::Eval => "measures the model on messages that it has never seen",
        }
    }

    /// Stages whose files this stage reads.
    pub fn reads(self) -> &'static [Self] {
        match self {
            Self::Ingest => &[],
            Self::Dataset => &[Self::Ingest],
            Self::Sft => &[Self::Dataset],
            Self::Dpo => &[Self::Dataset, Self::Sft],
            Self::Export => &[Self::Sft, Self::Dpo],
            Self::Eval => &[Self::Dataset, Self::Sft, Self::Dpo, Self::Export],
        }
    }

    /// Whether this stage's results follow from those of `other`, directly or through stages between them.
    pub fn depends_on(self, other: Self) -> bool {
        let reads = self.reads();
        reads.contains(&other) || reads.iter().any(|stage| stage.depends_on(other))
    }

    /// Part of this stage in a run of `mode`.
    pub fn part_in(self, mode: Mode) -> Part {
        match (mode, self) {
            (Mode::DpoOnly, Self::Sft) => Part::Kept,
            (Mode::Sft, Self::Dpo) => Part::Dropped,
            _ => Part::Runs,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|stage| stage.name() == text);
        found.ok_or_else(|| format!("there is no stage `{text}`"))
    }
}

/// Part of a stage in a run of some mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The stage is run.
    Runs,
    /// The stage is left out, and the stages after it read its earlier results.
    Kept,
    /// The stage is left out, and its earlier results are removed: the stages after it would take them for this run's.
    Dropped,
}

/// Stages to train.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Learn to talk like the server.
    #[serde(rename = "sft")]
    Sft,
    /// Learn to talk like the server, then to prefer what people reacted to.
    #[default]
    #[serde(rename = "sft+dpo")]
    SftDpo,
    /// Only the preferences, on top of the SFT adapter this run has, or on the bare base.
    #[serde(rename = "dpo-only")]
    DpoOnly,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::Sft, Self::SftDpo, Self::DpoOnly];

    /// Name of the mode in flags and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sft => "sft",
            Self::SftDpo => "sft+dpo",
            Self::DpoOnly => "dpo-only",
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|mode| mode.name() == text);
        found.ok_or_else(|| format!("there is no mode `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_reads_only_of_those_before_it() {
        for (index, stage) in Stage::ALL.into_iter().enumerate() {
            for read in stage.reads() {
                assert!(Stage::ALL[..index].contains(read), "{stage} reads {read}");
            }
            assert!(!stage.depends_on(stage), "{stage}");
            assert_eq!(stage.name().parse(), Ok(stage));
        }
        assert!(Stage::Eval.depends_on(Stage::Ingest));
        assert!(!Stage::Sft.depends_on(Stage::Dpo));
    }

    #[test]
    fn modes_and_stages_are_named_alike_in_flags_and_files() {
        for mode in Mode::ALL {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.name());
            assert_eq!(mode.name().parse(), Ok(mode));
        }
        for stage in Stage::ALL {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.name());
        }
    }
}
