//! What people are told, whole.

use std::io;

use ingest::{Error, Failure, Report, Totals, discord};
use persona_core::{FileError, Guild, describe};

fn failures() -> Vec<Failure> {
    vec![
        FileError::read("chat".as_ref())(io::ErrorKind::NotFound.into()).into(),
        Failure::NotAnExport {
            name: "notes.json".to_owned(),
            place: "byte 14".to_owned(),
            found: "an object with the keys `a`, `b`".to_owned(),
            expected: "an export",
        },
        Failure::Truncated {
            name: "chat.zip/general.json".to_owned(),
            offset: 512,
            reason: "the file ends inside a message".to_owned(),
            kept: 3,
        },
        Failure::Archive {
            path: "package.zip".into(),
            reason: "invalid Zip archive".to_owned(),
        },
    ]
}

fn report() -> Box<Report> {
    Box::new(Report {
        totals: Totals {
            messages: 15_000,
            ..Totals::default()
        },
        ..Report::default()
    })
}

#[test]
fn failures_of_sources() {
    let shown: Vec<String> = failures().iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    cannot read `chat`
    caused by: entity not found
    hint: check the path; relative paths start at the current folder

    `notes.json`, byte 14: found an object with the keys `a`, `b`, expected an export
    hint: export with DiscordChatExporter (`--format Json`) or Discrub (JSON), or give a Discord data package

    `chat.zip/general.json` breaks off at byte 512: the file ends inside a message; the 3 whole messages before it are stored
    hint: export this channel again and run the same command: what is stored already is not stored twice

    cannot read the archive `package.zip`: invalid Zip archive
    hint: download or copy it again; it may be incomplete
    ");
}

#[test]
fn errors_of_exports() {
    let errors = [
        Error::NoSources,
        Error::Sources {
            failures: failures(),
            report: report(),
        },
        Error::Sources {
            failures: failures().into_iter().chain(failures()).collect(),
            report: report(),
        },
        Error::Interrupted { report: report() },
        Error::Store(persona_store::Error::Missing {
            path: "persona.sqlite".into(),
            source: io::ErrorKind::PermissionDenied.into(),
        }),
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    no export to read
    hint: give files or folders with `--input`

    cannot read `chat`: entity not found; `notes.json`, byte 14: found an object with the keys `a`, `b`, expected an export; `chat.zip/general.json` breaks off at byte 512: the file ends inside a message; the 3 whole messages before it are stored; cannot read the archive `package.zip`: invalid Zip archive
    hint: check the path; relative paths start at the current folder

    cannot read `chat`: entity not found; `notes.json`, byte 14: found an object with the keys `a`, `b`, expected an export; `chat.zip/general.json` breaks off at byte 512: the file ends inside a message; the 3 whole messages before it are stored; cannot read the archive `package.zip`: invalid Zip archive; cannot read `chat`: entity not found; and 3 more sources failed
    hint: check the path; relative paths start at the current folder

    stopped after 15000 messages
    hint: run the same command again to read the rest

    cannot open the store `persona.sqlite`
    caused by: permission denied
    hint: look at its permissions: ls -l 'persona.sqlite'
    ");
}

#[test]
fn errors_of_discord() {
    let errors = [
        discord::Error::Discord(unauthorised()),
        discord::Error::Store(persona_store::Error::Missing {
            path: "persona.sqlite".into(),
            source: io::ErrorKind::PermissionDenied.into(),
        }),
        discord::Error::Runtime(io::ErrorKind::OutOfMemory.into()),
        discord::Error::NoGuild,
        discord::Error::SeveralGuilds { guilds: guilds() },
        discord::Error::OtherGuild {
            guild: 77,
            guilds: guilds(),
        },
        discord::Error::UnknownChannel {
            word: "game".to_owned(),
            near: vec!["games".to_owned(), "board games".to_owned()],
        },
        discord::Error::UnknownChannel {
            word: "attic".to_owned(),
            near: Vec::new(),
        },
        discord::Error::Since {
            value: "last week".to_owned(),
        },
        discord::Error::Resync {
            value: "7 days".to_owned(),
        },
        discord::Error::MissingIntent {
            messages: 100,
            channel: "`#general`".to_owned(),
        },
        discord::Error::Channels {
            failures: (0..7).map(channel_failure).collect(),
            report: Box::default(),
        },
        discord::Error::Interrupted {
            report: Box::default(),
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    GET /users/@me: Discord does not accept the bot token (401)
    hint: copy the token again from https://discord.com/developers/applications (your application, Bot, Reset Token) into `.env`: DISCORD_TOKEN=…

    cannot open the store `persona.sqlite`
    caused by: permission denied
    hint: look at its permissions: ls -l 'persona.sqlite'

    cannot start the threads that ask Discord
    caused by: out of memory

    the bot is in no server
    hint: invite it: https://discord.com/developers/applications, your application, OAuth2, URL Generator: scope `bot`, permissions View Channels and Read Message History; then open the link

    the bot is in 2 servers: `Workshop` (1), `Attic` (2)
    hint: choose one with --guild ID, or `guild = ID` under [discord] in persona.toml

    the bot is not in the server `77`, but in: `Workshop` (1), `Attic` (2)
    hint: choose one with --guild ID, or `guild = ID` under [discord] in persona.toml

    there is no channel, thread or category `game` in the server
    hint: did you mean `games` or `board games`?

    there is no channel, thread or category `attic` in the server
    hint: `--channels` lists them

    `last week` is no day such as `2024-01-31`, and no time
    hint: give a day as in --since 2024-01-31

    `7 days` is no span such as `7d`, `12h` or `2w`
    hint: give a span as in --resync 7d

    Discord hides what people write from this bot: 100 messages came without anything in them, the first in `#general`
    hint: switch on Message Content Intent: https://discord.com/developers/applications, your application, Bot, Privileged Gateway Intents; then run the same command again

    `#room-0`: messages of channel 0: still 503 after 5 attempts; `#room-1`: messages of channel 1: still 503 after 5 attempts; `#room-2`: messages of channel 2: still 503 after 5 attempts; `#room-3`: messages of channel 3: still 503 after 5 attempts; `#room-4`: messages of channel 4: still 503 after 5 attempts; and 2 more channels failed
    hint: look at https://discordstatus.com; the same command goes on where it stopped

    stopped after 0 messages
    hint: run the same command again to read the rest
    ");
}

fn unauthorised() -> persona_discord::Error {
    persona_discord::Error::Unauthorised {
        place: "GET /users/@me".to_owned(),
    }
}

fn guilds() -> Vec<Guild> {
    [(1, "Workshop"), (2, "Attic")]
        .map(|(id, name)| Guild {
            id,
            name: name.to_owned(),
        })
        .to_vec()
}

fn channel_failure(number: u64) -> discord::Failure {
    discord::Failure {
        channel: format!("`#room-{number}`"),
        error: persona_discord::Error::Unavailable {
            place: format!("messages of channel {number}"),
            attempts: 5,
            status: 503,
        },
    }
}
