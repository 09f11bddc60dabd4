use std::fs::File;

use persona_core::{ChatMessage, PairRule, Split, Turn};
use polars::prelude::{ParquetReader, SerReader};

use super::*;

fn read(path: &Path) -> DataFrame {
    ParquetReader::new(File::open(path).unwrap())
        .finish()
        .unwrap()
}

fn conversation(id: u64, turns: usize) -> Conversation {
    let turns = (0..turns).map(|position| Turn {
        message_ids: (0..=position as u64).map(|more| id + more).collect(),
        author: "u1".to_owned(),
        text: format!("text {position}\n\"quoted\" 🌸"),
        timestamp_ms: -1,
        reply_to: position.checked_sub(1),
        is_target: position > 0,
        quoted: false,
        copies: position as u32,
        reactions: 2,
    });
    Conversation {
        id,
        channel_id: u64::MAX >> 1,
        split: Split::Validation,
        turns: turns.collect(),
    }
}

#[test]
fn turns_read_back() {
    let folder = tempfile::tempdir().unwrap();
    // More rows than a row group holds.
    let written: Vec<Conversation> = (0..3)
        .map(|index| conversation(1_000_000 * index, if index == 1 { 9 } else { 3 }))
        .chain((0..ROWS as u64).map(|index| conversation(1 << 40 | index, 1)))
        .collect();
    conversations(folder.path(), &written).unwrap();
    let frame = read(&folder.path().join("conversations.parquet"));
    assert_eq!(frame.shape(), (ROWS + 15, 13));
    let text = frame.column("text").unwrap().str().unwrap();
    assert_eq!(text.get(4), Some("text 1\n\"quoted\" 🌸"));
    let reply_to = frame.column("reply_to").unwrap().u32().unwrap();
    assert_eq!((reply_to.get(3), reply_to.get(5)), (None, Some(1)));
    let ids = frame.column("message_ids").unwrap().list().unwrap();
    let ids = ids.get_as_series(5).unwrap();
    let ids: Vec<Option<u64>> = ids.u64().unwrap().iter().collect();
    assert_eq!(ids, [Some(1_000_000), Some(1_000_001), Some(1_000_002)]);
}

#[test]
fn pairs_read_back_and_may_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pairs.parquet");
    pairs(folder.path(), []).unwrap();
    assert_eq!(read(&path).shape(), (0, 9));
    let pair = PreferencePair {
        prompt: vec![ChatMessage::system("be"), ChatMessage::user("u1: hi")],
        chosen: vec![ChatMessage::reply("yes")],
        rejected: vec![ChatMessage::reply("no")],
        split: Split::Train,
        rule: PairRule::SameConversation,
        reactions: 3,
        chosen_id: 7,
        rejected_id: None,
    };
    pairs(folder.path(), [pair]).unwrap();
    let frame = read(&path);
    let prompt = frame.column("prompt").unwrap().list().unwrap();
    let prompt = prompt.get_as_series(0).unwrap();
    let prompt: Vec<Option<&str>> = prompt.str().unwrap().iter().collect();
    assert_eq!(prompt, [Some("be"), Some("u1: hi")]);
    let rule = frame.column("rule").unwrap().str().unwrap();
    assert_eq!(rule.get(0), Some("same-conversation"));
    let rejected = frame.column("rejected_id").unwrap().u64().unwrap();
    assert_eq!(rejected.get(0), None);
}
