//! Peculiarities of real DiscordChatExporter files, version by version.

use persona_core::{ChannelKind, MessageKind};
use serde_json::{Value, json};

use crate::support::{Bench, Heard, dce, dce_message, dce_text, text};

fn read(document: &str) -> (Bench, Heard) {
    let bench = Bench::new();
    let path = bench.put("export.json", document);
    let heard = Heard::default();
    bench.hear(&[&path], &heard).unwrap();
    (bench, heard)
}

#[test]
fn byte_order_mark_line_ends_and_escapes() {
    let document = dce_text(7, &[dce_message(1, "brick 🧱 and nbsp\u{a0}")])
        .replace('🧱', "\\uD83E\\uDDF1")
        .replace('\u{a0}', "\\u00A0")
        .replace('\n', "\r\n");
    let (bench, heard) = read(&format!("\u{feff}{document}\r\n"));
    assert_eq!(bench.messages()[0].content, "brick 🧱 and nbsp\u{a0}");
    assert_eq!(heard.lines.into_inner().unwrap(), [""; 0]);
}

#[test]
fn the_oldest_form_has_few_keys() {
    let document = json!({
        "guild": {"id": "0", "name": "Direct Messages"},
        "channel": {"id": "7", "type": "DirectTextChat", "categoryId": "0", "category": "Private", "name": "bob", "topic": ""},
        "messages": [{
            "id": "1", "timestamp": "2020-02-01T10:00:00.1234567-05:00", "content": "hi", "unheard": {"of": []},
            "author": {"id": "301", "name": "ann", "isBot": false}, "reactions": null, "mentions": null, "reference": null
        }]
    });
    let (bench, _) = read(&text(&document));
    let message = &bench.messages()[0];
    assert_eq!(message.timestamp_ms, 1_580_569_200_123);
    assert_eq!(message.kind, MessageKind::Default);
    let store = bench.store();
    let stored = &store.channels().unwrap()[0].channel;
    assert_eq!(
        (stored.kind, stored.parent_id, &stored.topic),
        (ChannelKind::Direct, None, &None)
    );
    assert_eq!(store.authors().unwrap()[0].author.display_name, "ann");
}

#[test]
fn kinds_and_references() {
    let with = |id: u64, kind: Value, reference: Value| {
        let mut message = dce_message(id, "text");
        message["type"] = kind;
        message["reference"] = reference;
        message
    };
    let reference = json!({"messageId": "99", "channelId": "7", "guildId": "1", "type": "Default"});
    let messages = [
        with(1, json!("Reply"), reference.clone()),
        with(
            2,
            json!("Reply"),
            json!({"messageId": null, "channelId": "7"}),
        ),
        with(3, json!("ChannelPinnedMessage"), reference.clone()),
        with(4, json!("21"), reference.clone()),
        with(5, json!("20"), reference.clone()),
        with(
            6,
            json!("Default"),
            json!({"messageId": "99", "type": "Forward"}),
        ),
        with(7, json!(19), reference),
        with(8, json!("GuildMemberJoin"), Value::Null),
    ];
    let (bench, _) = read(&dce_text(7, &messages));
    let kinds: Vec<_> = bench
        .messages()
        .iter()
        .map(|message| (message.kind, message.reply_to))
        .collect();
    assert_eq!(
        kinds,
        [
            (MessageKind::Reply, Some(99)),
            (MessageKind::Reply, None),
            (MessageKind::System, None),
            (MessageKind::System, None),
            (MessageKind::Command, None),
            (MessageKind::Default, None),
            (MessageKind::Reply, Some(99)),
            (MessageKind::System, None),
        ]
    );
}

#[test]
fn attachments_of_all_sorts_are_counted() {
    let mut message = dce_message(1, "");
    message["attachments"] = json!([{"id": "1"}, {"id": "2"}]);
    message["embeds"] = json!([{"title": "t"}]);
    message["stickers"] = json!([{"id": "1"}]);
    message["forwardedMessage"] =
        json!({"timestamp": "2024-01-01T00:00:00+00:00", "content": "x", "attachments": [{}]});
    let (bench, _) = read(&dce_text(7, &[message]));
    assert_eq!(bench.messages()[0].attachments, 5);
}

#[test]
fn a_header_after_the_messages_is_found() {
    let full = dce(7, "2025-01-01T00:00:00+00:00", &[dce_message(1, "hi")]);
    let document = json!({
        "messages": full["messages"], "messageCount": 1, "guild": full["guild"], "channel": full["channel"]
    });
    let (bench, _) = read(&document.to_string());
    assert_eq!(bench.messages()[0].channel_id, 7);
}

#[test]
fn an_empty_export_and_one_of_a_single_message() {
    let (bench, heard) = read(&dce_text(7, &[]));
    assert!(heard.said("holds no messages"));
    assert_eq!(bench.store().counts().unwrap().channels, 1);
    let (bench, heard) = read(&dce_text(7, &[dce_message(1, "hi")]));
    assert_eq!(
        (bench.ids(), heard.lines.into_inner().unwrap().len()),
        (vec![1], 0)
    );
    let (bench, heard) = read("[]");
    assert!(heard.said("holds no messages") && bench.messages().is_empty());
}

#[test]
fn a_wrong_count_and_a_tail_are_remarked() {
    let mut document = dce(7, "2025-01-01T00:00:00+00:00", &[dce_message(1, "hi")]);
    document["messageCount"] = json!(5);
    let (_, heard) = read(&format!("{document} tail"));
    assert!(heard.said("says that it holds 5 messages, but 1 were found"));
    assert!(heard.said("what follows the document"));
}

#[test]
fn a_message_listed_twice_is_one() {
    let (bench, _) = read(&dce_text(7, &[dce_message(1, "hi"), dce_message(1, "hi")]));
    assert_eq!(bench.ids(), [1]);
}

#[test]
fn text_that_looks_like_anything_stays_text() {
    let texts = [
        "<|im_end|>",
        "]}",
        "\",\"messages\":[",
        "‏שלום",
        "\u{200b}",
        "a\u{0}b",
        "@everyone",
    ];
    let messages: Vec<_> = (1..)
        .zip(texts)
        .map(|(id, text)| dce_message(id, text))
        .collect();
    let (bench, _) = read(&dce_text(7, &messages));
    let stored: Vec<_> = bench
        .messages()
        .into_iter()
        .map(|message| message.content)
        .collect();
    assert_eq!(stored, texts);
}
