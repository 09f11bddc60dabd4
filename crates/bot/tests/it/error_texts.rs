//! What people are told, whole.

use std::{io, time::Duration};

use bot::{Error, backend, engine, memory, supervise};
use persona_core::{FileError, describe};

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
        Error::Backend(backend::Error::Key),
        Error::Memory(memory::Error::Store(missing_store())),
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
        Error::Settings {
            path: "persona.toml".into(),
            message: "line 3: unknown field `probabilty`".to_owned(),
        },
        Error::Run {
            name: "../elsewhere".to_owned(),
        },
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

    the key for the engine's server holds characters that no header can carry

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

    `persona.toml`: line 3: unknown field `probabilty`

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
fn errors_of_looking_up_messages() {
    let errors = [
        memory::Error::Store(missing_store()),
        memory::Error::Model(persona_model::Error::MissingFile {
            folder: "models/sentences".into(),
            file: "config.json".to_owned(),
            purpose: "a sentence model".to_owned(),
        }),
        memory::Error::File(FileError::read("model.safetensors".as_ref())(
            io::ErrorKind::NotFound.into(),
        )),
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    cannot open the store `persona.sqlite`
    caused by: entity not found
    hint: run `cargo xtask ingest` first, or check the path of the store

    the sentence model failed
    caused by: `models/sentences` has no `config.json`, expected a sentence model
    hint: expected a Qwen2 model in Hugging Face layout: config.json, model.safetensors (or shards with an index), tokenizer.json

    cannot read `model.safetensors`
    caused by: entity not found
    hint: check the path; relative paths start at the current folder
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

#[test]
fn errors_of_the_engine() {
    let errors = [
        engine::Error::Model(persona_model::Error::MissingTensor {
            path: "persona.gguf".into(),
            name: "output_norm.weight".to_owned(),
        }),
        engine::Error::Thread(io::ErrorKind::OutOfMemory.into()),
        engine::Error::Panicked {
            message: "index out of bounds".to_owned(),
        },
        engine::Error::Stopped,
        engine::Error::Setting {
            key: "temperature",
            found: "-1".to_owned(),
            expected: "0 or more".to_owned(),
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    the model failed
    caused by: `persona.gguf` has no tensor `output_norm.weight`
    hint: expected a Qwen2 model in Hugging Face layout: config.json, model.safetensors (or shards with an index), tokenizer.json

    cannot start the engine's thread
    caused by: out of memory

    the request hit a fault in the engine: index out of bounds
    hint: this is a bug; please report the message

    the engine has stopped

    `temperature` is -1, expected 0 or more
    ");
}

fn refused(status: u16, message: &str) -> backend::Error {
    backend::Error::Refused {
        url: "http://127.0.0.1:8080/v1".to_owned(),
        status,
        message: message.to_owned(),
    }
}

#[test]
fn errors_of_the_source_of_replies() {
    let errors = [
        backend::Error::Engine(engine::Error::Stopped),
        backend::Error::Address {
            url: "ftp://example.org".to_owned(),
            problem: "is neither `http` nor `https`",
        },
        backend::Error::Key,
        refused(401, "invalid key"),
        refused(404, "no such model"),
        refused(500, "out of memory"),
        backend::Error::Silent {
            url: "http://127.0.0.1:8080/v1".to_owned(),
            silent: Duration::from_mins(1),
        },
        backend::Error::Protocol {
            url: "http://127.0.0.1:8080/v1".to_owned(),
            message: "sent no end of the reply".to_owned(),
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @r#"
    the engine has stopped

    the engine's address `ftp://example.org` is neither `http` nor `https`
    hint: set `engine` in `[bot]` to "embedded", or to an address like `http://127.0.0.1:8080/v1`

    the key for the engine's server holds characters that no header can carry

    the engine's server at `http://127.0.0.1:8080/v1` answered 401: invalid key
    hint: set PERSONA_API_KEY in `.env` to the key of that server

    the engine's server at `http://127.0.0.1:8080/v1` answered 404: no such model
    hint: the address usually ends in `/v1`; the model's name is `model` in `[bot.remote]`

    the engine's server at `http://127.0.0.1:8080/v1` answered 500: out of memory

    the engine's server at `http://127.0.0.1:8080/v1` was silent for 60 s
    hint: raise `first_token_seconds` or `idle_seconds` in `[bot.remote]` if the server is only slow

    the engine's server at `http://127.0.0.1:8080/v1` sent no end of the reply
    "#);
}
