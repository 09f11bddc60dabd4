//! A trial: a run of about a minute that shows whether everything works with a server and a base.

use std::{
    fs,
    path::{Path, PathBuf},
};

use persona_core::layout::is_plain_name;
use toml::Table;

use crate::{
    base,
    config::{ConfigFile, Overrides},
    run::SAMPLE,
};

/// Bytes of weights above which a base is trained for a few steps only.
const LARGE: u64 = 200 << 20;

const SMALL_BASE: &str = "
conversations = 60
[train]
epochs = 1
[dpo]
epochs = 1
[eval]
max_scored = 50
max_pairs = 20
max_generated = 20
habit_replies = 10
halvings = 20
detection_halvings = 2
bootstrap = 100
blind_test = 5
[sampling]
max_tokens = 40
";

const LARGE_BASE: &str = "
conversations = 6
[dataset.pairs]
count_max = 2
[train]
epochs = 1
max_tokens = 64
[dpo]
epochs = 1
max_tokens = 64
[export]
quants = ['q8_0']
[eval]
max_scored = 5
max_pairs = 2
max_generated = 3
habit_replies = 1
halvings = 20
detection_halvings = 2
bootstrap = 100
blind_test = 2
[sampling]
max_tokens = 12
";

/// Settings of a trial. `input` and `base` are those of the flags, which override those of the file.
pub fn overrides(file: &ConfigFile, input: &[PathBuf], base: Option<&str>) -> Overrides {
    let base = base.or(file.text("base")).unwrap_or(base::DEFAULT);
    let settings = if is_large(base) {
        LARGE_BASE
    } else {
        SMALL_BASE
    };
    let settings: Table = settings
        .parse()
        .expect("the settings are written above, and tested");
    let of_file = file
        .table()
        .get("input")
        .and_then(|paths| paths.get(0)?.as_str());
    let input = input
        .first()
        .map(PathBuf::as_path)
        .or(of_file.map(Path::new));
    let name = name(input.unwrap_or(Path::new(SAMPLE)));
    Overrides::over(settings).set("run", Some(name))
}

/// Whether `base` is trained for a few steps only. One that is not on this machine yet counts as large: it is worth a download.
fn is_large(base: &str) -> bool {
    let Some(entries) = base::local(base).and_then(|folder| fs::read_dir(folder).ok()) else {
        return base::is_repository(base);
    };
    let weights = entries.flatten().filter(|entry| {
        Path::new(&entry.file_name())
            .extension()
            .is_some_and(|kind| kind == "safetensors")
    });
    // A link, as in the cache of downloads, counts as what it leads to.
    let bytes = weights.filter_map(|entry| fs::metadata(entry.path()).ok());
    bytes.map(|about| about.len()).sum::<u64>() > LARGE
}

/// Name of the run: each input has its own.
fn name(input: &Path) -> String {
    let full = std::path::absolute(input).unwrap_or_else(|_| input.to_owned());
    let stem = full.file_stem().unwrap_or_default().to_string_lossy();
    let plain = stem.replace(|letter: char| !is_plain_name(&format!("x{letter}")), "-");
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let short: String = words.join("-").chars().take(60).collect();
    format!("test-{short}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_named_after_its_input() {
        for (input, expected) in [
            ("data/sample", "test-sample"),
            ("/exports/", "test-exports"),
            ("old.zip", "test-old"),
            (
                "My Server - général [123].json",
                "test-My-Server-général-123",
            ),
        ] {
            let table = overrides(&ConfigFile::default(), &[input.into()], Some("./none")).table();
            assert_eq!(table["run"].as_str(), Some(expected));
            assert!(is_plain_name(expected));
            assert_eq!(table["conversations"].as_integer(), Some(60));
        }
        let large = overrides(
            &ConfigFile::default(),
            &[],
            Some("Qwen/Qwen2.5-0.5B-Instruct"),
        );
        let table = large.table();
        assert_eq!(table["run"].as_str(), Some("test-sample"));
        assert_eq!(table["conversations"].as_integer(), Some(6));
    }
}
