//! The elements of a JSON list, one by one, past broken ones.

use persona_discord::Bad;

use crate::scan::{Scanner, Unended};

#[cfg(test)]
mod tests;

/// How much of a broken record is kept.
const RAW_BYTES_MAX: usize = 1 << 16;
/// Where the list of an export ends, and how far ahead its last key can stand.
const LAST_KEY: &str = "\"messageCount\"";
const TAIL_BYTES: usize = 64;

/// What stands next in a list.
#[derive(Debug)]
pub(crate) enum Element<T> {
    /// A whole element that could be decoded.
    Whole(T),
    /// A record that could not be understood.
    Odd {
        position: u64,
        reason: String,
        raw: String,
    },
    /// The end of the list.
    Close,
    /// The stream ended before the list did; `inside` says where.
    Broken { inside: &'static str },
}

/// Reads the next element of the list that `scanner` is in.
///
/// A broken element is stepped over: by its brackets where they match, otherwise to the next place that decodes.
pub(crate) fn next<T>(
    scanner: &mut Scanner<'_>,
    decode: &dyn Fn(&[u8]) -> Result<T, Bad>,
) -> Element<T> {
    let mut next = scanner.skip_space();
    while next == Some(b',') {
        scanner.bump();
        next = scanner.skip_space();
    }
    let inside = "between two messages";
    match next {
        None => return Element::Broken { inside },
        Some(b']') => {
            scanner.bump();
            return Element::Close;
        }
        Some(_) => {}
    }
    let position = scanner.offset();
    let ended = scanner.value();
    let bad = match &ended {
        Ok(()) => match decode(scanner.kept()) {
            Ok(value) => return Element::Whole(value),
            Err(bad) => bad,
        },
        Err(unended) => Bad::from(unended.reason()),
    };
    let raw = raw(scanner.kept());
    if ended.is_err() || bad.broken {
        // Where brackets match there is an end to go on from; still, whole messages may hide inside.
        let limit = ended.is_ok().then(|| scanner.offset());
        scanner.go_to(position + 1);
        if !recover(scanner, limit, decode) && ended == Err(Unended::End) {
            let inside = "inside a message";
            return Element::Broken { inside };
        }
    }
    Element::Odd {
        position,
        reason: bad.reason,
        raw,
    }
}

/// Goes to the next place, before `limit`, where an element decodes or the list ends; without one to `limit`, or to the end.
fn recover<T>(
    scanner: &mut Scanner<'_>,
    limit: Option<u64>,
    decode: &dyn Fn(&[u8]) -> Result<T, Bad>,
) -> bool {
    let mut previous = b',';
    while limit.is_none_or(|limit| scanner.offset() < limit) {
        let here = scanner.offset();
        let Some(byte) = scanner.peek() else {
            return false;
        };
        // An object that is the value of a key is part of a message, never a message.
        let may_begin = byte == b'{' && matches!(previous, b',' | b'[' | b'}' | b']');
        if may_begin && follows(scanner, "\"") {
            let whole = scanner.value().is_ok() && decode(scanner.kept()).is_ok();
            scanner.go_to(here);
            if whole {
                return true;
            }
        }
        if byte == b']' && follows(scanner, ",") && is_tail(scanner.ahead(TAIL_BYTES)) {
            return true;
        }
        if !byte.is_ascii_whitespace() {
            previous = byte;
        }
        scanner.keep_from_here();
        scanner.bump();
    }
    false
}

/// Whether, white space aside, `expected` stands after the next byte.
fn follows(scanner: &mut Scanner<'_>, expected: &str) -> bool {
    let ahead = scanner.ahead(TAIL_BYTES);
    ahead[1..]
        .trim_ascii_start()
        .starts_with(expected.as_bytes())
}

/// Whether `ahead`, which begins with the bracket that closes a list, goes on with the last key of an export.
fn is_tail(ahead: &[u8]) -> bool {
    let rest = ahead[1..].trim_ascii_start();
    rest.strip_prefix(b",")
        .is_some_and(|rest| rest.trim_ascii_start().starts_with(LAST_KEY.as_bytes()))
}

fn raw(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(RAW_BYTES_MAX)]).into_owned()
}
