use std::{collections::BTreeSet, io::Read};

use proptest::prelude::*;
use serde_json::json;

use super::{Element, Elements};
use crate::{
    dce::{self, Header},
    record::SourceChannel,
    scan::Scanner,
};

/// Reader of a few bytes at a time, so that a refill crosses every border.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(buffer.len()).min(7);
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    ids: Vec<u64>,
    odd: Vec<u64>,
    closed: bool,
}

/// Reads the elements behind the opening bracket.
fn read(bytes: &[u8]) -> Outcome {
    let header = Header {
        source_channel: SourceChannel::vague(7),
        exported_ms: None,
    };
    let mut reader = Drip(bytes);
    let mut scanner = Scanner::new(&mut reader);
    let mut elements = Elements::new(&mut scanner);
    let mut outcome = Outcome {
        ids: Vec::new(),
        odd: Vec::new(),
        closed: false,
    };
    loop {
        match elements.next(&|json| dce::decode(&header, json)) {
            Element::Whole(record) => outcome.ids.push(record.message.id),
            Element::Odd { position, .. } => outcome.odd.push(position),
            Element::Close => {
                outcome.closed = true;
                return outcome;
            }
            Element::Broken { .. } => return outcome,
        }
    }
}

/// A list of messages without its opening bracket, and the start and end of each message.
fn list(count: u64) -> (String, Vec<(usize, usize)>) {
    let mut text = String::new();
    let mut borders = Vec::new();
    for id in 1..=count {
        let message = json!({
            "id": id.to_string(),
            "type": "Default",
            "timestamp": "2024-01-31T12:00:00.5+00:00",
            "timestampEdited": null,
            "content": "a \"quote\", a \\ and ]},{\"id\":\"9\"} [ { 🧱\n",
            "author": {"id": "3", "name": "ann", "nickname": "Ann", "isBot": false, "roles": [{"id": "5"}, {"id": "6"}]},
            "reactions": [{"emoji": {"id": "", "name": "👍"}, "count": 2, "users": [{"id": "4"}]}],
            "mentions": []
        });
        let message = serde_json::to_string_pretty(&message).unwrap();
        text.push_str(if id == 1 { "\n" } else { ",\n" });
        borders.push((text.len(), text.len() + message.len()));
        text.push_str(&message);
    }
    text.push_str("\n], \"messageCount\": 3}");
    (text, borders)
}

#[test]
fn a_whole_list() {
    let (text, _) = list(3);
    let outcome = read(text.as_bytes());
    let expected = Outcome {
        ids: vec![1, 2, 3],
        odd: vec![],
        closed: true,
    };
    assert_eq!(outcome, expected);
}

#[test]
fn a_cut_loses_no_whole_message_wherever_it_is() {
    let (text, borders) = list(3);
    let close = text.rfind(']').unwrap();
    for cut in 0..text.len() {
        let outcome = read(&text.as_bytes()[..cut]);
        let whole = borders.iter().filter(|(_, end)| *end <= cut).count();
        assert_eq!(outcome.ids.len(), whole, "cut at {cut}");
        assert_eq!(outcome.closed, cut > close, "cut at {cut}");
        assert_eq!(outcome.odd, [0; 0], "cut at {cut}");
    }
}

#[test]
fn an_odd_message_is_stepped_over() {
    let (text, borders) = list(3);
    for (wrong, right) in [
        ("\"id\": 2.5", "\"id\": \"2\""),
        ("\"id\": \"two\"", "\"id\": \"2\""),
        // A missing quote, a missing bracket, a raw line break.
        ("\"id\": \"2", "\"id\": \"2\""),
        ("\"id\" \"2\"", "\"id\": \"2\""),
        ("\"id\": \"2\n\"", "\"id\": \"2\""),
    ] {
        let broken = text.replacen(right, wrong, 1);
        let outcome = read(broken.as_bytes());
        let expected = Outcome {
            ids: vec![1, 3],
            odd: vec![borders[1].0 as u64],
            closed: true,
        };
        assert_eq!(outcome, expected, "{wrong}");
    }
}

#[test]
fn an_odd_last_message_does_not_hide_the_end() {
    let (text, borders) = list(3);
    let broken = text.replacen("\"id\": \"3\",\n  \"type\"", "\"id\": \"3,\n  \"type\"", 1);
    assert_ne!(broken, text);
    let outcome = read(broken.as_bytes());
    let expected = Outcome {
        ids: vec![1, 2],
        odd: vec![borders[2].0 as u64],
        closed: true,
    };
    assert_eq!(outcome, expected);
}

proptest! {
    #[test]
    fn noise_ends(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&noise);
    }

    #[test]
    fn json_like_noise_ends(noise in "[\\[\\]{},:\"\\\\a1 \n]{0,200}") {
        read(noise.as_bytes());
    }
}

/// `text` with `byte` instead of the one at `place`, before it, and with neither.
fn spoiled(text: &str, place: usize, byte: u8) -> [Vec<u8>; 3] {
    let (before, after) = (&text.as_bytes()[..place], &text.as_bytes()[place..]);
    [
        [before, &[byte], &after[1..]].concat(),
        [before, &[byte], after].concat(),
        [before, &after[1..]].concat(),
    ]
}

#[test]
fn a_wrong_byte_spoils_no_other_message_wherever_it_is() {
    let (text, borders) = list(3);
    for place in 0..borders[2].1 {
        for byte in *b"{}[],:\"\\0a\n " {
            for (what, bytes) in ["changed", "added", "removed"]
                .into_iter()
                .zip(spoiled(&text, place, byte))
            {
                let outcome = read(&bytes);
                let found: BTreeSet<u64> = outcome.ids.iter().copied().collect();
                assert_eq!(
                    found.len(),
                    outcome.ids.len(),
                    "{what} {byte} at {place}: twice"
                );
                for (id, (start, end)) in (1_u64..).zip(&borders) {
                    let here = (*start..*end).contains(&place);
                    assert!(
                        here || found.contains(&id),
                        "{what} {byte} at {place}: {id} is not in {found:?}"
                    );
                }
            }
        }
    }
}
