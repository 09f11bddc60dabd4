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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
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
