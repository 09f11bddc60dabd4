//! Reading JSON files. Errors name the file, the line, the key, what was found and what was expected.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};

use crate::error::FileError;

/// First bytes of the pointer file that Git LFS leaves in place of a large file.
const LFS_POINTER: &[u8] = b"version https://git-lfs";

/// Reads the JSON file at `path` into a `T`.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, FileError> {
    let text = fs::read(path).map_err(FileError::read(path))?;
    parse(path, &text)
}

/// Like [`read`]; `None` where there is no such file.
pub fn read_optional<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, FileError> {
    match fs::read(path) {
        Ok(text) => parse(path, &text).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::read(path)(error)),
    }
}

/// Reads `text`, the content of the file at `path`.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &[u8]) -> Result<T, FileError> {
    serde_json::from_slice(text).map_err(|error| {
        let mut place = format!("line {}", error.line());
        let line = text.split(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
        let line_start: usize = line.map(|line| line.len() + 1).sum();
        // The last byte that was read may close what the error is about.
        let key = key_at(text, line_start + error.column().saturating_sub(1));
        if !key.is_empty() {
            place = format!("{place}, key `{key}`");
        }
        let hint = match error.classify() {
            _ if text.starts_with(LFS_POINTER) => {
                "this is a pointer of Git LFS, not the file: fetch it with `git lfs pull`"
            }
            Category::Eof => "the file is cut off: write or download it again",
            Category::Syntax => {
                "not JSON: look for a missing or surplus comma, quote or bracket there or just before"
            }
            Category::Data | Category::Io => "correct the value there",
        };
        FileError::advised(path, place, without_place(&error), hint)
    })
}

/// Message of `serde_json`, without the line and column at its end.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// JSON file whose keys are read one by one. It keeps the text, so that errors can name lines.
#[derive(Clone, Debug)]
pub struct Document {
    path: PathBuf,
    text: Vec<u8>,
    /// The file's content.
    pub value: Value,
}

impl Document {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let text = fs::read(path).map_err(FileError::read(path))?;
        Ok(Self {
            path: path.to_owned(),
            value: parse(path, &text)?,
            text,
        })
    }

    /// Like [`read`](Self::read); `None` where there is no such file.
    pub fn read_optional(path: &Path) -> Result<Option<Self>, FileError> {
        match path.try_exists() {
            Ok(false) => Ok(None),
            _ => Self::read(path).map(Some),
        }
    }

    /// Value of `key`, null where it is missing. Keys of nested objects are written `outer.inner`.
    pub fn get(&self, key: &str) -> &Value {
        key.split('.').fold(&self.value, |value, key| &value[key])
    }

    /// Error: `key` does not have the `expected` value.
    pub fn wrong(&self, key: &str, expected: &str) -> FileError {
        let place = match line_of(&self.text, key) {
            Some(line) => format!("line {line}, key `{key}`"),
            None => format!("key `{key}`"),
        };
        let found = match self.get(key) {
            Value::Null => "nothing".to_owned(),
            value => shortened(&value.to_string()),
        };
        FileError::content(
            &self.path,
            place,
            format!("found {found}, expected {expected}"),
        )
    }

    /// Like [`wrong`](Self::wrong), with advice to the user.
    pub fn wrong_advised(&self, key: &str, expected: &str, hint: &'static str) -> FileError {
        match self.wrong(key, expected) {
            FileError::Content {
                path,
                place,
                message,
            } => FileError::advised(&path, place, message, hint),
            other => other,
        }
    }

    /// Value of `key` as a whole number.
    pub fn whole(&self, key: &str) -> Result<usize, FileError> {
        self.get(key)
            .as_u64()
            .map(|number| number as usize)
            .ok_or_else(|| self.wrong(key, "a whole number"))
    }

    /// Value of `key` as a number.
    pub fn number(&self, key: &str) -> Result<f64, FileError> {
        self.get(key)
            .as_f64()
            .ok_or_else(|| self.wrong(key, "a number"))
    }
}

/// Longest value that an error shows, in characters.
const SHOWN: usize = 120;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Level of a walk through JSON: inside the value of a key or the item of an array.
enum Frame {
    Object(String),
    Array(usize),
}

/// Path of keys to the value at byte `end`, such as `added_tokens[2].id`.
fn key_at(text: &[u8], end: usize) -> String {
    let mut last = String::new();
    walk(&text[..end.min(text.len())], |_, key| {
        last = key;
        false
    });
    last
}

/// Line, from 1, of the first value whose key is `wanted`.
fn line_of(text: &[u8], wanted: &str) -> Option<usize> {
    let mut place = None;
    walk(text, |at, key| {
        let found = key == wanted;
        if found {
            place = Some(at);
        }
        found
    });
    let before = &text[..place?];
    Some(before.split(|byte| *byte == b'\n').count())
}

/// Calls `visit` with the byte position and the path of every key and after every closed value, until `visit` returns
/// true. Text that is not JSON is read as far as it makes sense.
fn walk(text: &[u8], mut visit: impl FnMut(usize, String) -> bool) {
    let mut frames: Vec<Frame> = Vec::new();
    let (mut at, mut key_comes) = (0, false);
    while at < text.len() {
        let start = at;
        match text[at] {
            b'"' => {
                at = end_of_string(text, at);
                if let (true, Some(Frame::Object(key))) = (key_comes, frames.last_mut()) {
                    *key =
                        String::from_utf8_lossy(&text[start + 1..at.max(start + 1)]).into_owned();
                    key_comes = false;
                    if visit(start, path_of(&frames)) {
                        return;
                    }
                }
            }
            b'{' => {
                frames.push(Frame::Object(String::new()));
                key_comes = true;
            }
            b'[' => frames.push(Frame::Array(0)),
            b'}' | b']' => {
                frames.pop();
                key_comes = false;
                if visit(start, path_of(&frames)) {
                    return;
                }
            }
            b',' => match frames.last_mut() {
                Some(Frame::Array(index)) => {
                    *index += 1;
                    if visit(start, path_of(&frames)) {
                        return;
                    }
                }
                Some(Frame::Object(_)) => key_comes = true,
                None => {}
            },
            _ => {}
        }
        at += 1;
    }
}

/// Position of the quote that closes the string opened at `open`, or the end of the text.
fn end_of_string(text: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < text.len() && text[at] != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    at.min(text.len())
}

fn path_of(frames: &[Frame]) -> String {
    let mut path = String::new();
    for frame in frames {
        match frame {
            Frame::Object(key) if path.is_empty() => path.push_str(key),
            Frame::Object(key) => path = format!("{path}.{key}"),
            Frame::Array(index) => path = format!("{path}[{index}]"),
        }
    }
    shortened(&path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::Hint;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Token {
        id: u32,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct File {
        name: String,
        tokens: Vec<Token>,
    }

    fn error(text: &str) -> (String, String) {
        let error = parse::<File>(Path::new("a.json"), text.as_bytes()).unwrap_err();
        (error.to_string(), error.hint().unwrap())
    }

    #[test]
    fn errors_name_file_line_and_key() {
        let (text, _) = error(
            "{\n \"name\": \"x, \\\"y\\\": {\",\n \"tokens\": [{\"id\": 1},\n {\"id\": \"b\"}]\n}",
        );
        assert_eq!(
            text,
            "`a.json`, line 4, key `tokens[1].id`: invalid type: string \"b\", expected u32"
        );
        let (text, _) = error("{\"name\": 3}");
        assert_eq!(
            text,
            "`a.json`, line 1, key `name`: invalid type: integer `3`, expected a string"
        );
        let (text, hint) = error("{\n\"name\": \"x\",\n\"tokens\": [{\"id\": 1}");
        assert!(text.starts_with("`a.json`, line 3, key `tokens"), "{text}");
        assert!(hint.contains("cut off"), "{hint}");
        let (_, hint) = error("{\"name\" \"x\"}");
        assert!(hint.contains("missing or surplus comma"), "{hint}");
        let (_, hint) = error("version https://git-lfs.github.com/spec/v1\n");
        assert!(hint.contains("git lfs pull"), "{hint}");
    }

    #[test]
    fn a_document_knows_the_lines_of_its_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        crate::atomic::write(&path, "{\n \"other\": {\"r\": 1},\n \"r\": \"many\"\n}").unwrap();
        let document = Document::read(&path).unwrap();
        let error = document.whole("r").unwrap_err().to_string();
        assert!(
            error.ends_with("a.json`, line 3, key `r`: found \"many\", expected a whole number"),
            "{error}"
        );
        assert_eq!(document.whole("other.r").unwrap(), 1);
        let error = document.number("absent").unwrap_err().to_string();
        assert!(
            error.ends_with("a.json`, key `absent`: found nothing, expected a number"),
            "{error}"
        );
        assert!(
            Document::read_optional(&folder.path().join("b.json"))
                .unwrap()
                .is_none()
        );
    }

    proptest! {
        #[test]
        fn whatever_the_text_is_there_is_an_answer(text in "[\\[\\]{}\",:\\\\a1\n]{0,60}", key in "[a1.]{0,3}") {
            let _ = parse::<File>(Path::new("a.json"), text.as_bytes());
            let _ = line_of(text.as_bytes(), &key);
        }
    }
}
