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
        ConfigError::MovedKey {
            path: "persona.toml".into(),
            line: 3,
            key: "context_turns",
            from: "bot",
            to: "conversation",
        },
        ConfigError::File(FileError::read("persona.toml".as_ref())(
            io::ErrorKind::NotFound.into(),
        )),
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    `persona.toml`, line 3: there is no key `epoch` in [train]
    hint: did you mean `epochs`

    `persona.toml`, line 3: there is no key `colour`
    hint: the keys there are `seed`, `run`

    `persona.toml`, line 3: the key `epochs` in [train]: invalid type: string, expected usize
    hint: `cargo xtask config --defaults` prints every key with its default

    `persona.toml`, line 3: `context_turns` of [bot] is `context_turns` of [conversation] now
    hint: write `context_turns` once, under [conversation], for all that use it

    cannot read `persona.toml`
    caused by: entity not found
    hint: check the path; relative paths start at the current folder
    ");
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
    insta::assert_snapshot!(shown.join("\n\n"), @"
    the run `first` is in use: `xtask pipeline` (process 4711) has been writing to it since 2026-11-26T10:00:00Z
    hint: wait until it is done, or stop it; --run NAME works on another run meanwhile

    the run `first` is in use: another process is writing to it
    hint: wait until it is done, or stop it; --run NAME works on another run meanwhile

    cannot write `runs/first/lock`
    caused by: permission denied
    hint: look at its permissions: ls -l 'runs/first/lock'
    ");
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
    insta::assert_snapshot!(shown.join("\n\n"), @"
    the base model `models/absent` does not exist
    hint: give a folder in Hugging Face layout or a repository such as Qwen/Qwen2.5-0.5B-Instruct with --base; without --base it is data/base/persona-tiny

    the base model `models/tiny` has no tokenizer.json
    hint: a base is a folder in Hugging Face layout: config.json, tokenizer.json, tokenizer_config.json and model.safetensors (or shards with model.safetensors.index.json)

    cannot download model.safetensors of `Qwen/Qwen2.5-0.5B-Instruct`: the hub answers 404
    hint: check the name of the repository: owner/name

    cannot read `models/tiny/config.json`
    caused by: permission denied
    hint: look at its permissions: ls -l 'models/tiny/config.json'
    ");
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
    insta::assert_snapshot!(shown.join("\n\n"), @"
    cannot download model.safetensors of `Qwen/Qwen2.5-0.5B-Instruct`: the hub answers 401
    hint: no such model, or one that asks for an account: check the name, accept its terms on its page, and put HF_TOKEN=… into .env

    cannot download model.safetensors of `Qwen/Qwen2.5-0.5B-Instruct`: the hub answers 404
    hint: check the name of the repository: owner/name

    cannot download model.safetensors of `Qwen/Qwen2.5-0.5B-Instruct`: the hub answers 503
    hint: the same command goes on where it stopped; HF_ENDPOINT names another server; or download the model elsewhere and give its folder: --base DIR

    cannot download model.safetensors of `Qwen/Qwen2.5-0.5B-Instruct`
    caused by: connection reset
    hint: the same command goes on where it stopped; HF_ENDPOINT names another server; or download the model elsewhere and give its folder: --base DIR

    cannot download model.safetensors of `Qwen/Qwen2.5-0.5B-Instruct`
    caused by: no storage space
    hint: free some space, or let HF_HOME name another folder; the same command goes on where it stopped

    cannot download model.safetensors of `Qwen/Qwen2.5-0.5B-Instruct`
    caused by: the answer has no usable `content-range` header
    hint: the same command goes on where it stopped; HF_ENDPOINT names another server; or download the model elsewhere and give its folder: --base DIR

    `model.safetensors` of `Qwen/Qwen2.5-0.5B-Instruct` is being downloaded by another program
    hint: wait for it, then give the same command again

    `model.safetensors` of `Qwen/Qwen2.5-0.5B-Instruct` has 12 bytes, expected 988097824
    hint: the same command goes on where it stopped; HF_ENDPOINT names another server; or download the model elsewhere and give its folder: --base DIR

    `Qwen/Qwen2.5-0.5B-Instruct` has no weights in safetensors form
    hint: choose a repository with model.safetensors, such as Qwen/Qwen2.5-0.5B-Instruct

    `Qwen/Qwen2.5-0.5B-Instruct` is not a complete model: it needs config.json, tokenizer.json, tokenizer_config.json and its weights
    hint: choose a repository with model.safetensors, such as Qwen/Qwen2.5-0.5B-Instruct

    the download was interrupted

    the download stopped without a word

    cannot write `blobs/1`
    caused by: no storage space
    hint: the disk that holds `blobs/1` is full: free some space and run the same command again, it goes on where it stopped
    ");
}

#[test]
fn the_name_of_a_run() {
    let error = NameError {
        name: "../elsewhere".to_owned(),
    };
    insta::assert_snapshot!(describe(&error), @"
    `../elsewhere` cannot be the name of a run
    hint: a run's name is a folder's name: letters, digits, `-`, `_` and `.`
    ");
}
