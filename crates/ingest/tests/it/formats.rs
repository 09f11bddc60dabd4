//! Every format is read with all its messages.

use ingest::Format;
use persona_core::{ChannelKind, MessageKind};
use serde_json::json;

use crate::support::{Bench, Heard, api_message, dce_message, dce_text, text};

const NOON_MS: i64 = 1_706_702_400_500;

#[test]
fn chat_exporter() {
    let bench = Bench::new();
    let mut reply = dce_message(12, "yes");
    reply["type"] = json!("Reply");
    reply["reference"] = json!({"messageId": "11", "channelId": "7", "guildId": "100"});
    reply["reactions"] = json!([
        {"emoji": {"id": "", "name": "👍", "code": "thumbsup"}, "count": 3, "users": []},
        {"emoji": {"id": "900", "name": "party", "code": "party"}, "count": 1}
    ]);
    reply["mentions"] = json!([{"id": "302", "name": "bob", "nickname": "Bobby", "isBot": false}]);
    let path = bench.put("a.txt", dce_text(7, &[dce_message(11, "no?"), reply]));
    let report = bench.run(&[&path]).unwrap();
    assert_eq!(report.files[0].format, Format::DiscordChatExporter);
    assert_eq!(
        (report.totals.messages, report.totals.new, report.totals.odd),
        (2, 2, 0)
    );
    let messages = bench.messages();
    assert_eq!(messages[0].timestamp_ms, NOON_MS);
    assert_eq!(
        (messages[1].kind, messages[1].reply_to),
        (MessageKind::Reply, Some(11))
    );
    assert_eq!(messages[1].reactions.len(), 2);
    assert_eq!(messages[1].reactions[1].emoji_id, Some(900));
    assert_eq!(messages[1].mentions[0].display_name, "Bobby");
    let store = bench.store();
    let channel = &store.channels().unwrap()[0];
    assert_eq!(
        (channel.channel.kind, channel.channel.parent_id),
        (ChannelKind::Text, Some(50))
    );
    assert_eq!(
        (channel.channel.guild_id, channel.last_message_id),
        (100, Some(12))
    );
    assert_eq!(store.pseudonym(301).unwrap().as_deref(), Some("u1"));
    assert_eq!(store.pseudonym(302).unwrap().as_deref(), Some("u2"));
}

#[test]
fn api_list() {
    let bench = Bench::new();
    let mut reply = api_message(12, 7, "yes");
    reply["type"] = json!(19);
    reply["message_reference"] = json!({"type": 0, "channel_id": "7", "message_id": "11"});
    reply["referenced_message"] = api_message(11, 7, "no?");
    reply["edited_timestamp"] = json!("2024-01-31T12:00:01.000000+00:00");
    reply["reactions"] = json!([{"emoji": {"id": null, "name": "👍"}, "count": 2, "count_details": {"burst": 0, "normal": 2}}]);
    reply["mentions"] =
        json!([{"id": "302", "username": "bob", "global_name": "Bobby"}, "@someone"]);
    let mut hook = api_message(13, 7, "relayed");
    hook["webhook_id"] = json!("301");
    hook["attachments"] = json!([{"id": "1"}]);
    hook["sticker_items"] = json!([{"id": "1"}]);
    hook["message_snapshots"] = json!([{"message": {}}]);
    let path = bench.put(
        "page.json",
        text(&json!([hook, reply, api_message(11, 7, "no?")])),
    );
    let report = bench.run(&[&path]).unwrap();
    assert_eq!(report.files[0].format, Format::DiscordApi);
    let messages = bench.messages();
    assert_eq!(
        messages
            .iter()
            .map(|message| message.id)
            .collect::<Vec<_>>(),
        [11, 12, 13]
    );
    assert_eq!(
        (messages[1].reply_to, messages[1].edited_ms),
        (Some(11), Some(NOON_MS + 500))
    );
    assert_eq!(
        (messages[1].mentions.len(), messages[1].reactions[0].count),
        (1, 2)
    );
    assert_eq!(messages[2].attachments, 3);
}

#[test]
fn both_tell_the_same() {
    let (one, other) = (Bench::new(), Bench::new());
    one.put("a.json", dce_text(7, &[dce_message(11, "hi")]));
    other.put("a.json", text(&json!([api_message(11, 7, "hi")])));
    one.run(&[&one.path("")]).unwrap();
    other.run(&[&other.path("")]).unwrap();
    assert_eq!(one.messages(), other.messages());
    assert_eq!(
        one.store().authors().unwrap(),
        other.store().authors().unwrap()
    );
}

#[test]
fn an_api_list_without_channels_takes_them_from_the_folder() {
    let bench = Bench::new();
    let mut message = api_message(11, 0, "hi");
    message.as_object_mut().unwrap().remove("channel_id");
    bench.put(
        "general 123456789012345678/page 1.json",
        text(&json!([message])),
    );
    bench.run(&[&bench.path("")]).unwrap();
    assert_eq!(bench.messages()[0].channel_id, 123_456_789_012_345_678);
}

fn package() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("Package/Account/user.json", json!({"id": "301", "username": "ann", "global_name": "Ann", "flags": 0}).to_string().into()),
        ("Package/Nachrichten/index.json", json!({"8": "Direct Message with bob", "7": null}).to_string().into()),
        (
            "Package/Nachrichten/c7/channel.json",
            json!({"id": "7", "type": 0, "name": "general", "guild": {"id": "100", "name": "A server"}}).to_string().into(),
        ),
        (
            "Package/Nachrichten/c7/messages.json",
            // The id is a number that no double holds.
            br#"[{"ID": 469641859543728149, "Timestamp": "2024-01-31 12:00:00", "Contents": "hi", "Attachments": "https://a/1 https://a/2"}]"#.to_vec(),
        ),
        ("Package/Nachrichten/c8/channel.json", json!({"id": "8", "type": "DM", "recipients": ["301", "302"]}).to_string().into()),
        (
            "Package/Nachrichten/c8/messages.csv",
            b"ID,Timestamp,Contents,Attachments\r\n21,2024-01-31 12:00:00.500000+00:00,\"two\nlines, \"\"quoted\"\"\",\r\n22,2024-01-31 12:00:01,plain,https://a/1\r\n".to_vec(),
        ),
    ]
}

#[test]
fn data_package_as_folder_and_as_archive() {
    let (folder, archive) = (Bench::new(), Bench::new());
    for (name, content) in package() {
        folder.put(name, content);
    }
    let heard = Heard::default();
    let report = folder.hear(&[&folder.path("")], &heard).unwrap();
    assert!(!heard.said("package_owner"), "{:?}", heard.lines);
    let formats: Vec<_> = report.files.iter().map(|file| file.format).collect();
    assert_eq!(formats, [Format::DataPackageJson, Format::DataPackageCsv]);
    let zip = archive.put_zip("package.zip", &package());
    archive.run(&[&zip]).unwrap();
    assert_eq!(
        folder.store().content_hash().unwrap(),
        archive.store().content_hash().unwrap()
    );

    let messages = folder.messages();
    assert_eq!(
        messages
            .iter()
            .map(|message| message.id)
            .collect::<Vec<_>>(),
        [469_641_859_543_728_149, 21, 22]
    );
    assert_eq!(
        (messages[0].timestamp_ms, messages[0].attachments),
        (NOON_MS - 500, 2)
    );
    assert_eq!(messages[1].content, "two\nlines, \"quoted\"");
    assert_eq!(
        (messages[1].timestamp_ms, messages[2].attachments),
        (NOON_MS, 1)
    );
    assert!(messages.iter().all(|message| message.author_id == 301));
    let store = folder.store();
    let channels = store.channels().unwrap();
    assert_eq!(
        (
            channels[0].channel.name.as_str(),
            channels[0].channel.guild_id
        ),
        ("general", 100)
    );
    assert_eq!(channels[1].channel.name, "Direct Message with bob");
    assert_eq!(channels[1].channel.kind, ChannelKind::Direct);
}

#[test]
fn a_data_package_without_its_account_says_so() {
    let bench = Bench::new();
    for (name, content) in &package()[1..] {
        bench.put(name, content);
    }
    let heard = Heard::default();
    bench.hear(&[&bench.path("")], &heard).unwrap();
    assert!(heard.said("package_owner"), "{:?}", heard.lines);
    assert!(
        bench
            .messages()
            .iter()
            .all(|message| message.author_id == 0)
    );
}

#[test]
fn data_package_rows_that_are_odd_or_cut() {
    let bench = Bench::new();
    bench.put("c7/channel.json", json!({"id": "7", "type": 0}).to_string());
    let rows = "ID,Timestamp,Contents,Attachments\n21,2024-01-31 12:00:00,a,\n22,never,b,\n23,2024-01-31 12:00:00\n24,2024-01-31 12:00:00,d,\n25,2024-01-31 12:00:00,\"cut of";
    bench.put("c7/messages.csv", rows);
    let error = bench.run(&[&bench.path("c7/messages.csv")]).unwrap_err();
    let ingest::Error::Sources { failures, report } = error else {
        panic!("{error}");
    };
    assert!(
        matches!(failures[..], [ingest::Failure::Truncated { kept: 2, .. }]),
        "{failures:?}"
    );
    assert_eq!((report.totals.messages, report.totals.odd), (2, 2));
    assert_eq!(bench.ids(), [21, 24]);
}
