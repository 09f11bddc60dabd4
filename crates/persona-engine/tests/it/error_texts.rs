//! What people are told, whole.

use std::{io, time::Duration};

use persona_core::describe;
use persona_engine::{Error, RemoteError};

const URL: &str = "http://127.0.0.1:8080/v1";

fn refused(status: u16, message: &str) -> RemoteError {
    RemoteError::Refused {
        url: URL.to_owned(),
        status,
        message: message.to_owned(),
    }
}

#[test]
fn errors_of_the_engine() {
    let errors = [
        Error::Model(persona_model::Error::adapter(
            "adapter".as_ref(),
            "has no `r`",
        )),
        Error::Thread(io::ErrorKind::OutOfMemory.into()),
        Error::Panicked {
            message: "index out of bounds".to_owned(),
        },
        Error::Stopped,
        Error::Setting {
            key: "temperature",
            found: "-1".to_owned(),
            expected: "0 or more".to_owned(),
        },
        Error::Remote(RemoteError::Key),
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    the model failed
    caused by: adapter `adapter`: has no `r`
    hint: an adapter only fits the base model it was trained on

    cannot start the engine's thread
    caused by: out of memory

    the request hit a fault in the engine: index out of bounds
    hint: this is a bug; please report the message

    the engine has stopped

    `temperature` is -1, expected 0 or more

    the key for the engine's server holds characters that no header can carry
    ");
}

#[test]
fn errors_of_a_server() {
    let errors = [
        RemoteError::Address {
            url: "ftp://example.org".to_owned(),
            problem: "is neither `http` nor `https`",
        },
        RemoteError::Key,
        refused(401, "invalid key"),
        refused(404, "no such model"),
        refused(500, "out of memory"),
        RemoteError::Silent {
            url: URL.to_owned(),
            silent: Duration::from_mins(1),
        },
        RemoteError::Protocol {
            url: URL.to_owned(),
            message: "sent no end of the reply".to_owned(),
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @r#"
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
