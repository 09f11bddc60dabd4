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
        Error::Configuration(ConfigError::Following {
            section: "bot".to_owned(),
            message: "invalid type: string, expected usize".to_owned(),
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
