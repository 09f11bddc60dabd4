//! What people are told, whole.

use std::io;

use bot::{Error, supervise};
use persona_core::{FileError, describe};
use persona_run::{ConfigError, run::NameError};

fn missing_store() -> persona_store::Error {
    persona_store::Error::Missing {
        path: "persona.sqlite".into(),
        source: io::ErrorKind::NotFound.into(),
    }
}

#[test]
fn errors_of_the_bot() {
    let errors = [
        Error::Discord(persona_discord::Error::Unauthorised {
            place: "GET /users/@me".to_owned(),
        }),
        Error::Store(missing_store()),
        Error::Backend(persona_engine::Error::Stopped),
        Error::Recall(persona_recall::Error::Store(missing_store())),
        Error::Supervise(supervise::Error::Hopeless),
        Error::File(FileError::write("heartbeat.json".as_ref())(
            io::ErrorKind::StorageFull.into(),
        )),
        Error::Thread(io::ErrorKind::OutOfMemory.into()),
        Error::Config {
            key: "probability",
            value: "1.5".to_owned(),
            expected: "a number between 0 and 1",
        },
        Error::Configuration(ConfigError::MovedKey {
            path: "persona.toml".into(),
            line: 3,
            key: "context_turns",
            from: "bot",
            to: "conversation",
        }),
        Error::Run(NameError {
            name: "../elsewhere".to_owned(),
        }),
        Error::NoToken,
        Error::NoModel {
            run: "first".to_owned(),
            folder: "runs/first/export".into(),
        },
        Error::Intents,
        Error::GatewayToken,
        Error::Gateway {
            reason: "code 4011".to_owned(),
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    GET /users/@me: Discord does not accept the bot token (401)
    hint: copy the token again from https://discord.com/developers/applications (your application, Bot, Reset Token) into `.env`: DISCORD_TOKEN=…

    cannot open the store `persona.sqlite`
    caused by: entity not found
    hint: run `cargo xtask ingest` first, or check the path of the store

    the engine has stopped

    cannot open the store `persona.sqlite`
    caused by: entity not found
    hint: run `cargo xtask ingest` first, or check the path of the store

    the bot cannot work with this configuration; what it said last tells why

    cannot write `heartbeat.json`
    caused by: no storage space
    hint: the disk that holds `heartbeat.json` is full: free some space and run the same command again, it goes on where it stopped

    cannot start a thread
    caused by: out of memory

    `bot.probability` is `1.5`, expected a number between 0 and 1

    `persona.toml`, line 3: `context_turns` of [bot] is `context_turns` of [conversation] now
    hint: write `context_turns` once, under [conversation], for all that use it

    `../elsewhere` cannot be the name of a run
    hint: a run's name is a folder's name: letters, digits, `-`, `_` and `.`

    there is no bot token: `DISCORD_TOKEN` is not set
    hint: put DISCORD_TOKEN=… into `.env` or the environment; the token is on https://discord.com/developers/applications under your application, Bot, Reset Token

    the run `first` has no exported model in `runs/first/export`
    hint: make one with `cargo xtask pipeline`, name another run with --run, or a GGUF file with --model

    Discord does not let the bot read what people write: the gateway refused its intents (4014)
    hint: switch on `Message Content Intent` on https://discord.com/developers/applications under your application, Bot, Privileged Gateway Intents

    the gateway does not accept the bot token (4004)
    hint: copy the token again: https://discord.com/developers/applications, your application, Bot, Reset Token

    the connection with the gateway ended: code 4011
    ");
}

#[test]
fn errors_of_the_supervisor() {
    let errors = [
        supervise::Error::Start(io::ErrorKind::NotFound.into()),
        supervise::Error::Wait(io::ErrorKind::Interrupted.into()),
        supervise::Error::CrashLoop {
            restarts: 5,
            reason: "it ended with exit code 3".to_owned(),
        },
        supervise::Error::Hopeless,
        supervise::Error::Setting {
            key: "silence_seconds",
            found: 0.0,
            expected: "more than 0",
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    the bot cannot be started
    caused by: entity not found

    the bot cannot be watched
    caused by: operation interrupted

    the bot was started again 5 times within an hour and is left alone; the last time, it ended with exit code 3
    hint: the newest file in the log folder holds what the bot said before it ended; `restarts_per_hour` is in `[bot.supervise]`

    the bot cannot work with this configuration; what it said last tells why

    `bot.supervise.silence_seconds` is 0, expected more than 0
    ");
}
