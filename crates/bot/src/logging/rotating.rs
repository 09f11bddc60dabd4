//! Log files limited in size and number.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};
use persona_core::FileError;

/// File name extension of log files.
const ENDING: &str = ".jsonl";

/// Writes into `<name>.<day>.<number>.jsonl`, a new one each day (UTC) and whenever one is full.
#[derive(Debug)]
pub struct Rotating {
    folder: PathBuf,
    name: String,
    bytes_max: u64,
    files_max: usize,
    day: String,
    number: u32,
    file: File,
    written: u64,
}

impl Rotating {
    /// Continues the newest file of today in `folder`, which is created if it is missing.
    pub fn open(
        folder: &Path,
        name: &str,
        bytes_max: u64,
        files_max: usize,
    ) -> Result<Self, FileError> {
        fs::create_dir_all(folder).map_err(FileError::write(folder))?;
        let day = today();
        let newest = numbers(folder, name, &day).max().unwrap_or(0);
        let path = path(folder, name, &day, newest);
        let (file, written) = append(&path).map_err(FileError::write(&path))?;
        let log = Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
            bytes_max: bytes_max.max(1),
            files_max: files_max.max(1),
            day,
            number: newest,
            file,
            written,
        };
        log.remove_oldest();
        Ok(log)
    }

    /// Path of the file that is written now.
    pub fn path(&self) -> PathBuf {
        path(&self.folder, &self.name, &self.day, self.number)
    }

    fn rotate(&mut self, day: String) -> io::Result<()> {
        self.number = if day == self.day { self.number + 1 } else { 0 };
        self.day = day;
        (self.file, self.written) = append(&self.path())?;
        self.remove_oldest();
        Ok(())
    }

    /// Removes the oldest files beyond the limit. Names sort as their times do. What cannot be removed now is removed next
    /// time.
    fn remove_oldest(&self) {
        let mut names: Vec<String> = names(&self.folder, &self.name).collect();
        names.sort();
        let surplus = names.len().saturating_sub(self.files_max);
        for name in &names[..surplus] {
            let _ = fs::remove_file(self.folder.join(name));
        }
    }
}

impl Write for Rotating {
    /// Writes a line. It is never cut in two: the file is changed before it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let day = today();
        let full = self.written > 0 && self.written + line.len() as u64 > self.bytes_max;
        if full || day != self.day {
            self.rotate(day)?;
        }
        self.file.write_all(line)?;
        self.written += line.len() as u64;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn today() -> String {
    Timestamp::now().to_zoned(TimeZone::UTC).date().to_string()
}

fn path(folder: &Path, name: &str, day: &str, number: u32) -> PathBuf {
    folder.join(format!("{name}.{day}.{number:04}{ENDING}"))
}

fn append(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// Names of this log's files in `folder`.
fn names(folder: &Path, name: &str) -> impl Iterator<Item = String> {
    let prefix = format!("{name}.");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(move |file| {
            // `<day>.<number>`: files of others are neither counted nor removed.
            let middle = file
                .strip_prefix(&prefix)
                .and_then(|rest| rest.strip_suffix(ENDING));
            middle.is_some_and(|middle| {
                middle.len() >= 15
                    && middle
                        .bytes()
                        .all(|byte| byte.is_ascii_digit() || b"-.".contains(&byte))
            })
        })
}

fn numbers(folder: &Path, name: &str, day: &str) -> impl Iterator<Item = u32> {
    let prefix = format!("{name}.{day}.");
    names(folder, name).filter_map(move |file| {
        let number = file.strip_prefix(&prefix)?.strip_suffix(ENDING)?;
        number.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(folder: &Path) -> Vec<(String, u64)> {
        let mut found: Vec<(String, u64)> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (
                    entry.file_name().into_string().unwrap(),
                    entry.metadata().unwrap().len(),
                )
            })
            .collect();
        found.sort();
        found
    }

    #[test]
    fn files_stay_small_and_few_and_strangers_stay() {
        let folder = tempfile::tempdir().unwrap();
        let stranger = folder.path().join("bot.2020-01-01.notes.jsonl");
        fs::File::create(&stranger).unwrap();
        fs::File::create(folder.path().join("bot.2020-01-01.0000.jsonl")).unwrap();
        let mut log = Rotating::open(folder.path(), "bot", 100, 3).unwrap();
        for number in 0..20 {
            log.write_all(format!("{{\"line\":{number:>20}}}\n").as_bytes())
                .unwrap();
        }
        let newest = log.path();
        drop(log);
        assert!(stranger.exists());
        let files = sizes(folder.path());
        assert_eq!(files.len(), 4, "{files:?}");
        assert!(files.iter().all(|(_, size)| *size <= 100), "{files:?}");
        let text = fs::read_to_string(&newest).unwrap();
        assert!(text.ends_with("19}\n") && text.starts_with('{'), "{text}");

        let mut again = Rotating::open(folder.path(), "bot", 100, 3).unwrap();
        assert_eq!(again.path(), newest);
        again.write_all(b"{\"one\":\"more\"}\n").unwrap();
        assert!(
            fs::read_to_string(&newest)
                .unwrap()
                .ends_with("{\"one\":\"more\"}\n")
        );
    }

    #[test]
    fn a_line_longer_than_a_file_still_gets_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Rotating::open(folder.path(), "bot", 10, 5).unwrap();
        for _ in 0..3 {
            log.write_all(&[b'x'; 50]).unwrap();
        }
        assert_eq!(sizes(folder.path()).len(), 3);
    }

    #[test]
    fn a_folder_that_cannot_be_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::File::create(&file).unwrap();
        let error = Rotating::open(&file.join("logs"), "bot", 10, 5).unwrap_err();
        assert!(error.to_string().contains("logs"), "{error}");
    }
}
