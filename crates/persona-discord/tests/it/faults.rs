//! Faults between the client and Discord, one at a time.

use std::time::{Duration, Instant};

use discord_server::{Fault, Matching, TooMany};
use persona_core::{Hint, describe};
use persona_discord::{ApiConfig, Error, PagePosition};
use serde_json::json;

use crate::support::{TestChannel, block_on};

const PAGE: &str = "/messages";

fn after(fault: Fault, times: u32) -> (TestChannel, Result<u64, Error>) {
    let scene = TestChannel::new();
    scene
        .server
        .faults(|faults| faults.plan(Matching::any(), times, fault));
    let me = block_on(scene.rest().me()).map(|account| account.id);
    (scene, me)
}

#[test]
fn what_passes_is_waited_for() {
    let short = TooMany::seconds(0.02).with_header(Some("0"));
    for fault in [
        Fault::TooMany(short.clone()),
        Fault::TooMany(short.clone().global()),
        Fault::TooMany(short.clone().with_header(None)),
        Fault::TooMany(short.clone().with_header(Some("soon"))),
        Fault::TooMany(short.clone().with_header(Some("-5"))),
        Fault::TooMany(short.clone().with_body(Some(json!(-1)))),
        Fault::TooMany(short.clone().with_body(None)),
        Fault::TooMany(short.with_header(None).with_body(Some(json!("soon")))),
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::Cut,
        Fault::CutAfter,
        Fault::CutBody,
        Fault::Slow(Duration::from_millis(30)),
    ] {
        let (scene, me) = after(fault.clone(), 2);
        assert_eq!(
            me.unwrap(),
            scene.server.world(|world| world.me),
            "{fault:?}"
        );
        let attempts = if matches!(fault, Fault::Slow(_)) {
            1
        } else {
            3
        };
        assert_eq!(scene.server.requests().len(), attempts, "{fault:?}");
        assert_eq!(scene.server.violations(), [""; 0]);
    }
}

#[test]
fn what_does_not_pass_is_given_up() {
    for (fault, expected) in [
        (
            Fault::Status(503),
            "GET /users/@me: still 503 after 5 attempts",
        ),
        (Fault::Cut, "GET /users/@me: no answer after 5 attempts: "),
        (
            Fault::CutBody,
            "GET /users/@me: no answer after 5 attempts: ",
        ),
        (
            Fault::TooMany(TooMany::seconds(0.01).with_header(None)),
            "GET /users/@me: Discord asks to wait 0.01 s, ",
        ),
    ] {
        let (scene, me) = after(fault, u32::MAX);
        let error = me.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(error.hint().is_some(), "{error}");
        assert_eq!(scene.server.requests().len(), 5);
    }
}

#[test]
fn nobody_waits_for_an_hour() {
    for too_many in [
        TooMany::seconds(3600.0),
        TooMany::seconds(1.0).with_body(Some(json!(3600))),
        TooMany::seconds(1.0).with_header(Some("3600")),
        TooMany::seconds(3600.0).with_body(None),
    ] {
        let (scene, me) = after(Fault::TooMany(too_many.clone()), 1);
        assert!(
            matches!(me, Err(Error::RateLimited { wait, cap, .. })
                if wait == Duration::from_hours(1) && cap == Duration::from_secs(5)),
            "{too_many:?}: {me:?}"
        );
        assert_eq!(scene.server.requests().len(), 1);
    }
}

#[test]
fn a_global_limit_holds_everybody_and_another_only_its_own() {
    let pause = Duration::from_millis(300);
    for (global, waits) in [(true, true), (false, false)] {
        let scene = TestChannel::new();
        let mut too_many = TooMany::seconds(pause.as_secs_f64()).with_header(None);
        too_many.global = global;
        scene.server.faults(|faults| {
            faults.plan(Matching::new("GET", PAGE), 1, Fault::TooMany(too_many));
        });
        let rest = scene.rest();
        let (guild, channel) = (scene.guild, scene.channel);
        block_on(async {
            let page = rest.messages(channel, PagePosition::Latest, 1);
            let other = async {
                while scene.server.requests().is_empty() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                // The refusal has arrived once this request was answered or held back.
                tokio::time::sleep(Duration::from_millis(50)).await;
                rest.guild(guild).await
            };
            let (page, other) = tokio::join!(page, other);
            page.unwrap();
            other.unwrap();
        });
        let requests = scene.server.requests();
        assert_eq!(requests.len(), 3);
        let between = requests[1].at - requests[0].at;
        let other_first = requests[1].path.starts_with("/guilds/");
        if waits {
            assert!(between >= pause, "{between:?}");
        } else {
            assert!(other_first, "{}", requests[1].path);
        }
    }
}

#[test]
fn a_server_that_hangs_is_not_waited_for() {
    let scene = TestChannel::new();
    scene.server.faults(|faults| {
        faults.plan(Matching::any(), 1, Fault::Slow(Duration::from_mins(1)));
    });
    let config = ApiConfig {
        timeout_seconds: 0.2,
        ..scene.config()
    };
    let begun = Instant::now();
    assert!(block_on(scene.rest_with(&config).me()).is_ok());
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(scene.server.requests().len(), 2);
}

#[test]
fn nobody_there() {
    let scene = TestChannel::new();
    let rest = scene.rest();
    drop(scene.server);
    let error = block_on(rest.me()).unwrap_err();
    assert!(
        matches!(error, Error::Unreachable { attempts: 5, .. }),
        "{error:?}"
    );
    assert!(error.concerns_everything());
}

#[test]
fn refusals_are_told_apart_and_not_repeated() {
    let scene = TestChannel::new();
    scene.server.faults(|faults| {
        faults.channels.insert(scene.channel, 403);
    });
    let rest = scene.rest();
    let page = |channel| block_on(rest.messages(channel, PagePosition::Latest, 1));
    assert!(matches!(
        page(scene.channel),
        Err(Error::Forbidden { code: 50_001, .. })
    ));
    assert!(matches!(
        page(12),
        Err(Error::NotFound { code: 10_003, .. })
    ));
    let error = page(0).unwrap_err();
    assert_eq!(error.to_string(), "`0` cannot be the id of a channel");
    assert_eq!(scene.server.requests().len(), 2);
    let category = scene
        .server
        .add_channel(scene.guild, discord_server::Kind::Category, "c");
    let refused = page(category).unwrap_err();
    assert!(
        matches!(refused, Error::Refused { status: 400, .. }),
        "{refused:?}"
    );
}

#[test]
fn a_refused_token_is_not_sent_again() {
    let scene = TestChannel::new();
    scene.server.faults(|faults| faults.refuse_token = true);
    let rest = scene.rest();
    for _ in 0..3 {
        let error = block_on(rest.clone().me()).unwrap_err();
        assert!(matches!(error, Error::Unauthorised { .. }), "{error:?}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(describe(&error), @"
            GET /users/@me: Discord does not accept the bot token (401)
            hint: copy the token again from https://discord.com/developers/applications (your application, Bot, Reset Token) into `.env`: DISCORD_TOKEN=…
            ");
        }
    }
    assert_eq!(scene.server.requests().len(), 1);
}

#[test]
fn what_may_have_been_said_is_not_said_twice() {
    for fault in [Fault::CutAfter, Fault::CutBody] {
        let scene = TestChannel::new();
        let rest = scene.rest();
        let plan = || {
            scene
                .server
                .faults(|faults| faults.plan(Matching::new("POST", PAGE), 1, fault.clone()));
        };
        plan();
        let careless = json!({"content": "once"});
        let outcome = block_on(rest.create_message(scene.channel, &careless));
        assert!(
            matches!(outcome, Err(Error::Unreachable { attempts: 1, .. })),
            "{outcome:?}"
        );
        plan();
        let careful = json!({"content": "once", "nonce": "7", "enforce_nonce": true});
        let id = block_on(rest.create_message(scene.channel, &careful)).unwrap();
        let written: Vec<u64> = scene
            .server
            .written_by_bot()
            .iter()
            .map(|one| one.id)
            .collect();
        assert_eq!(written.len(), 2, "one of each");
        assert_eq!(written[1], id);
    }
}

#[test]
fn an_answer_that_is_no_json_is_an_error() {
    let (scene, me) = after(Fault::Garbled, 1);
    let error = me.unwrap_err();
    assert!(matches!(error, Error::Answer { .. }), "{error:?}");
    assert_eq!(scene.server.requests().len(), 1);
}
