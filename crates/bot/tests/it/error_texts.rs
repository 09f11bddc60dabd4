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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
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
            silent: Duration::from_secs(60),
        },
        backend::Error::Protocol {
            url: "http://127.0.0.1:8080/v1".to_owned(),
            message: "sent no end of the reply".to_owned(),
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}
