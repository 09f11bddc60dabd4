//! Recognition of a document's format from its content.

use serde_json::{Map, Value};

use crate::{
    dce::{Header, HeaderParts},
    error::end_reason,
    package::COLUMNS,
    scan::Scanner,
};

/// Expected formats, for error messages.
pub(crate) const EXPECTED: &str = "a DiscordChatExporter object with `guild`, `channel` and `messages`, a list of Discord API messages, or the messages of a data package";
/// Number of leading elements of a list that may be odd before it counts as something else.
const ELEMENTS_TRIED: usize = 16;
const SHOWN_BYTES: usize = 40;
const SHOWN_KEYS: usize = 5;

/// Form of a document.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Object with guild, channel and messages. The header is `None` if the messages come first.
    Chat(Option<Box<Header>>),
    /// List of API messages, maybe empty.
    Api,
    /// List of a data package.
    Package,
    /// Table of a data package.
    PackageTable,
    /// Export that breaks off before its messages.
    Broken { offset: u64, reason: String },
    /// Not a known format.
    Unknown { place: String, found: String },
}

/// Next key of an object, or its end.
#[derive(Debug)]
pub(crate) enum Key {
    /// Key; its value follows.
    Named(String),
    /// End of the object.
    Close,
    /// End of the stream, or something other than a key.
    Broken,
}

/// Recognises the form of a document from its beginning.
pub(crate) fn shape(scanner: &mut Scanner<'_>) -> Shape {
    scanner.skip_mark();
    match scanner.skip_space() {
        Some(b'{') => object(scanner),
        Some(b'[') => list(scanner),
        Some(_) => other(scanner),
        None => {
            let found = match scanner.failure() {
                Some(error) => error.to_string(),
                None if scanner.offset() == 0 => "an empty file".to_owned(),
                None => "nothing but white space".to_owned(),
            };
            unknown(0, found)
        }
    }
}

/// Reads the next key of the object that `scanner` is in.
pub(crate) fn next_key(scanner: &mut Scanner<'_>) -> Key {
    let mut next = scanner.skip_space();
    while next == Some(b',') {
        scanner.bump();
        next = scanner.skip_space();
    }
    match next {
        Some(b'}') => {
            scanner.bump();
            return Key::Close;
        }
        Some(b'"') => {}
        _ => return Key::Broken,
    }
    if scanner.value().is_err() {
        return Key::Broken;
    }
    let Ok(key) = serde_json::from_slice(scanner.kept()) else {
        return Key::Broken;
    };
    if scanner.skip_space() != Some(b':') {
        return Key::Broken;
    }
    scanner.bump();
    match scanner.skip_space() {
        Some(_) => Key::Named(key),
        None => Key::Broken,
    }
}

/// Reads the whole document for the header before or after its messages.
pub(crate) fn header(scanner: &mut Scanner<'_>) -> Option<Header> {
    let mut parts = HeaderParts::default();
    scanner.skip_mark();
    scanner.skip_space();
    scanner.bump();
    while let Key::Named(key) = next_key(scanner) {
        if scanner.peek() == Some(b'[') {
            scanner.bump();
            while !matches!(scanner.skip_space()?, b']') {
                if scanner.peek() == Some(b',') {
                    scanner.bump();
                } else {
                    scanner.value().ok()?;
                }
            }
            scanner.bump();
        } else {
            scanner.value().ok()?;
            parts.take(&key, scanner.kept());
        }
    }
    parts.header()
}

fn object(scanner: &mut Scanner<'_>) -> Shape {
    let mut parts = HeaderParts::default();
    scanner.bump();
    loop {
        match next_key(scanner) {
            Key::Named(key) if key == "messages" && scanner.peek() == Some(b'[') => {
                return Shape::Chat(parts.header().map(Box::new));
            }
            Key::Named(key) => match scanner.value() {
                Ok(()) => parts.take(&key, scanner.kept()),
                Err(unended) => return broken_object(scanner, &parts, &unended.reason()),
            },
            Key::Close => {
                let found = format!("an object with {}", keys(&parts));
                return unknown(scanner.offset() - 1, found);
            }
            Key::Broken => {
                let reason = end_reason(scanner.failure(), "inside the header");
                return broken_object(scanner, &parts, &reason);
            }
        }
    }
}

fn broken_object(scanner: &Scanner<'_>, parts: &HeaderParts, reason: &str) -> Shape {
    let offset = scanner.offset();
    if parts.header().is_some() {
        return Shape::Broken {
            offset,
            reason: reason.to_owned(),
        };
    }
    unknown(
        offset,
        format!("an object with {} that breaks off", keys(parts)),
    )
}

fn keys(parts: &HeaderParts) -> String {
    let keys = parts.keys();
    if keys.is_empty() {
        return "no keys".to_owned();
    }
    let shown: Vec<String> = keys
        .iter()
        .take(SHOWN_KEYS)
        .map(|key| format!("`{}`", shorten(key)))
        .collect();
    let more = if keys.len() > SHOWN_KEYS { ", …" } else { "" };
    format!("the keys {}{more}", shown.join(", "))
}

fn list(scanner: &mut Scanner<'_>) -> Shape {
    let start = scanner.offset();
    scanner.bump();
    for tried in 0..ELEMENTS_TRIED {
        let mut next = scanner.skip_space();
        while next == Some(b',') {
            scanner.bump();
            next = scanner.skip_space();
        }
        if next == Some(b']') && tried == 0 {
            return Shape::Api;
        }
        let ended = scanner.value();
        match element(scanner.kept()) {
            Some(shape) => return shape,
            None if ended == Ok(()) => {}
            None => break,
        }
    }
    unknown(start, "a list of other things than messages".to_owned())
}

/// Format of the list that an element belongs to. An element that is cut off or broken still shows its keys.
fn element(bytes: &[u8]) -> Option<Shape> {
    let keys: Vec<String> = match serde_json::from_slice::<Map<String, Value>>(bytes) {
        Ok(object) => object.into_iter().map(|(key, _)| key).collect(),
        Err(error) if error.is_data() => return None,
        Err(_) => {
            let text = String::from_utf8_lossy(bytes);
            [
                "id",
                "ID",
                "timestamp",
                "Timestamp",
                "author",
                "content",
                "Contents",
            ]
            .into_iter()
            .filter(|key| text.contains(&format!("\"{key}\"")))
            .map(str::to_owned)
            .collect()
        }
    };
    let has = |key: &str| keys.iter().any(|found| found == key);
    if has("ID") && (has("Timestamp") || has("Contents")) {
        Some(Shape::Package)
    } else if (has("timestamp") && (has("author") || has("content")))
        || (has("author") && has("content"))
    {
        Some(Shape::Api)
    } else {
        None
    }
}

fn other(scanner: &mut Scanner<'_>) -> Shape {
    let offset = scanner.offset();
    let ahead = scanner.ahead(1 << 10);
    let line = ahead
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let line = String::from_utf8_lossy(line).replace('"', "");
    let columns: Vec<&str> = line.trim().split(',').collect();
    if COLUMNS[..3].iter().all(|column| columns.contains(column)) {
        return Shape::PackageTable;
    }
    let text = String::from_utf8_lossy(&ahead[..ahead.len().min(SHOWN_BYTES)]);
    unknown(offset, format!("`{}`", text.escape_debug()))
}

fn unknown(offset: u64, found: String) -> Shape {
    Shape::Unknown {
        place: format!("byte {offset}"),
        found,
    }
}

fn shorten(key: &str) -> String {
    key.chars().take(SHOWN_BYTES).collect()
}
