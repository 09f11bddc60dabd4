use std::path::{Path, PathBuf};

use persona_core::ChatMessage;

use super::*;

fn fixtures() -> PathBuf {
    std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fixtures"),
        PathBuf::from,
    )
}

pub(crate) fn engine() -> Engine {
    let base = fixtures().join("model");
    Engine::start(EngineConfig::new(ModelSource::HuggingFace {
        base,
        adapter: None,
    }))
    .unwrap()
}

fn request(max_tokens: usize) -> Request {
    let messages = vec![
        ChatMessage::system("be nice"),
        ChatMessage::context("u1", "hello"),
    ];
    Request::new(messages, Sampling::greedy(max_tokens))
}

#[test]
fn a_panic_ends_one_request_and_not_the_engine() {
    let engine = engine();
    let (events, stream) = tokio::sync::mpsc::unbounded_channel();
    engine.send(Job::Panic(events));
    let error = ReplyStream::new(stream).finish().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the request hit a fault in the engine: as the test wished"
    );
    assert!(engine.reply(request(3)).is_ok());
}

#[test]
fn dropping_the_last_handle_stops_the_thread_and_what_it_was_writing() {
    let engine = engine();
    let second = engine.clone();
    let streams: Vec<ReplyStream> = (0..20).map(|_| engine.submit(request(300))).collect();
    drop(engine);
    drop(second);
    let outcomes: Vec<_> = streams.into_iter().map(ReplyStream::finish).collect();
    assert!(matches!(outcomes.last(), Some(Err(Error::Stopped))));
}

#[test]
fn a_thread_that_is_gone_ends_the_stream() {
    let (events, stream) = tokio::sync::mpsc::unbounded_channel();
    drop(events);
    let mut stream = ReplyStream::new(stream);
    assert!(matches!(stream.next(), Some(Event::Failed(Error::Stopped))));
    assert!(stream.next().is_none());
}
