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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}
