//! Resync: edits, deletions and reactions of the last days.

use discord_server::{Access, Kind, Message, World, ids};
use ingest::discord::{FetchConfig, Report};

use super::bench::{Bench, of};

const DAY_MS: i64 = 86_400_000;

/// Messages of the last thirty days in one channel, eight a day.
fn bench() -> (Bench, u64, Vec<u64>) {
    let mut world = World::new();
    let guild = world.guild("Workshop");
    let channel = world.channel(guild, Kind::Text, "general");
    let user = world.user("ada");
    let now = ids::now_ms();
    let messages: Vec<u64> = (0..240)
        .map(|number| {
            let id = ids::snowflake(now - 30 * DAY_MS + number * DAY_MS / 8);
            world.put(Message::new(
                id,
                channel,
                user,
                &format!("message {number}"),
            ));
            id
        })
        .collect();
    let bench = Bench::new(world);
    bench.fetch().unwrap();
    (bench, channel, messages)
}

fn resync(bench: &Bench, span: &str) -> Report {
    let config = FetchConfig {
        resync: Some(span.to_owned()),
        ..FetchConfig::default()
    };
    bench.fetch_with(&config).unwrap()
}

fn ids_of(bench: &Bench, channel: u64) -> Vec<u64> {
    let messages = bench.messages(channel);
    messages.iter().map(|message| message.id).collect()
}

#[test]
fn edits_deletions_and_reactions_of_the_window_are_found() {
    let (bench, channel, messages) = bench();
    let server = &bench.server;
    let user = server.world(|world| world.messages[&channel][&messages[0]].author_id);
    server.edit(channel, messages[230], "better");
    server.react(channel, messages[231], user, "👍");
    server.delete(channel, messages[232]);
    server.delete(channel, messages[239]);
    server.edit(channel, messages[10], "too long ago");
    server.delete(channel, messages[11]);
    assert_eq!(
        bench.fetch().unwrap().totals.messages,
        0,
        "none of it is new"
    );
    server.take_requests();
    let report = resync(&bench, "7d");
    assert_eq!((report.totals.updated, report.deleted), (2, 2));
    let stored = bench.messages(channel);
    assert_eq!(stored.len(), 238);
    assert_eq!(stored[230].content, "better");
    assert_eq!(stored[231].reactions[0].count, 1);
    assert_eq!(stored[10].content, "message 10");
    assert!(report.totals.messages < 60, "only the window is read");
    server.unreact(channel, messages[231], user, "👍");
    let report = resync(&bench, "7d");
    assert_eq!((report.totals.updated, report.deleted), (1, 0));
    assert!(bench.messages(channel)[231].reactions.is_empty());
    let report = resync(&bench, "5w");
    assert_eq!((report.totals.updated, report.deleted), (1, 1));
    assert_eq!(bench.server.violations(), [""; 0]);
}

#[test]
fn a_window_of_many_pages_has_no_seams() {
    let (bench, channel, messages) = bench();
    let last = *messages.last().unwrap();
    for id in messages.iter().step_by(3) {
        bench.server.delete(channel, *id);
    }
    let news = bench.server.post(
        channel,
        bench
            .server
            .world(|world| world.messages[&channel][&last].author_id),
        "news",
    );
    let report = resync(&bench, "5w");
    assert_eq!((report.deleted, report.totals.new), (80, 1));
    let left: Vec<u64> = bench
        .server
        .messages(channel)
        .iter()
        .map(|message| message.id)
        .collect();
    assert_eq!(ids_of(&bench, channel), left);
    assert_eq!(left.last(), Some(&news));
    assert_eq!(resync(&bench, "5w").deleted, 0);
}

#[test]
fn what_is_back_is_back() {
    let (bench, channel, messages) = bench();
    let message = bench
        .server
        .world(|world| world.messages[&channel][&messages[235]].clone());
    bench.server.delete(channel, messages[235]);
    assert_eq!(resync(&bench, "7d").deleted, 1);
    bench.server.change(|world| world.put(message));
    resync(&bench, "7d");
    assert_eq!(ids_of(&bench, channel), messages);
}

#[test]
fn a_history_that_is_hidden_later_deletes_nothing() {
    let (bench, channel, messages) = bench();
    bench.server.change(|world| {
        world.channel_mut(channel).access = Access {
            history: false,
            ..Access::ALL
        };
    });
    let report = resync(&bench, "7d");
    assert_eq!(report.deleted, 0);
    insta::assert_snapshot!(of(&report, channel).remark.as_ref().unwrap(), @"Discord shows no messages, though there were some: the bot may lack Read Message History there");
    assert_eq!(ids_of(&bench, channel), messages);
}

#[test]
fn a_channel_whose_window_was_emptied_is_emptied() {
    let (bench, channel, messages) = bench();
    for id in &messages[100..] {
        bench.server.delete(channel, *id);
    }
    // The message before the range is still there and shows that the channel can be read.
    let report = resync(&bench, "7d");
    assert!(report.deleted >= 55, "{}", report.deleted);
    let report = resync(&bench, "5w");
    assert_eq!(ids_of(&bench, channel), messages[..100]);
    assert_eq!(of(&report, channel).remark, None);
}

#[test]
fn what_only_an_export_knew_is_not_judged() {
    let (bench, channel, messages) = bench();
    let user = bench.messages(channel)[0].author_id;
    let mut store = persona_store::Store::open(&bench.inputs().store).unwrap();
    let batch = store.batch().unwrap();
    let newer = persona_core::Message {
        id: messages[239] + 1,
        channel_id: channel,
        author_id: user,
        content: "from an export".to_owned(),
        ..Default::default()
    };
    batch.upsert_message(&newer, 5).unwrap();
    batch.commit().unwrap();
    assert_eq!(resync(&bench, "7d").deleted, 0);
    assert_eq!(bench.messages(channel).len(), 241);
}
