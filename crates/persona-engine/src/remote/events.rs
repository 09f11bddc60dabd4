//! Server-sent events: how a server streams a reply.

/// Longest event, in bytes. A server that sends more is broken.
const EVENT_MAX: usize = 1 << 20;

/// Parser that takes bytes as they arrive and returns whole events.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// Bytes of a line that is incomplete so far.
    line: Vec<u8>,
    /// The `data` of an event that is incomplete so far.
    data: String,
    /// Whether the last byte was a carriage return: a newline after it belongs to it.
    after_return: bool,
}

/// Error for an event, or a line of one, that is longer than [`EVENT_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Events {
    /// The events that `bytes` complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let newline = byte == b'\n';
            if newline && self.after_return {
                self.after_return = false;
                continue;
            }
            self.after_return = byte == b'\r';
            if newline || self.after_return {
                self.end_line(&mut events);
            } else {
                self.line.push(byte);
            }
            if self.line.len() + self.data.len() > EVENT_MAX {
                return Err(TooLong);
            }
        }
        Ok(events)
    }

    /// The event that the end of the stream completes: some servers leave out the last empty line.
    pub(crate) fn finish(mut self) -> Option<String> {
        let mut events = Vec::new();
        self.end_line(&mut events);
        self.end_line(&mut events);
        events.pop()
    }

    fn end_line(&mut self, events: &mut Vec<String>) {
        if self.line.is_empty() {
            if !self.data.is_empty() {
                events.push(std::mem::take(&mut self.data));
            }
            return;
        }
        let line = String::from_utf8_lossy(&self.line);
        if let Some(value) = line.strip_prefix("data:") {
            if !self.data.is_empty() {
                self.data.push('\n');
            }
            self.data.push_str(value.strip_prefix(' ').unwrap_or(value));
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = ": hello\r\n\r\ndata: {\"a\":\"ü\"}\r\n\r\nevent: x\ndata:one\ndata: two\n\nid: 3\n\ndata: [DONE]\n";

    fn events(chunks: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        let mut found = Vec::new();
        for chunk in chunks {
            found.extend(events.push(chunk).unwrap());
        }
        found.extend(events.finish());
        found
    }

    #[test]
    fn comments_and_other_fields_are_passed_over() {
        let expected = ["{\"a\":\"ü\"}", "one\ntwo", "[DONE]"];
        assert_eq!(events(&[STREAM.as_bytes()]), expected);
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut events = Events::default();
        assert_eq!(events.push(&vec![b'x'; EVENT_MAX + 1]), Err(TooLong));
    }

    proptest! {
        #[test]
        fn where_the_network_cuts_does_not_matter(cuts in prop::collection::vec(0..STREAM.len(), 0..9)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|cut| &STREAM.as_bytes()[cut[0]..cut[1]]).collect();
            prop_assert_eq!(events(&chunks), events(&[STREAM.as_bytes()]));
        }
    }
}
