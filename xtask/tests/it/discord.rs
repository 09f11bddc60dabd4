//! `ingest discord`, as a user runs it, against a server that behaves like Discord.

use std::{
    fs,
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};

use discord_server::{
    Fault, Generate, Kind, Matching, Server, TooMany, Validation, World, generate,
};
use persona_store::Store;

use crate::harness::{Place, fixture_base};

/// A folder with a token and a configuration that asks `server` without waiting.
fn place(server: &Server) -> Place {
    let place = Place::new();
    place.write(".env", &format!("DISCORD_TOKEN={}\n", server.token()));
    let url = server.url();
    place.write(
        "persona.toml",
        &format!(
            "[discord]\napi = '{url}'\nrequests_per_second = 0\nchannel_interval_ms = 0\nretries = 2\nbackoff_ms = 1\ntimeout_seconds = 5.0\n"
        ),
    );
    place
}

fn small() -> Server {
    let mut world = World::new();
    let guild = world.guild("Workshop");
    let user = world.user("ada");
    for name in ["general", "games"] {
        let channel = world.channel(guild, Kind::Text, name);
        for number in 0..150 {
            world.message(channel, user, &format!("message {number}"));
        }
    }
    Server::start(world)
}

fn store(place: &Place) -> Store {
    Store::open_read_only(&place.path().join("runs/default/persona.sqlite")).unwrap()
}

#[test]
fn reading_listing_and_looking() {
    let server = small();
    let place = place(&server);
    let ran = place.ok(&["ingest", "discord", "--channels", "--deny", "games"]);
    assert!(ran.stdout.contains("allowed  `#general`"), "{}", ran.stdout);
    assert!(ran.stdout.contains("denied   `#games`"), "{}", ran.stdout);
    let ran = place.ok(&["ingest", "discord", "--dry-run"]);
    assert_eq!(
        ran.stdout,
        "1 channel would be read: `#general`\n1 channel denied: `#games`\n"
    );
    let ran = place.ok(&["ingest", "discord"]);
    assert!(
        ran.stdout.starts_with("`Workshop`: 150 messages read, 150 new, 0 changed, 0 deleted\n1 channel denied: `#games`\n"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("persona.sqlite holds 150 messages of 1 authors"),
        "{}",
        ran.stdout
    );
    let report = place
        .ok(&[
            "ingest", "discord", "--allow", "all", "--limit", "60", "--json",
        ])
        .json();
    assert_eq!(report["report"]["totals"]["new"], 60);
    let report = place
        .ok(&["ingest", "discord", "--resync", "7d", "--json"])
        .json();
    assert_eq!(report["report"]["totals"]["new"], 90);
    assert_eq!(report["report"]["store"]["messages"], 300);
    assert_eq!(server.violations(), [""; 0]);
}

#[test]
fn what_is_missing_is_named_with_what_to_do() {
    let server = small();
    let folder = place(&server);
    fs::remove_file(folder.path().join(".env")).unwrap();
    insta::assert_snapshot!(folder.told(&folder.run(&["ingest", "discord"]), 1), @"
    error: there is no bot token
    hint: put `DISCORD_TOKEN=…` into `.env`: https://discord.com/developers/applications, your application, Bot, Reset Token
    ");
    folder.write(".env", "DISCORD_TOKEN=verysecret\n");
    let ran = folder.run(&["ingest", "discord"]);
    insta::assert_snapshot!(folder.told(&ran, 1), @"
    error: the bot token does not have three parts with dots between them
    hint: copy the token again from https://discord.com/developers/applications (your application, Bot, Reset Token) into `.env`: DISCORD_TOKEN=…
    ");
    assert!(!ran.stderr.contains("verysecret"));

    let folder = place(&server);
    let ran = folder.run(&["ingest", "discord", "--guild", "77"]);
    insta::assert_snapshot!(folder.told(&ran, 1), @"
    error: the bot is not in the server `77`, but in: `Workshop` ([id])
    hint: choose one with --guild ID, or `guild = ID` under [discord] in persona.toml
    ");
    let ran = folder.run(&["ingest", "discord", "--deny", "game"]);
    insta::assert_snapshot!(folder.told(&ran, 1), @"
    error: there is no channel, thread or category `game` in the server
    hint: did you mean `games`?
    ");
    let ran = folder.run(&["ingest", "discord", "--since", "yesterday"]);
    insta::assert_snapshot!(folder.told(&ran, 1), @"
    error: `yesterday` is no day such as `2024-01-31`, and no time
    hint: give a day as in --since 2024-01-31
    ");
    let ran = folder.run(&["ingest", "discord", "--resync", "week"]);
    insta::assert_snapshot!(folder.told(&ran, 1), @"
    error: `week` is no span such as `7d`, `12h` or `2w`
    hint: give a span as in --resync 7d
    ");

    server.faults(|faults| faults.empty_contents = true);
    insta::assert_snapshot!(folder.told(&folder.run(&["ingest", "discord"]), 1), @"
    error: Discord hides what people write from this bot: 100 messages came without anything in them, the first in `#general`
    hint: switch on Message Content Intent: https://discord.com/developers/applications, your application, Bot, Privileged Gateway Intents; then run the same command again
    ");
    server.faults(|faults| faults.refuse_token = true);
    insta::assert_snapshot!(folder.told(&folder.run(&["ingest", "discord"]), 1), @"
    error: GET /users/@me: Discord does not accept the bot token (401)
    hint: copy the token again from https://discord.com/developers/applications (your application, Bot, Reset Token) into `.env`: DISCORD_TOKEN=…
    ");

    let nowhere = Server::start(World::new());
    let folder = place(&nowhere);
    insta::assert_snapshot!(folder.told(&folder.run(&["ingest", "discord"]), 1), @"
    error: the bot is in no server
    hint: invite it: https://discord.com/developers/applications, your application, OAuth2, URL Generator: scope `bot`, permissions View Channels and Read Message History; then open the link
    ");
    drop(nowhere);
    insta::assert_snapshot!(folder.told(&folder.run(&["ingest", "discord"]), 1), @"
    error: GET /users/@me: no answer after 3 attempts: error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)
    hint: look at the connection, and at https://discordstatus.com; the same command goes on where it stopped
    ");
}

/// Everything below `folder`, but the file that holds the secrets.
fn files(folder: &Path, found: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.file_name().is_none_or(|name| name != ".env") {
            found.extend(fs::read(path).unwrap());
        }
    }
}

#[test]
fn whatever_fails_the_token_is_nowhere() {
    for fault in [
        None,
        Some(Fault::Status(401)),
        Some(Fault::Status(403)),
        Some(Fault::Status(500)),
        Some(Fault::Cut),
        Some(Fault::CutBody),
        Some(Fault::Garbled),
        Some(Fault::TooMany(TooMany::seconds(3600.0))),
    ] {
        let server = small();
        let folder = place(&server);
        if let Some(fault) = &fault {
            server.faults(|faults| {
                faults.plan(Matching::new("GET", "/messages"), 9, fault.clone());
            });
        }
        let mut command = folder.command(&["ingest", "discord", "-vv"]);
        let output = command
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .output()
            .unwrap();
        let mut written = [output.stdout, output.stderr].concat();
        files(folder.path(), &mut written);
        let text = String::from_utf8_lossy(&written);
        assert!(text.contains("SQLite format 3"), "the store was searched");
        for secret in [
            server.token(),
            server.token().rsplit('.').next().unwrap().to_owned(),
        ] {
            assert!(!text.contains(&secret), "{fault:?}");
        }
    }
}

/// Runs until `pages` more pages were asked for, then kills the process as no signal handler can notice. Returns whether it was running.
fn killed_after(place: &Place, server: &Server, pages: usize) -> bool {
    let mut child: Child = place
        .command(&["ingest", "discord", "-q"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    server.until(Duration::from_mins(1), |server| {
        let asked = server.requests();
        let asked = asked.iter().filter(|request| request.is_page()).count();
        asked >= pages || child.try_wait().unwrap().is_some()
    });
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

#[test]
fn killed_processes_lose_nothing_and_read_nothing_over_again() {
    let wanted = Generate {
        people: 60,
        ..Generate::new(21, 6000, 5, 5)
    };
    let server = Server::start(generate(&wanted));
    server.validate(Validation::NotPages);
    let calm = place(&server);
    calm.ok(&["ingest", "discord", "-q"]);
    let needed = server
        .take_requests()
        .iter()
        .filter(|request| request.is_page())
        .count();

    let killed = place(&server);
    let (mut kills, mut asked) = (0, 0);
    for pages in [3, 7, 12, 20] {
        kills += usize::from(killed_after(&killed, &server, pages));
        asked += server
            .take_requests()
            .iter()
            .filter(|request| request.is_page())
            .count();
    }
    killed.ok(&["ingest", "discord", "-q"]);
    asked += server
        .take_requests()
        .iter()
        .filter(|request| request.is_page())
        .count();
    assert!(kills > 0, "every run finished before it could be killed");
    let places = 10;
    assert!(
        asked <= needed + kills * places,
        "{asked} pages for {needed}, {kills} kills"
    );
    assert_eq!(
        store(&killed).counts().unwrap(),
        store(&calm).counts().unwrap()
    );
    assert_eq!(
        store(&killed).content_hash().unwrap(),
        store(&calm).content_hash().unwrap()
    );
}

#[test]
fn the_pipeline_takes_a_store_from_discord_as_it_is() {
    let server = small();
    let folder = place(&server);
    let settings = fs::read_to_string(folder.path().join("persona.toml")).unwrap();
    let base = fixture_base();
    folder.write(
        "persona.toml",
        &format!("base = '{}'\n{settings}", base.display()),
    );
    folder.ok(&["ingest", "discord", "-q"]);
    // There is too little to learn from; what was read in is what counts.
    folder.run(&["pipeline"]);
    let manifest = folder.path().join("runs/default/ingest/manifest.json");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
    assert_eq!(manifest["inputs"], serde_json::json!({}));
    assert_eq!(manifest["figures"]["store"]["messages"], 300);
    assert_eq!(store(&folder).counts().unwrap().messages, 300);
    let general = server.world(|world| *world.messages.keys().next().unwrap());
    let user = server.world(|world| world.messages[&general].values().next().unwrap().author_id);
    server.post(general, user, "news");
    folder.ok(&["ingest", "discord", "-q"]);
    folder.run(&["pipeline"]);
    assert_eq!(store(&folder).counts().unwrap().messages, 301);
}

#[test]
fn the_sample_is_kept_apart() {
    let server = small();
    let folder = place(&server);
    folder.write(
        "runs/default/ingest/manifest.json",
        r#"{"stage": "ingest", "version": "0", "config": null, "seed": null, "inputs": {"sample": "x"}, "outputs": {}, "figures": null}"#,
    );
    insta::assert_snapshot!(folder.told(&folder.run(&["ingest", "discord"]), 1), @"
    error: the run `default` holds the sample server
    hint: give your server a run of its own: --run mine
    ");
    folder.ok(&["ingest", "discord", "--run", "mine", "-q"]);
}
