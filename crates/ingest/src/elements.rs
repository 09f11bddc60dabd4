//! Reads the elements of a JSON list one by one, and skips broken ones.

use persona_discord::DecodeError;

use crate::scan::{Scanner, Unended};

#[cfg(test)]
mod tests;

/// Bytes of a broken record that are kept.
const RAW_BYTES_MAX: usize = 1 << 16;
/// Key behind the list of an export, and the bytes within which it must stand.
const LAST_KEY: &[u8] = b"\"messageCount\"";
const TAIL_BYTES: usize = 64;

/// Next item of a list.
#[derive(Debug)]
pub(crate) enum Element<T> {
    /// Element that was decoded.
    Whole(T),
    /// Odd record.
    Odd {
        position: u64,
        reason: String,
        raw: String,
    },
    /// End of the list.
    Close,
    /// End of the stream before the end of the list; `inside` says where.
    Broken { inside: &'static str },
}

/// Elements of the list that a scanner is in.
pub(crate) struct Elements<'list, 'reader> {
    scanner: &'list mut Scanner<'reader>,
    /// Whether brackets did not match: what follows may be the rest of a broken element.
    damaged: bool,
}

impl<'list, 'reader> Elements<'list, 'reader> {
    pub(crate) fn new(scanner: &'list mut Scanner<'reader>) -> Self {
        Self {
            scanner,
            damaged: false,
        }
    }

    /// Scanner, positioned behind the last element.
    pub(crate) fn scanner(&self) -> &Scanner<'reader> {
        self.scanner
    }

    /// Reads the next element.
    ///
    /// A broken element is skipped: by its brackets if they match, otherwise to the next position that decodes.
    pub(crate) fn next<T>(
        &mut self,
        decode: &dyn Fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Element<T> {
        let inside = "between two messages";
        let is_object = loop {
            match self.border() {
                None => return Element::Broken { inside },
                Some(b']') if is_end(self.scanner.ahead(TAIL_BYTES), self.damaged) => {
                    self.scanner.bump();
                    return Element::Close;
                }
                // Rest of an element that was reported already.
                Some(byte) if byte != b'{' && self.damaged => {
                    if !self.recover(None, decode) {
                        return Element::Broken { inside };
                    }
                }
                Some(byte) => break byte == b'{',
            }
        };
        let position = self.scanner.offset();
        let ended = self.scanner.value();
        let bad = match &ended {
            Ok(()) => match decode(self.scanner.kept()) {
                Ok(value) => return Element::Whole(value),
                Err(bad) => bad,
            },
            Err(unended) => DecodeError::from(unended.reason()),
        };
        let raw = raw(self.scanner.kept());
        // Matching brackets give an end to continue from; still, whole messages may be inside.
        let limit = (ended.is_ok() && is_object).then(|| self.scanner.offset());
        self.damaged |= limit.is_none() || bad.broken;
        self.scanner.go_to(position + 1);
        let found = self.recover(limit, decode);
        // The brackets matched at a wrong position.
        self.damaged |= found;
        if !found && ended == Err(Unended::End) {
            let inside = "inside a message";
            return Element::Broken { inside };
        }
        Element::Odd {
            position,
            reason: bad.reason,
            raw,
        }
    }

    /// Moves to the next element or the end of the list. Returns the byte there.
    fn border(&mut self) -> Option<u8> {
        let mut next = self.scanner.skip_space();
        while next == Some(b',') {
            self.scanner.bump();
            next = self.scanner.skip_space();
        }
        next
    }

    /// Moves to the next position before `limit` at which an element decodes or the list ends; without one, to `limit`
    /// or to the end. Returns whether there was one.
    fn recover<T>(
        &mut self,
        limit: Option<u64>,
        decode: &dyn Fn(&[u8]) -> Result<T, DecodeError>,
    ) -> bool {
        let scanner = &mut *self.scanner;
        let mut previous = b',';
        while limit.is_none_or(|limit| scanner.offset() < limit) {
            let here = scanner.offset();
            let Some(byte) = scanner.peek() else {
                return false;
            };
            // An object that is the value of a key is part of a message, never a message.
            let may_begin = byte == b'{' && matches!(previous, b',' | b'[' | b'}' | b']');
            if may_begin && behind(scanner.ahead(TAIL_BYTES)).starts_with(b"\"") {
                let whole = scanner.value().is_ok() && decode(scanner.kept()).is_ok();
                scanner.go_to(here);
                if whole {
                    return true;
                }
            }
            if byte == b']' && is_tail(behind(scanner.ahead(TAIL_BYTES))) {
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
}

/// Bytes behind the first byte and white space.
fn behind(ahead: &[u8]) -> &[u8] {
    ahead.get(1..).unwrap_or_default().trim_ascii_start()
}

/// Whether the bracket at the start of `ahead` ends the list. After damage it may be a bracket of a message; it then
/// counts only if the rest can be nothing but the end of a document.
fn is_end(ahead: &[u8], damaged: bool) -> bool {
    let rest = behind(ahead);
    match rest.first() {
        None => true,
        Some(b'}') => !damaged || behind(rest).is_empty(),
        Some(b',') if damaged => is_tail(rest),
        Some(b',') => matches!(behind(rest).first(), None | Some(b'"')),
        Some(_) => false,
    }
}

/// Whether `rest`, behind a list, continues with the last key of an export.
fn is_tail(rest: &[u8]) -> bool {
    rest.first() == Some(&b',') && behind(rest).starts_with(LAST_KEY)
}

fn raw(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(RAW_BYTES_MAX)]).into_owned()
}
