//! Allowing and denying channels.

use discord_server::{Kind, World};
use ingest::discord::{self, ChannelState, Error, FetchConfig, Inputs, Mode, NewChannels, Report};
use persona_core::Silent;

use super::bench::{Bench, of};

struct Channels {
    general: u64,
    games: u64,
    thread: u64,
    archived: u64,
}

fn bench() -> (Bench, Channels) {
    let mut world = World::new();
    let guild = world.guild("Workshop");
    let talk = world.channel(guild, Kind::Category, "Talk");
    let general = world.channel(guild, Kind::Text, "general");
    let games = world.channel(guild, Kind::Text, "games");
    world.channel_mut(general).parent_id = Some(talk);
    let user = world.user("ada");
    let thread = world.thread(general, Kind::PublicThread, "aside", user);
    let archived = world.thread(general, Kind::PublicThread, "old", user);
    world.archive(archived, 1_735_689_600_000);
    for channel in [general, games, thread, archived] {
        world.message(channel, user, "hi");
    }
    let channels = Channels {
        general,
        games,
        thread,
        archived,
    };
    (Bench::new(world), channels)
}

fn fetch(bench: &Bench, allow: &[&str], deny: &[&str]) -> Result<Report, Error> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let inputs = Inputs {
        allow: words(allow),
        deny: words(deny),
        ..bench.inputs()
    };
    discord::run(&FetchConfig::default(), &inputs, &Silent)
}

#[test]
fn a_denied_channel_and_its_threads_are_not_read_until_they_are_allowed() {
    let (bench, channels) = bench();
    let report = fetch(&bench, &[], &["#general"]).unwrap();
    assert_eq!(report.totals.new, 1);
    assert_eq!(of(&report, channels.general).state, ChannelState::Denied);
    assert_eq!(of(&report, channels.thread).state, ChannelState::Denied);
    assert!(
        report
            .channels
            .iter()
            .all(|channel| channel.id != channels.archived),
        "its archive is not even listed"
    );
    let report = fetch(&bench, &[], &[]).unwrap();
    assert_eq!(report.totals.messages, 0, "the store remembers");
    let report = fetch(&bench, &["talk"], &[]).unwrap();
    assert_eq!(report.totals.new, 3, "a category means everything in it");
    let report = fetch(&bench, &["games"], &["all"]).unwrap();
    let allowed: Vec<u64> = report
        .channels
        .iter()
        .filter(|channel| channel.allowed)
        .map(|channel| channel.id)
        .collect();
    assert_eq!(allowed, [channels.games]);
    let flags: Vec<bool> = bench
        .store()
        .channels()
        .unwrap()
        .iter()
        .map(|stored| stored.allowed)
        .collect();
    assert_eq!(flags, [false, true, false, false]);
}

#[test]
fn new_channels_may_have_to_wait() {
    let (bench, channels) = bench();
    let config = FetchConfig {
        new_channels: NewChannels::Denied,
        ..FetchConfig::default()
    };
    assert_eq!(bench.fetch_with(&config).unwrap().totals.messages, 0);
    let inputs = Inputs {
        allow: vec!["aside".to_owned()],
        ..bench.inputs()
    };
    let report = discord::run(&config, &inputs, &Silent).unwrap();
    assert_eq!(of(&report, channels.thread).totals.new, 1);
    assert_eq!(report.totals.messages, 1);
}

#[test]
fn an_unknown_name_stops_before_anything_is_stored() {
    let (bench, _) = bench();
    let error = fetch(&bench, &[], &["genera"]).unwrap_err();
    assert!(
        matches!(&error, Error::UnknownChannel { near, .. } if *near == ["general"]),
        "{error:?}"
    );
    assert_eq!(bench.store().counts().unwrap().channels, 0);
}

#[test]
fn flags_are_set_without_reading() {
    let (bench, channels) = bench();
    let inputs = Inputs {
        deny: vec![channels.games.to_string()],
        mode: Mode::Channels,
        ..bench.inputs()
    };
    let report = discord::run(&FetchConfig::default(), &inputs, &Silent).unwrap();
    assert!(!of(&report, channels.games).allowed && of(&report, channels.archived).allowed);
    assert_eq!(bench.fetch().unwrap().totals.new, 3);
}
