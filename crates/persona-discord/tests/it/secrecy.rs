//! The token appears in no visible output.

use std::{
    io::{self, Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
};

use discord_server::{Fault, Matching, TooMany};
use persona_core::Hint;
use persona_discord::{ApiConfig, Error, Rest, Token};

use crate::support::{TestChannel, block_on};

/// Text of an error with its causes.
fn said(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?} {:?}", error.hint());
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text} {error} {error:?}");
        cause = error.source();
    }
    text
}

#[test]
fn errors_of_every_kind_keep_the_token() {
    for fault in [
        Fault::Status(500),
        Fault::Status(400),
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(404),
        Fault::Cut,
        Fault::CutBody,
        Fault::Garbled,
        Fault::TooMany(TooMany::seconds(99.0)),
    ] {
        let scene = TestChannel::new();
        scene
            .server
            .faults(|faults| faults.plan(Matching::any(), u32::MAX, fault.clone()));
        let rest = scene.rest();
        let error = block_on(rest.me()).unwrap_err();
        let text = said(&error) + &format!("{rest:?}");
        assert!(!text.contains(&scene.server.token()), "{fault:?}: {text}");
    }
}

/// Server that repeats what it was sent, as a proxy may do in its error pages.
fn echo(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = [0; 8192];
            let length = stream.read(&mut bytes).unwrap_or(0);
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&bytes[..length]);
        }
    });
    address
}

#[test]
fn a_server_that_repeats_the_token_is_not_quoted() {
    let token = discord_server::TOKEN;
    for status in ["200 OK", "400 Bad Request", "403 Forbidden", "500 Oh"] {
        let config = ApiConfig {
            api: echo(status),
            retries: 0,
            ..ApiConfig::default()
        };
        let rest = Rest::new(&Token::new(token.to_owned()).unwrap(), &config).unwrap();
        let text = said(&block_on(rest.me()).unwrap_err());
        assert!(!text.contains(token), "{status}: {text}");
        let quoted = text.contains("[token]");
        assert_eq!(quoted, status.starts_with("40"), "{status}: {text}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_most_talkative_log_keeps_the_token() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .finish();
    let scene = TestChannel::new();
    let rest = scene.rest();
    scene.server.faults(|faults| {
        faults.plan(Matching::any(), 1, Fault::Status(500));
        faults.plan(Matching::any(), 1, Fault::Cut);
    });
    tracing::subscriber::with_default(subscriber, || {
        block_on(rest.me()).unwrap();
        let body = serde_json::json!({"content": "hi"});
        block_on(rest.create_message(scene.channel, &body)).unwrap();
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("asking again"), "{text}");
    assert!(!text.contains(&scene.server.token()), "{text}");
}
