//! What people are told, whole.

use std::time::Duration;

use persona_core::describe;
use persona_discord::Error;

#[test]
fn errors() {
    let errors = [
        Error::Token {
            fault: "holds a space",
        },
        Error::Address {
            api: "discord".to_owned(),
            fault: "relative URL without a base".to_owned(),
        },
        Error::Setting {
            key: "discord.timeout_seconds",
            value: -1.0,
            expected: "a number above 0",
        },
        Error::Id {
            what: "channel",
            id: 0,
        },
        Error::Request {
            place: "GET /users/@me".to_owned(),
            reason: "no such header".to_owned(),
        },
        Error::Unauthorised {
            place: "GET /users/@me".to_owned(),
        },
        Error::Forbidden {
            place: "messages of channel 7".to_owned(),
            code: 50_001,
            message: "Missing Access".to_owned(),
        },
        Error::NotFound {
            place: "messages of channel 7".to_owned(),
            code: 10_003,
            message: "Unknown Channel".to_owned(),
        },
        Error::Refused {
            place: "POST /channels/7/messages".to_owned(),
            status: 400,
            code: 50_035,
            message: "Invalid Form Body".to_owned(),
        },
        Error::RateLimited {
            place: "messages of channel 7".to_owned(),
            wait: Duration::from_secs(3600),
            cap: Duration::from_secs(900),
        },
        Error::Unreachable {
            place: "GET /users/@me".to_owned(),
            attempts: 5,
            reason: "dns error".to_owned(),
        },
        Error::Unavailable {
            place: "GET /users/@me".to_owned(),
            attempts: 5,
            status: 503,
        },
        Error::Answer {
            place: "GET /users/@me".to_owned(),
            reason: "expected value at line 1 column 1".to_owned(),
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}
