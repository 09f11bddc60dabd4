//! What people are told, whole.

use std::io;

use persona_core::{FileError, describe};
use persona_run::{
    ConfigError,
    base::BaseError,
    hub::{HubError, TransferError},
    lock::{Holder, LockError},
    run::NameError,
};

const MODEL: &str = "Qwen/Qwen2.5-0.5B-Instruct";

fn status(status: u16) -> HubError {
    HubError::Status {
        repository: MODEL.to_owned(),
        what: "model.safetensors".to_owned(),
        status,
    }
}

fn transfer(source: TransferError) -> HubError {
    HubError::Transfer {
        repository: MODEL.to_owned(),
        what: "model.safetensors".to_owned(),
        source,
    }
}

fn unknown(key: &str, section: &str, known: &[&str]) -> ConfigError {
    ConfigError::UnknownKey {
        path: "persona.toml".into(),
        line: 3,
        key: key.to_owned(),
        section: section.to_owned(),
        known: known.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[test]
fn errors_of_a_configuration() {
    let errors = [
        unknown("epoch", " in [train]", &["epochs", "rank", "batch"]),
        unknown("colour", "", &["seed", "run"]),
        ConfigError::Invalid {
            path: "persona.toml".into(),
            line: 3,
            place: "the key `epochs` in [train]: ".to_owned(),
            message: "invalid type: string, expected usize".to_owned(),
        },
        ConfigError::Following {
            section: "bot".to_owned(),
            message: "invalid type: string, expected usize".to_owned(),
        },
        ConfigError::File(FileError::read("persona.toml".as_ref())(
            io::ErrorKind::NotFound.into(),
        )),
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}

#[test]
fn errors_of_a_lock() {
    let errors = [
        LockError::Held {
            run: "first".to_owned(),
            holder: Some(Holder {
                pid: 4711,
                command: "xtask pipeline".to_owned(),
                since: "2026-11-26T10:00:00Z".to_owned(),
            }),
        },
        LockError::Held {
            run: "first".to_owned(),
            holder: None,
        },
        LockError::File(FileError::write("runs/first/lock".as_ref())(
            io::ErrorKind::PermissionDenied.into(),
        )),
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}

#[test]
fn errors_of_a_base() {
    let errors = [
        BaseError::Unknown {
            name: "models/absent".to_owned(),
        },
        BaseError::Incomplete {
            folder: "models/tiny".into(),
            problem: "has no tokenizer.json".to_owned(),
        },
        BaseError::Hub(status(404)),
        BaseError::File(FileError::read("models/tiny/config.json".as_ref())(
            io::ErrorKind::PermissionDenied.into(),
        )),
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}

#[test]
fn errors_of_the_hub() {
    let errors = [
        status(401),
        status(404),
        status(503),
        transfer(TransferError::Io(io::ErrorKind::ConnectionReset.into())),
        transfer(TransferError::Io(io::ErrorKind::StorageFull.into())),
        transfer(TransferError::Header("content-range")),
        HubError::Locked {
            repository: MODEL.to_owned(),
            file: "model.safetensors".to_owned(),
        },
        HubError::Size {
            repository: MODEL.to_owned(),
            file: "model.safetensors".to_owned(),
            found: 12,
            expected: 988_097_824,
        },
        HubError::NoWeights {
            repository: MODEL.to_owned(),
        },
        HubError::Incomplete {
            repository: MODEL.to_owned(),
        },
        HubError::Interrupted,
        HubError::Stopped,
        HubError::File(FileError::write("blobs/1".as_ref())(
            io::ErrorKind::StorageFull.into(),
        )),
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}

#[test]
fn the_name_of_a_run() {
    let error = NameError {
        name: "../elsewhere".to_owned(),
    };
    insta::assert_snapshot!(describe(&error), @"");
}
