//! Exports of chat history: DiscordChatExporter's objects, lists of messages of Discord's API, tables.

use serde_json::Value;

use crate::{
    ingested::{messages, read_twice},
    scratch,
};

/// An export up to a place between two of its messages. The first one has the id 11.
const BEFORE: &str = r#"{"guild": {"id": "100", "name": "Puddle Committee"},
 "channel": {"id": "7", "type": "GuildTextChat", "categoryId": "50", "category": "Lobby", "name": "general", "topic": null},
 "exportedAt": "2026-01-05T12:00:00+00:00",
 "messages": [
  {"id": "11", "type": "Default", "timestamp": "2024-01-31T12:00:00.5+00:00", "timestampEdited": null, "content": "first",
   "author": {"id": "301", "name": "ann", "nickname": "Ann", "isBot": false}, "reactions": [], "mentions": []},
"#;
/// The rest of that export.
const AFTER: &str = r#",
  {"id": "12", "type": "Default", "timestamp": "2024-01-31T12:00:01+00:00", "timestampEdited": null, "content": "last",
   "author": {"id": "302", "name": "bob", "nickname": "Bob", "isBot": false}, "reactions": [], "mentions": []}
 ],
 "messageCount": 3}
"#;

/// Bytes that begin with a bracket, a byte order mark or as gzip are a whole file; all others stand between two messages of an export.
///
/// Nothing that is whole JSON may vanish: each element of the list is a message in the store or is counted as odd.
/// What stands before a damaged place is stored, whatever the damage.
pub fn export(data: &[u8]) -> bool {
    if matches!(data.first(), Some(b'{' | b'[' | 0x1f | 0xef)) {
        let (_, report, whole) = read_twice(&[scratch::file("export.json", data)]);
        assert_nothing_vanished(data, &report, whole);
        return whole;
    }
    let mut file = BEFORE.as_bytes().to_vec();
    file.extend(data);
    file.extend(AFTER.as_bytes());
    let (store, report, whole) = read_twice(&[scratch::file("export.json", &file)]);
    assert_nothing_vanished(&file, &report, whole);
    let stored = messages(&store);
    assert!(stored.iter().any(|message| message.id == 11), "{report:?}");
    whole && report.totals.odd == 0
}

/// Compares with a parser that knows JSON only.
fn assert_nothing_vanished(data: &[u8], report: &ingest::Report, whole: bool) {
    let Ok(json) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let list = match &json {
        Value::Object(object) => object.get("messages").and_then(Value::as_array),
        list => list.as_array(),
    };
    if let (Some(list), true) = (list, whole) {
        let found = report.totals.messages + report.totals.odd;
        assert!(
            found >= list.len() as u64,
            "{} elements, {report:?}",
            list.len()
        );
    }
}
