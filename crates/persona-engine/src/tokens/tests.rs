use persona_core::Sampling;

use super::*;
use crate::fixture;

fn engine() -> TokenEngine {
    let loaded = fixture::model().load().unwrap();
    TokenEngine::start(loaded.model, CacheLimits::default()).unwrap()
}

/// Without stop tokens: as long as it may be.
fn request(max_tokens: usize) -> TokenRequest {
    TokenRequest {
        conversation: None,
        prompt: vec![1, 2, 3],
        stop: Vec::new(),
        sampling: Sampling::greedy(max_tokens),
        seed: 0,
    }
}

#[test]
fn a_panic_ends_one_request_and_not_the_engine() {
    let engine = engine();
    let (events, stream) = tokio::sync::mpsc::unbounded_channel();
    engine.send(Job::Panic(events));
    let error = TokenStream::new(stream).blocking_finish().unwrap_err();
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
    let streams: Vec<TokenStream> = (0..20).map(|_| engine.submit(request(300))).collect();
    drop(engine);
    drop(second);
    let outcomes: Vec<_> = streams
        .into_iter()
        .map(TokenStream::blocking_finish)
        .collect();
    assert!(matches!(outcomes.last(), Some(Err(Error::Stopped))));
}

#[test]
fn a_thread_that_is_gone_ends_the_stream() {
    let (events, stream) = tokio::sync::mpsc::unbounded_channel();
    drop(events);
    let mut stream = TokenStream::new(stream);
    assert!(matches!(stream.blocking_next(), Some(Err(Error::Stopped))));
    assert!(stream.blocking_next().is_none());
}

#[test]
fn a_dropped_stream_leaves_its_reply_unfinished() {
    let engine = engine();
    let request = TokenRequest {
        conversation: Some("here".to_owned()),
        ..request(400)
    };
    let whole = engine.reply(request.clone()).unwrap();
    assert_eq!((whole.ids.len(), whole.finish), (400, Finish::Length));
    engine.drop_cache("here");
    let (events, stream) = tokio::sync::mpsc::unbounded_channel();
    drop(stream);
    engine.send(Job::Reply {
        request: request.clone(),
        events,
        submitted: Instant::now(),
    });
    let next = engine.reply(TokenRequest {
        // What is reused of the whole reply is what the cancelled request left in the cache: nothing, as its first token
        // already found nobody listening.
        prompt: [&request.prompt[..], &whole.ids].concat(),
        sampling: Sampling::greedy(1),
        ..request
    });
    assert_eq!(next.unwrap().reused_tokens, 3);
}
