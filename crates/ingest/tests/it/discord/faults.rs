//! Faults of the server, and missing permissions of the bot.

use std::time::Duration;

use discord_server::{Access, Chance, Fault, Generate, Kind, Matching, World, generate};
use ingest::discord::{ChannelState, Error};
use persona_core::describe;

use super::bench::{Bench, of};

fn small() -> World {
    generate(&Generate::new(4, 1500, 5, 6))
}

/// World without messages that the server sends unchanged whatever the bot may see.
fn plain() -> World {
    generate(&Generate {
        odd: false,
        ..Generate::new(4, 1500, 5, 6)
    })
}

#[test]
fn faults_of_every_kind_change_nothing() {
    let calm = Bench::new(small());
    calm.fetch().unwrap();
    for seed in 0..3 {
        let bench = Bench::new(small());
        bench
            .server
            .faults(|faults| faults.chance(Some(Chance::all(seed, 0.3))));
        bench.fetch().unwrap();
        assert_eq!(bench.hash(), calm.hash());
        assert_eq!(bench.server.violations(), [""; 0]);
        let requests = bench.server.requests();
        assert!(
            requests
                .iter()
                .filter(|request| request.fault.is_some())
                .count()
                > 5
        );
    }
}

#[test]
fn a_channel_that_fails_does_not_hold_the_others() {
    let bench = Bench::new(small());
    let [closed, broken, gone, silent] = bench.server.world(|world| {
        let mut channels = world.messages.keys().copied();
        [(); 4].map(|()| channels.next().unwrap())
    });
    bench.server.faults(|faults| {
        faults.channels.insert(closed, 403);
        faults.channels.insert(gone, 404);
        let path = format!("/channels/{broken}/messages");
        faults.plan(Matching::new("GET", &path), u32::MAX, Fault::Garbled);
        let path = format!("/channels/{silent}/messages");
        faults.plan(Matching::new("GET", &path), u32::MAX, Fault::Cut);
    });
    let error = bench.fetch().unwrap_err();
    let Error::Channels { failures, report } = error else {
        panic!("{error:?}");
    };
    assert_eq!(failures.len(), 2);
    let states = [closed, broken, gone, silent].map(|channel| of(&report, channel).state);
    assert_eq!(
        states,
        [
            ChannelState::Forbidden,
            ChannelState::Failed,
            ChannelState::Gone,
            ChannelState::Failed
        ]
    );
    let remark = of(&report, closed).remark.clone().unwrap();
    let remark = remark.replace(&closed.to_string(), "[closed]");
    insta::assert_snapshot!(remark, @"GET /channels/[closed]/messages: the bot may not do that: Missing Access (403, code 50001)");
    let others = report.channels.len() - 4;
    assert_eq!(report.in_state(ChannelState::Read).count(), others);
    bench.server.faults(discord_server::Faults::clear);
    bench.fetch().unwrap();
    let calm = Bench::new(small());
    calm.fetch().unwrap();
    assert_eq!(
        bench.store().counts().unwrap(),
        calm.store().counts().unwrap()
    );
}

#[test]
fn a_refused_token_ends_the_run() {
    let bench = Bench::new(small());
    bench.server.faults(|faults| {
        faults.plan(Matching::new("GET", "/messages"), 1, Fault::Status(401));
    });
    let error = bench.fetch().unwrap_err();
    let Error::Discord(persona_discord::Error::Unauthorised { place }) = &error else {
        panic!("{error:?}");
    };
    // Whichever channel asked first.
    let told = describe(&error).replace(place, "[request]");
    insta::assert_snapshot!(told, @"
    [request]: Discord does not accept the bot token (401)
    hint: copy the token again from https://discord.com/developers/applications (your application, Bot, Reset Token) into `.env`: DISCORD_TOKEN=…
    ");
}

#[test]
fn slow_answers_arrive() {
    let bench = Bench::new(generate(&Generate::new(4, 300, 3, 0)));
    bench.server.faults(|faults| {
        faults.plan(Matching::any(), 5, Fault::Slow(Duration::from_millis(200)));
    });
    assert!(bench.fetch().unwrap().totals.new >= 300);
}

#[test]
fn hidden_contents_are_noticed_and_not_stored() {
    let bench = Bench::new(plain());
    bench.server.faults(|faults| faults.empty_contents = true);
    let error = bench.fetch().unwrap_err();
    assert!(matches!(error, Error::MissingIntent { .. }), "{error:?}");
    insta::assert_snapshot!(describe(&error), @"
    Discord hides what people write from this bot: 100 messages came without anything in them, the first in `#room-0`
    hint: switch on Message Content Intent: https://discord.com/developers/applications, your application, Bot, Privileged Gateway Intents; then run the same command again
    ");
    let store = bench.store();
    for stored in store.channels().unwrap() {
        let messages = store.messages_of_channel(stored.channel.id).unwrap();
        let empty = messages.iter().filter(|message| {
            message.content.is_empty()
                && message.attachments == 0
                && message.kind != persona_core::MessageKind::System
        });
        assert_eq!(empty.count(), 0);
    }
    bench.server.faults(discord_server::Faults::clear);
    bench.fetch().unwrap();
    let calm = Bench::new(plain());
    calm.fetch().unwrap();
    assert_eq!(
        bench.store().counts().unwrap(),
        calm.store().counts().unwrap()
    );
}

#[test]
fn a_server_of_one_hollow_message_asks_discord_what_to_believe() {
    for hidden in [true, false] {
        let mut world = World::new();
        let guild = world.guild("Workshop");
        let channel = world.channel(guild, Kind::Text, "general");
        let user = world.user("ada");
        world.message(channel, user, "");
        let bench = Bench::new(world);
        bench.server.faults(|faults| faults.empty_contents = hidden);
        let outcome = bench.fetch();
        assert_eq!(
            matches!(outcome, Err(Error::MissingIntent { messages: 1, .. })),
            hidden,
            "{outcome:?}"
        );
        assert_eq!(bench.messages(channel).len(), usize::from(!hidden));
    }
}

#[test]
fn the_intent_lost_later_overwrites_nothing() {
    let bench = Bench::new(plain());
    bench.fetch().unwrap();
    let hash = bench.hash();
    bench.server.faults(|faults| faults.empty_contents = true);
    let config = ingest::discord::FetchConfig {
        resync: Some("500w".to_owned()),
        ..Default::default()
    };
    assert!(matches!(
        bench.fetch_with(&config),
        Err(Error::MissingIntent { .. })
    ));
    assert_eq!(bench.hash(), hash);
}

#[test]
fn a_history_that_is_hidden_is_remarked_and_read_later() {
    let mut world = World::new();
    let guild = world.guild("Workshop");
    let channel = world.channel(guild, Kind::Text, "general");
    let user = world.user("ada");
    world.message(channel, user, "one");
    world.channel_mut(channel).access = Access {
        history: false,
        ..Access::ALL
    };
    let bench = Bench::new(world);
    let report = bench.fetch().unwrap();
    insta::assert_snapshot!(of(&report, channel).remark.as_ref().unwrap(), @"Discord shows no messages, though there were some: the bot may lack Read Message History there");
    bench
        .server
        .change(|world| world.channel_mut(channel).access = Access::ALL);
    assert_eq!(bench.fetch().unwrap().totals.new, 1);
    assert_eq!(bench.texts(channel), ["one"]);
}

#[test]
fn private_threads_of_the_bot_are_read_without_the_right_to_manage() {
    let mut world = World::new();
    let guild = world.guild("Workshop");
    let channel = world.channel(guild, Kind::Text, "general");
    world.channel_mut(channel).access = Access {
        manage_threads: false,
        ..Access::ALL
    };
    let user = world.user("ada");
    for joined in [true, false] {
        let thread = world.thread(channel, Kind::PrivateThread, "secret", user);
        world.channel_mut(thread).thread.as_mut().unwrap().joined = joined;
        world.archive(thread, 1_735_689_600_000);
        world.message(thread, user, "psst");
    }
    let bench = Bench::new(world);
    assert_eq!(bench.fetch().unwrap().totals.new, 1);
    assert_eq!(bench.server.violations(), [""; 0]);
}
