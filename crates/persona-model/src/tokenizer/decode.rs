//! Decoding a stream of ids.

use std::ops::Deref;

use super::Tokenizer;

/// Decodes ids one by one. A character whose bytes are spread over several tokens is held back until it is whole, so
/// that the pieces together are exactly [`Tokenizer::decode`] of all the ids. `T` borrows or shares the tokenizer.
#[derive(Debug)]
pub struct Decoder<T> {
    tokenizer: T,
    pending: Vec<u8>,
}

impl<T: Deref<Target = Tokenizer>> Decoder<T> {
    /// Creates a decoder that has seen no ids yet.
    pub fn new(tokenizer: T) -> Self {
        Self {
            tokenizer,
            pending: Vec::new(),
        }
    }

    /// Returns the text that `id` completes, if any.
    pub fn push(&mut self, id: u32) -> Option<String> {
        self.pending.extend_from_slice(self.tokenizer.bytes(id));
        let whole = self.pending.len() - unfinished(&self.pending);
        let text = String::from_utf8_lossy(&self.pending[..whole]).into_owned();
        self.pending.drain(..whole);
        (!text.is_empty()).then_some(text)
    }

    /// Ends the stream; returns the replacement for a character that was never completed.
    pub fn finish(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.pending);
        (!rest.is_empty()).then(|| String::from_utf8_lossy(&rest).into_owned())
    }
}

/// Number of bytes at the end that may be the beginning of a character.
fn unfinished(bytes: &[u8]) -> usize {
    bytes.utf8_chunks().last().map_or(0, |chunk| {
        let invalid = chunk.invalid();
        match std::str::from_utf8(invalid) {
            Err(error) if error.error_len().is_none() => invalid.len(),
            _ => 0,
        }
    })
}
