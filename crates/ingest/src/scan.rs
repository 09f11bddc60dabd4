//! Scanner that finds the borders of JSON values in a stream, without decoding them, with one value in memory.

use std::io::{self, Read};

/// Longest single value, in bytes. Real messages with thousands of reactors come to a few megabytes.
const VALUE_BYTES_MAX: usize = 32 << 20;
const READ_BYTES: usize = 1 << 16;

/// Reason for which a value has no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unended {
    /// The stream ended inside the value.
    End,
    /// Unexpected byte.
    Byte { offset: u64, found: u8 },
    /// The value is longer than any message.
    TooLong,
}

impl Unended {
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::End => "the file ends inside a value".to_owned(),
            Self::Byte { offset, found } => {
                format!("{} at byte {offset} can't stand there", show(*found))
            }
            Self::TooLong => format!("a value of more than {VALUE_BYTES_MAX} bytes"),
        }
    }
}

/// Readable form of a byte.
pub(crate) fn show(byte: u8) -> String {
    if byte.is_ascii_graphic() {
        format!("`{}`", char::from(byte))
    } else {
        format!("the byte {byte:#04x}")
    }
}

/// Buffered view of a stream, which can go back to [`Scanner::keep_from_here`].
pub(crate) struct Scanner<'reader> {
    reader: &'reader mut dyn Read,
    buffer: Vec<u8>,
    /// Number of bytes of the stream before the buffer.
    before: u64,
    /// Index of the first byte in the buffer that must stay.
    keep: usize,
    at: usize,
    end: usize,
    ended: bool,
    failure: Option<io::Error>,
    /// Closing brackets that are still to come.
    open: Vec<u8>,
}

impl<'reader> Scanner<'reader> {
    pub(crate) fn new(reader: &'reader mut dyn Read) -> Self {
        Self {
            reader,
            buffer: vec![0; 2 * READ_BYTES],
            before: 0,
            keep: 0,
            at: 0,
            end: 0,
            ended: false,
            failure: None,
            open: Vec::new(),
        }
    }

    /// Offset of the next byte in the stream.
    pub(crate) fn offset(&self) -> u64 {
        self.before + self.at as u64
    }

    /// Error of the underlying reader; the stream ends there.
    pub(crate) fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    /// Returns the next byte without consuming it.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        if self.at == self.end && !self.refill() {
            return None;
        }
        Some(self.buffer[self.at])
    }

    /// Consumes the next byte, which was peeked at.
    pub(crate) fn bump(&mut self) {
        self.at += 1;
    }

    /// Skips white space. Returns the byte after it.
    pub(crate) fn skip_space(&mut self) -> Option<u8> {
        loop {
            let byte = self.peek()?;
            if !byte.is_ascii_whitespace() {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Skips a byte order mark at the beginning.
    pub(crate) fn skip_mark(&mut self) {
        let ahead = self.ahead(3);
        if ahead == b"\xef\xbb\xbf" {
            self.at += 3;
        }
    }

    /// Returns up to `count` of the next bytes without consuming them.
    pub(crate) fn ahead(&mut self, count: usize) -> &[u8] {
        self.keep_from_here();
        while self.end - self.at < count && self.refill() {}
        &self.buffer[self.at..self.end.min(self.at + count)]
    }

    /// Keeps all bytes from here on, until the next call.
    pub(crate) fn keep_from_here(&mut self) {
        self.keep = self.at;
    }

    /// Bytes since [`Scanner::keep_from_here`].
    pub(crate) fn kept(&self) -> &[u8] {
        &self.buffer[self.keep..self.at]
    }

    /// Moves to the byte at `offset`, which must be a kept one.
    pub(crate) fn go_to(&mut self, offset: u64) {
        let at = (offset - self.before) as usize;
        debug_assert!((self.keep..=self.end).contains(&at));
        self.at = at;
    }

    /// Keeps and consumes the value that begins at the next byte. The content is not checked.
    pub(crate) fn value(&mut self) -> Result<(), Unended> {
        self.keep_from_here();
        match self.peek().ok_or(Unended::End)? {
            b'{' | b'[' => self.nested(),
            b'"' => self.string(),
            b'-' | b'0'..=b'9' | b'a'..=b'z' => self.scalar(),
            found => Err(self.wrong(found)),
        }
    }

    fn nested(&mut self) -> Result<(), Unended> {
        self.open.clear();
        loop {
            let byte = self.next_inside()?;
            match byte {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' => self.open.push(b'}'),
                b'[' => self.open.push(b']'),
                b'}' | b']' if self.open.pop() != Some(byte) => return Err(self.wrong(byte)),
                _ => {}
            }
            self.at += 1;
            if self.open.is_empty() {
                return Ok(());
            }
        }
    }

    fn string(&mut self) -> Result<(), Unended> {
        self.at += 1;
        loop {
            match self.next_inside()? {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => {
                    self.at += 1;
                    self.next_inside()?;
                    self.at += 1;
                }
                // Line breaks in strings are escaped: a raw one means that a quote is missing.
                found @ 0..0x20 => return Err(self.wrong(found)),
                _ => self.at += 1,
            }
        }
    }

    fn scalar(&mut self) -> Result<(), Unended> {
        while let Some(byte) = self.peek() {
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')) {
                return Ok(());
            }
            if self.at - self.keep > VALUE_BYTES_MAX {
                return Err(Unended::TooLong);
            }
            self.at += 1;
        }
        Err(Unended::End)
    }

    #[inline]
    fn next_inside(&mut self) -> Result<u8, Unended> {
        if self.at < self.end {
            return Ok(self.buffer[self.at]);
        }
        if self.at - self.keep > VALUE_BYTES_MAX {
            return Err(Unended::TooLong);
        }
        self.peek().ok_or(Unended::End)
    }

    fn wrong(&self, found: u8) -> Unended {
        Unended::Byte {
            offset: self.offset(),
            found,
        }
    }

    /// Reads more bytes. Returns whether there were any.
    fn refill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        if self.buffer.len() - self.end < READ_BYTES {
            self.make_room();
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    self.end += count;
                    return true;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.failure = Some(error);
                    self.ended = true;
                }
            }
            return false;
        }
    }

    fn make_room(&mut self) {
        self.buffer.copy_within(self.keep..self.end, 0);
        self.before += self.keep as u64;
        self.at -= self.keep;
        self.end -= self.keep;
        self.keep = 0;
        if self.buffer.len() - self.end < READ_BYTES {
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
    }
}
