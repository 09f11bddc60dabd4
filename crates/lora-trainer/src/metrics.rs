//! Figures of a training run: `metrics.jsonl`, one record per logged step. It holds no times, so that it repeats.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

use persona_core::{FileError, atomic};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Figures of an evaluation or a step, by name.
pub type Figures = Map<String, Value>;

/// Adds `figures` to `sums`, element by element.
pub fn add_figures(sums: &mut Vec<f64>, figures: &[f64]) {
    sums.resize(figures.len(), 0.0);
    for (sum, figure) in sums.iter_mut().zip(figures) {
        *sum += figure;
    }
}

/// Records of a run, in memory and in `metrics.jsonl`.
#[derive(Debug)]
pub struct Metrics {
    path: PathBuf,
    records: Vec<Map<String, Value>>,
}

impl Metrics {
    /// Starts the file with `records`: none, or those of the checkpoint that the run continues from.
    pub fn start(path: &Path, records: Vec<Map<String, Value>>) -> Result<Self, FileError> {
        let mut text = Vec::new();
        for record in &records {
            text.extend(line(path, record)?);
        }
        atomic::write(path, text)?;
        Ok(Self {
            path: path.to_owned(),
            records,
        })
    }

    /// Adds a record. It is appended at once so that a running training can be watched; a kill in the middle of the
    /// line is repaired by the next [`Metrics::start`].
    pub fn add(&mut self, record: Map<String, Value>) -> Result<(), FileError> {
        let line = line(&self.path, &record)?;
        self.records.push(record);
        let mut file = OpenOptions::new()
            .append(true)
            .open(&self.path)
            .map_err(FileError::write(&self.path))?;
        file.write_all(&line).map_err(FileError::write(&self.path))
    }

    /// Returns all records so far.
    pub fn records(&self) -> &[Map<String, Value>] {
        &self.records
    }

    /// Values of `key` with their steps, in the order of the steps.
    pub fn series<'a>(&'a self, key: &'a str) -> impl DoubleEndedIterator<Item = (u64, f64)> + 'a {
        self.records.iter().filter_map(move |record| {
            Some((record.get("step")?.as_u64()?, record.get(key)?.as_f64()?))
        })
    }

    /// Returns the first and the last value of `key`.
    pub fn first_and_last(&self, key: &str) -> Option<(f64, f64)> {
        let (_, first) = self.series(key).next()?;
        let (_, last) = self.series(key).next_back()?;
        Some((first, last))
    }
}

fn line(path: &Path, record: &Map<String, Value>) -> Result<Vec<u8>, FileError> {
    let mut line =
        serde_json::to_vec(record).map_err(|error| FileError::write(path)(error.into()))?;
    line.push(b'\n');
    Ok(line)
}

/// A figure in a checkpoint. Reals are bit patterns: decimal digits may not be read back as the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SavedFigure {
    /// An integer.
    Whole(u64),
    /// Bit pattern of an f64.
    Real(u64),
}

/// A record in a checkpoint.
pub type SavedRecord = Vec<(String, SavedFigure)>;

/// Converts a record for a checkpoint.
pub fn save_record(record: &Map<String, Value>) -> SavedRecord {
    let saved = record.iter().filter_map(|(name, value)| {
        let figure = match value.as_u64() {
            Some(whole) => SavedFigure::Whole(whole),
            None => SavedFigure::Real(value.as_f64()?.to_bits()),
        };
        Some((name.clone(), figure))
    });
    saved.collect()
}

/// Inverse of [`save_record`].
pub fn restore_record(record: &SavedRecord) -> Map<String, Value> {
    let restored = record.iter().map(|(name, figure)| {
        let value = match *figure {
            SavedFigure::Whole(whole) => json!(whole),
            SavedFigure::Real(bits) => json!(f64::from_bits(bits)),
        };
        (name.clone(), value)
    });
    restored.collect()
}

/// Sums since the last record; they are part of a checkpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pending {
    /// Number of steps summed.
    pub steps: u64,
    /// Sum of the steps' losses.
    pub loss: f64,
    /// Sums of the recipe's figures.
    pub figures: Vec<f64>,
}

impl Pending {
    /// Adds one step.
    pub fn add(&mut self, loss: f64, figures: &[f64]) {
        self.steps += 1;
        self.loss += loss;
        add_figures(&mut self.figures, figures);
    }

    /// Returns the sums as bit patterns: decimal digits may not be read back as the same number.
    pub fn to_bits(&self) -> Vec<u64> {
        [self.steps, self.loss.to_bits()]
            .into_iter()
            .chain(self.figures.iter().map(|figure| figure.to_bits()))
            .collect()
    }

    /// Inverse of [`Pending::to_bits`].
    pub fn from_bits(bits: &[u64]) -> Option<Self> {
        let [steps, loss, figures @ ..] = bits else {
            return None;
        };
        Some(Self {
            steps: *steps,
            loss: f64::from_bits(*loss),
            figures: figures.iter().map(|&bits| f64::from_bits(bits)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(step: u64, loss: f64) -> Map<String, Value> {
        let Value::Object(record) = json!({"step": step, "loss": loss}) else {
            unreachable!("an object was written")
        };
        record
    }

    #[test]
    fn half_a_line_and_later_records_go_when_a_run_starts_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut metrics = Metrics::start(&path, Vec::new()).unwrap();
        metrics.add(record(10, 2.5)).unwrap();
        metrics.add(record(20, 2.25)).unwrap();
        let kept = metrics.records()[..1].to_vec();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"step\":3").unwrap();
        let metrics = Metrics::start(&path, kept).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "{\"step\":10,\"loss\":2.5}\n"
        );
        assert_eq!(metrics.series("loss").collect::<Vec<_>>(), [(10, 2.5)]);
    }

    #[test]
    fn records_are_saved_to_the_last_bit() {
        let mut record = record(3, 0.1 + 0.2);
        record.insert("accuracy".to_owned(), json!(1.0));
        let text = serde_json::to_string(&save_record(&record)).unwrap();
        let restored = restore_record(&serde_json::from_str(&text).unwrap());
        assert_eq!(restored, record);
    }

    #[test]
    fn pending_sums_survive_as_bits() {
        let mut pending = Pending::default();
        pending.add(0.1, &[f64::MIN_POSITIVE, 3.0]);
        pending.add(0.2, &[0.7, 1.0]);
        assert_eq!(Pending::from_bits(&pending.to_bits()), Some(pending));
        assert_eq!(Pending::from_bits(&[1]), None);
    }
}
