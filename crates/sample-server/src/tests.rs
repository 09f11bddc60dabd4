use std::{collections::BTreeSet, fs, path::Path, sync::LazyLock};

use regex::Regex;
use serde_json::Value;

use crate::{
    Config, Error, export, generate, generator, load,
    message::{By, Message, Reference},
    reactions::appeal,
    script::Act,
    server::{HUMAN, MESSAGES, Server},
    words::Words,
};

static WORDS: LazyLock<Words> = LazyLock::new(|| load::words().unwrap());
static SERVERS: LazyLock<Vec<Server>> = LazyLock::new(|| [1, 2, 71].map(server).into());

fn server(seed: u64) -> Server<'static> {
    generator::generate(seed, &WORDS)
}

fn words(message: &Message) -> usize {
    message.text.split_whitespace().count()
}

fn mean(values: impl Iterator<Item = usize>) -> f64 {
    let (sum, count) = values.fold((0, 0), |(sum, count), value| (sum + value, count + 1));
    sum as f64 / f64::from(count)
}

/// Text of `message` as the dataset normalises it, as far as habits depend on that.
fn normalised(message: &Message) -> String {
    message
        .text
        .replace('\u{e100}', ":blobwave:")
        .replace('\u{e101}', ":blobheart:")
        .replace('\u{e102}', ":blobsweat:")
}

#[test]
fn a_seed_gives_the_same_bytes_and_another_seed_another_server() {
    let once = export::files(&server(1));
    assert_eq!(once, export::files(&server(1)));
    let other = export::files(&server(2));
    assert!(once.iter().all(|file| !other.contains(file)));
}

#[test]
fn the_sample_in_the_repository_is_that_of_seed_1() {
    let folder = tempfile::tempdir().unwrap();
    generate(&Config { seed: 1 }, folder.path()).unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/sample");
    let names = |folder: &Path| -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    assert_eq!(names(folder.path()), names(&kept));
    for name in names(&kept) {
        let made = fs::read(folder.path().join(&name)).unwrap();
        assert!(
            made == fs::read(kept.join(&name)).unwrap(),
            "{name} differs"
        );
    }
}

#[test]
fn a_server_has_its_messages_and_authors() {
    for server in SERVERS.iter() {
        let ids: BTreeSet<u64> = server.messages.iter().map(|message| message.id).collect();
        assert_eq!(ids.len(), MESSAGES);
        assert_eq!(server.said().count(), HUMAN);
        for author in &server.cast {
            let said = server
                .said()
                .filter(|message| message.by == By::Friend(author.index));
            let share = said.count() as f64 / HUMAN as f64;
            assert!(share > author.weight / 2.0, "{} has {share}", author.name);
            assert!(share < author.weight * 2.0, "{} has {share}", author.name);
        }
    }
}

#[test]
fn habits_are_frequent_and_nobody_elses() {
    for server in SERVERS.iter() {
        let mut showing = BTreeSet::new();
        let planted = server.cast.iter().flat_map(|author| {
            let habits = author.voice.habits.iter();
            habits.map(move |(habit, _)| (author.index, habit.described(author.id)))
        });
        for (author, habit) in planted {
            let pattern = Regex::new(habit.pattern).unwrap();
            let shows = |message: &&Message| pattern.is_match(&normalised(message));
            let (own, others): (Vec<_>, Vec<_>) = server
                .said()
                .filter(shows)
                .partition(|message| message.by == By::Friend(author));
            assert!(
                own.len() as f64 >= 0.03 * HUMAN as f64,
                "{} in {}",
                habit.name,
                own.len()
            );
            assert!(
                others.len() * 10 <= own.len(),
                "{} by others in {}",
                habit.name,
                others.len()
            );
            showing.extend(own.iter().map(|message| message.id));
        }
        assert!(
            showing.len() * 2 > HUMAN,
            "{} messages show a habit",
            showing.len()
        );
    }
}

#[test]
fn people_rarely_repeat_themselves() {
    for server in SERVERS.iter() {
        let long: Vec<_> = server
            .said()
            .filter(|message| words(message) >= 4)
            .collect();
        let distinct: BTreeSet<_> = long.iter().map(|message| &message.text).collect();
        assert!(distinct.len() as f64 > 0.7 * long.len() as f64);
    }
}

#[test]
fn reactions_follow_what_people_do_and_not_length() {
    for server in SERVERS.iter() {
        let spoken = || server.said().filter(|message| message.act.is_some());
        let liked = |message: &&Message| !message.reactions.is_empty();
        let share = spoken().filter(liked).count() as f64 / HUMAN as f64;
        assert!((0.18..0.27).contains(&share), "{share} have reactions");
        let fits = spoken()
            .filter(liked)
            .filter(|message| message.act.is_some_and(|act| appeal(act) > 0.5));
        assert!(fits.count() as f64 > 0.9 * spoken().filter(liked).count() as f64);

        let long = || spoken().filter(|message| words(message) >= 4);
        let with = mean(long().filter(liked).map(words));
        let without = mean(long().filter(|message| !liked(message)).map(words));
        assert!(
            (with - without).abs() < 1.5,
            "{with} words with reactions, {without} without"
        );
    }
}

#[test]
fn replies_point_to_what_was_said_before() {
    let server = &SERVERS[0];
    let ids: BTreeSet<u64> = server.messages.iter().map(|message| message.id).collect();
    let replies: Vec<_> = server
        .said()
        .filter(|message| message.kind == "Reply")
        .collect();
    let known = replies.iter().filter(|reply| {
        let to = reply.reference.and_then(Reference::id);
        to.is_some_and(|id| ids.contains(&id) && id < reply.id)
    });
    let gone = replies.len() - known.count();
    assert!(replies.len() > 300);
    assert!(gone > 0 && gone < 30, "{gone} replies to nothing");
}

#[test]
fn silence_separates_conversations() {
    let server = &SERVERS[0];
    let mut conversations = 0;
    for channel in 0..server.channels.len() {
        let times: Vec<i64> = server
            .said()
            .filter(|message| message.channel == channel)
            .map(|message| message.at_ms)
            .collect();
        conversations += times
            .windows(2)
            .filter(|pair| pair[1] - pair[0] > 1_800_000)
            .count()
            + 1;
    }
    assert!(conversations >= 350, "{conversations} conversations");
}

#[test]
fn files_are_exports_with_the_keys_of_their_version() {
    let server = &SERVERS[0];
    let files = export::files(server);
    let mut ids = BTreeSet::new();
    let mut repeated = 0;
    for (name, bytes) in &files {
        let document: Value = serde_json::from_slice(bytes).unwrap();
        let messages = document["messages"].as_array().unwrap();
        assert!(document["guild"]["id"].is_string() && document["channel"]["id"].is_string());
        assert_eq!(document["messageCount"], messages.len());
        let old = name.contains("jukebox");
        for message in messages {
            repeated += usize::from(!ids.insert(message["id"].as_str().unwrap().to_owned()));
            assert!(message["timestamp"].is_string() && message["content"].is_string());
            assert!(message["author"]["id"].is_string());
            assert_eq!(message.get("inlineEmojis").is_none(), old, "{name}");
            assert!(!old || message.get("reference").is_none(), "{name}");
        }
    }
    assert_eq!(ids.len(), MESSAGES);
    assert_eq!(
        repeated,
        3 + 25,
        "three in one file, and where parts overlap"
    );
    assert!(files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < 4_000_000);
}

#[test]
fn later_parts_hold_later_versions() {
    let files = export::files(&SERVERS[0]);
    let parts: Vec<Value> = files
        .iter()
        .filter(|(name, _)| name.contains("- general ["))
        .map(|(_, bytes)| serde_json::from_slice(bytes).unwrap())
        .collect();
    let [first, second] = parts.as_slice() else {
        panic!("general comes in two parts");
    };
    assert!(first["exportedAt"].as_str() < second["exportedAt"].as_str());
    let early = first["messages"].as_array().unwrap();
    let late = second["messages"].as_array().unwrap();
    let changed = |key: &str| {
        let pairs = late.iter().filter_map(|message| {
            let before = early.iter().find(|before| before["id"] == message["id"])?;
            Some((before, message))
        });
        pairs
            .filter(|(before, message)| before[key] != message[key])
            .count()
    };
    assert_eq!(changed("content"), 2);
    assert_eq!(changed("timestampEdited"), 2);
    assert!(changed("reactions") > 0);
}

#[test]
fn an_act_shows_in_its_words() {
    let server = &SERVERS[0];
    let joke = Regex::new(
        "legally|breaking news|plot twist|petition|this economy|villain|woke up|somewhere|not the",
    )
    .unwrap();
    let share = |act: Act| {
        let of_act: Vec<_> = server
            .said()
            .filter(|message| message.act == Some(act))
            .collect();
        let found = of_act
            .iter()
            .filter(|message| joke.is_match(&message.text.to_lowercase()));
        found.count() as f64 / of_act.len() as f64
    };
    assert!(share(Act::Joke) > 0.4);
    assert!(share(Act::Answer) < 0.05);
    assert!(share(Act::Logistics) < 0.05);
}

#[test]
fn a_folder_with_another_sample_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let report = generate(&Config { seed: 1 }, folder.path()).unwrap();
    assert_eq!(report.messages, MESSAGES);
    assert_eq!(
        generate(&Config { seed: 1 }, folder.path()).unwrap(),
        report
    );
    let error = generate(&Config { seed: 2 }, folder.path()).unwrap_err();
    assert!(matches!(error, Error::Occupied { .. }), "{error}");
    assert!(folder.path().join("habits.json").is_file());
}
