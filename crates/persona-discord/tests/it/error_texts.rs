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
            wait: Duration::from_hours(1),
            cap: Duration::from_mins(15),
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
    insta::assert_snapshot!(shown.join("\n\n"), @"
    the bot token holds a space
    hint: copy the token again from https://discord.com/developers/applications (your application, Bot, Reset Token) into `.env`: DISCORD_TOKEN=…

    `discord` cannot be the address of the API: relative URL without a base
    hint: leave `discord.api` out, or give it as in `http://127.0.0.1:8080`

    `discord.timeout_seconds` is -1, expected a number above 0

    `0` cannot be the id of a channel

    GET /users/@me: cannot build the request: no such header

    GET /users/@me: Discord does not accept the bot token (401)
    hint: copy the token again from https://discord.com/developers/applications (your application, Bot, Reset Token) into `.env`: DISCORD_TOKEN=…

    messages of channel 7: the bot may not do that: Missing Access (403, code 50001)
    hint: give the bot's role the permissions View Channel and Read Message History there

    messages of channel 7: not found: Unknown Channel (404, code 10003)

    POST /channels/7/messages: Discord refused it: Invalid Form Body (400, code 50035)

    messages of channel 7: Discord asks to wait 3600 s, longer than the 900 s that are allowed
    hint: come back later: what was read is stored, and the same command goes on from there

    GET /users/@me: no answer after 5 attempts: dns error
    hint: look at the connection, and at https://discordstatus.com; the same command goes on where it stopped

    GET /users/@me: still 503 after 5 attempts
    hint: look at https://discordstatus.com; the same command goes on where it stopped

    GET /users/@me: cannot understand the answer: expected value at line 1 column 1
    ");
}
