//! Decoding of messages and pages, valid and invalid.

use persona_core::MessageKind;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    ChannelInfo, Page, decode,
    message::{DecodeError, DecodedMessage},
};

/// Message with all fields that the API always sends.
fn message(id: u64, content: &str) -> Value {
    json!({
        "type": 0, "tts": false, "timestamp": "2024-01-31T12:00:00.500000+00:00", "pinned": false,
        "mentions": [], "mention_roles": [], "mention_everyone": false, "id": id.to_string(),
        "flags": 0, "embeds": [], "edited_timestamp": null, "content": content, "components": [],
        "channel_id": "7", "attachments": [],
        "author": {
            "username": "ann", "public_flags": 0, "id": "301", "global_name": "Ann",
            "discriminator": "0", "avatar": null
        }
    })
}

fn with(changes: &Value) -> Value {
    let mut message = message(1, "");
    let object = message.as_object_mut().unwrap();
    for (key, value) in changes.as_object().unwrap() {
        object.insert(key.clone(), value.clone());
    }
    message
}

fn read(message: &Value) -> Result<DecodedMessage, DecodeError> {
    decode(None, message.to_string().as_bytes())
}

fn content(changes: &Value) -> (String, u32, bool) {
    let record = read(&with(changes)).unwrap();
    (
        record.message.content,
        record.message.attachments,
        record.is_empty,
    )
}

#[test]
fn oddities_that_do_not_matter_are_read_past() {
    for changes in [
        json!({"tts": null, "flags": "64", "pinned": 1}),
        json!({"components": [{"type": 99, "components": [{"type": 1234}]}]}),
        json!({"components": {"not": "a list"}, "poll": 5}),
        json!({"message_reference": {"type": 7}, "unheard": {"of": []}}),
        json!({"mentions": null, "reactions": null, "attachments": null}),
    ] {
        assert!(read(&with(&changes)).is_ok(), "{changes}");
    }
    let kind = |code: Value| read(&with(&json!({ "type": code }))).unwrap().message.kind;
    assert_eq!(kind(json!(300)), MessageKind::System);
    assert_eq!(kind(json!(19)), MessageKind::Reply);
}

#[test]
fn what_matters_must_make_sense() {
    for changes in [
        json!({"id": "x"}),
        json!({"id": null}),
        json!({"author": null}),
        json!({"author": {"username": "ann"}}),
        json!({"timestamp": "yesterday"}),
        json!({"content": 5}),
        json!({"reactions": [{"count": -1, "emoji": {}}]}),
    ] {
        let bad = read(&with(&changes)).unwrap_err();
        assert!(!bad.broken && !bad.reason.is_empty(), "{changes}");
    }
    assert!(decode(None, b"{\"id\": \"1\"").unwrap_err().broken);
}

#[test]
fn text_that_is_not_in_the_content() {
    let components = json!({"flags": 32768, "components": [
        {"type": 10, "content": "one"},
        {"type": 17, "components": [
            {"type": 9, "components": [{"type": 10, "content": "two"}], "accessory": {"type": 11}},
            {"type": 1, "components": [{"type": 2, "label": "a button"}]}
        ]},
    ]});
    assert_eq!(content(&components), ("one\ntwo".to_owned(), 0, false));
    let poll = json!({"poll": {
        "question": {"text": "soup?"},
        "answers": [{"answer_id": 1, "poll_media": {"text": "yes"}}, {"answer_id": 2, "poll_media": {"emoji": {"name": "🍲"}}}]
    }});
    assert_eq!(content(&poll), ("soup?\nyes".to_owned(), 0, false));
    let forward = json!({
        "message_reference": {"type": 1, "message_id": "5", "channel_id": "7"},
        "message_snapshots": [{"message": {"content": "somebody else's words", "type": 0}}]
    });
    assert_eq!(content(&forward), (String::new(), 1, false));
    let embed = json!({"embeds": [{"description": "a card"}]});
    assert_eq!(content(&embed), (String::new(), 1, false));
}

#[test]
fn messages_with_nothing_in_them_are_hollow() {
    assert_eq!(content(&json!({})), (String::new(), 0, true));
    assert!(content(&json!({"type": 19})).2);
    for changes in [
        json!({"content": "hi"}),
        json!({"type": 7}),
        json!({"sticker_items": [{"id": "1"}]}),
        json!({"components": [{"type": 1, "components": []}]}),
        json!({"activity": {"type": 1}, "application": {}}),
    ] {
        assert!(!content(&changes).2, "{changes}");
    }
}

#[test]
fn one_odd_message_costs_one_message() {
    let page = json!([
        message(30, "c"),
        with(&json!({"id": "40", "content": 5})),
        message(10, "a"),
        message(20, "b"),
        message(20, "b"),
        "not even an object",
    ]);
    let page = Page::decode(7, page.to_string().as_bytes()).unwrap();
    let ids: Vec<u64> = page
        .messages
        .iter()
        .map(|record| record.message.id)
        .collect();
    assert_eq!(ids, [10, 20, 30]);
    let odd: Vec<Option<u64>> = page.odd.iter().map(|odd| odd.id).collect();
    assert_eq!(odd, [Some(40), None]);
    assert!(
        page.odd[0].raw.contains("\"content\":5"),
        "{}",
        page.odd[0].raw
    );
    assert_eq!(
        (page.newest, page.oldest, page.received),
        (Some(40), Some(10), 6)
    );
}

#[test]
fn what_is_no_page_is_an_error() {
    for text in ["", "{}", "null", "[", "{\"message\": \"x\"}", "<html>"] {
        assert!(Page::decode(7, text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn channels_that_strict_decoders_refuse() {
    for channel in [
        json!({"id": "7", "type": 0, "position": -1, "permission_overwrites": [{"id": "1", "type": 9}]}),
        json!({"id": 7, "type": 16, "name": null, "last_message_id": null}),
    ] {
        let info = ChannelInfo::decode(1, channel.to_string().as_bytes()).unwrap();
        assert_eq!((info.channel.id, info.channel.name.as_str()), (7, "7"));
    }
    assert!(ChannelInfo::decode(1, b"{\"type\": 0}").is_err());
}

/// JSON of any shape, with the keys that messages have.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        "[0-9]{1,20}".prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "id",
        "type",
        "content",
        "author",
        "username",
        "components",
        "poll",
        "question",
        "text",
        "answers",
        "poll_media",
        "mentions",
        "reactions",
        "emoji",
        "count",
        "message_id",
        "name",
    ]);
    leaf.prop_recursive(4, 32, 6, move |inner| {
        let key = key.clone();
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..6).prop_map(|pairs| {
                Value::Object(
                    pairs
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect(),
                )
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the value of one field of a message, the others on the page are read, and nothing is lost.
    #[test]
    fn any_value_anywhere_costs_at_most_its_message(
        key in prop::sample::select(vec![
            "id", "type", "content", "author", "timestamp", "edited_timestamp", "flags", "components", "poll", "mentions",
            "reactions", "attachments", "embeds", "message_reference", "message_snapshots", "channel_id", "webhook_id", "member",
        ]),
        value in any_json(),
    ) {
        let mut strange = message(20, "b");
        strange[key] = value;
        let text = json!([message(30, "c"), strange, message(10, "a")]).to_string();
        let page = Page::decode(7, text.as_bytes()).unwrap();
        let ids: Vec<u64> = page.messages.iter().map(|record| record.message.id).collect();
        prop_assert!(ids.contains(&10) && ids.contains(&30), "{:?}", ids);
        prop_assert_eq!(page.received, 3);
        for record in &page.messages {
            prop_assert!(i64::try_from(record.message.id).is_ok());
        }
    }

    /// A list of anything is a page of odd records, never a failure.
    #[test]
    fn a_list_of_anything_is_a_page(values in prop::collection::vec(any_json(), 0..8)) {
        let text = Value::from(values.clone()).to_string();
        let page = Page::decode(7, text.as_bytes()).unwrap();
        prop_assert_eq!(page.received, values.len());
        for (odd, value) in page.odd.iter().zip(&values) {
            prop_assert!(!odd.reason.is_empty(), "{}", value);
        }
    }

    /// Bytes of any kind, whole messages cut anywhere among them, never panic.
    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), cut in 0_usize..400) {
        let _ = decode(None, &bytes);
        let _ = Page::decode(7, &bytes);
        let text = json!([message(1, "hi")]).to_string();
        let mut end = cut.min(text.len() - 1);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert!(Page::decode(7, &text.as_bytes()[..end]).is_err());
    }
}
