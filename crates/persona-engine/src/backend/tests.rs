use persona_core::{ChatMessage, Hint, Sampling};

use super::*;
use crate::{
    engine::EngineConfig,
    fixture,
    remote::{RemoteConfig, RemoteError},
    reply::{Piece, Reply},
};

fn engine() -> Engine {
    Engine::start(&EngineConfig::new(fixture::model())).unwrap()
}

fn request(max_tokens: usize) -> Request {
    let messages = vec![
        ChatMessage::system("be nice"),
        ChatMessage::user("u1: hello"),
    ];
    Request::new(messages, Sampling::greedy(max_tokens))
}

#[tokio::test]
async fn the_embedded_engine_gives_the_same_reply_in_pieces_and_whole() {
    let engine = engine();
    let backend = Backend::Embedded(engine.clone());
    let mut pieces = backend.submit(request(12));
    let mut text = String::new();
    let written = loop {
        match pieces.next().await.unwrap().unwrap() {
            Piece::Text { text: piece, .. } => text.push_str(&piece),
            Piece::Done(written) => break written,
        }
    };
    assert!(pieces.next().await.is_none());
    assert_eq!(written.text, text);
    assert_eq!(
        written,
        Reply {
            timings: written.timings,
            ..backend.submit(request(12)).finish().await.unwrap()
        }
    );
    let reply = tokio::task::spawn_blocking(move || engine.reply(request(12)));
    assert_eq!(reply.await.unwrap().unwrap().text, text);
}

#[tokio::test]
async fn a_dropped_stream_cancels_the_reply() {
    let backend = Backend::Embedded(engine());
    // Without cancelling, these would take minutes.
    for _ in 0..50 {
        let mut pieces = backend.submit(request(300));
        assert!(matches!(pieces.next().await, Some(Ok(Piece::Text { .. }))));
    }
    assert!(backend.submit(request(1)).finish().await.is_ok());
}

#[tokio::test]
async fn addresses_that_cannot_be_meant_are_refused() {
    for (url, problem) in [
        ("127.0.0.1:8080", "is no URL"),
        ("ftp://host/v1", "begins with neither"),
        (
            "http://me:verysecret@host/v1",
            "holds a user name or password",
        ),
        ("http://host/v1?key=1", "holds a query"),
    ] {
        let error = Remote::connect(url, &RemoteConfig::default(), None)
            .await
            .unwrap_err();
        let text = format!("{error} {error:?} {}", error.hint().unwrap());
        assert!(text.contains(problem), "{url}: {text}");
        assert!(!text.contains("verysecret"), "{text}");
    }
    let error = Remote::connect(
        "http://127.0.0.1:1/v1",
        &RemoteConfig::default(),
        Some("a\nb"),
    )
    .await;
    assert!(matches!(error, Err(RemoteError::Key)));
}
