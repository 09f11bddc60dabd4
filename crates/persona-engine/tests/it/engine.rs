//! Streams, caches, seeds, cancellation, and agreement with the golden continuations.

use persona_core::{ChatMessage, Hint};
use persona_engine::{
    CacheLimits, Engine, EngineConfig, Error, Finish, ModelSource, Piece, Reply, Request, Sampling,
    TokenRequest,
};
use serde_json::Value;

use crate::support::{chat, fixtures, folder, gguf, start};

fn greedy(messages: Vec<ChatMessage>) -> Request {
    Request::new(messages, Sampling::greedy(24))
}

fn of_ids(engine: &Engine, prompt: Vec<u32>, count: usize) -> TokenRequest {
    TokenRequest {
        conversation: None,
        prompt,
        stop: engine.stop_ids().to_vec(),
        sampling: Sampling::greedy(count),
        seed: 0,
    }
}

fn continuation(engine: &Engine, ids: Vec<u32>, count: usize) -> Vec<u32> {
    let request = of_ids(engine, ids, count);
    engine.tokens().reply(request).unwrap().ids
}

/// Golden ids up to the first one that ends a reply: the reference went on after it.
fn until_stop(engine: &Engine, ids: &[u32]) -> Vec<u32> {
    let stops = engine.stop_ids();
    ids.iter()
        .copied()
        .take_while(|id| !stops.contains(id))
        .collect()
}

/// Golden ids whose lead over the runner-up is far above the round-off of either side.
fn certain(ids: &[u32], margins: &[f64], least: f64) -> Vec<u32> {
    ids.iter()
        .zip(margins)
        .take_while(|(_, margin)| **margin > least)
        .map(|(id, _)| *id)
        .collect()
}

#[test]
fn greedy_ids_are_those_of_transformers() {
    let engine = start(folder());
    let tensors = candle_core::safetensors::load(
        fixtures().join("forward/forward.safetensors"),
        &candle_core::Device::Cpu,
    )
    .unwrap();
    let ids = |name: &str| -> Vec<u32> {
        let ids: Vec<i64> = tensors[name].flatten_all().unwrap().to_vec1().unwrap();
        ids.into_iter()
            .map(|id| u32::try_from(id).unwrap())
            .collect()
    };
    let prompt = ids("greedy.input_ids");
    let margins: Vec<f32> = tensors["greedy.margin"].to_vec1().unwrap();
    let margins: Vec<f64> = margins.into_iter().map(f64::from).collect();
    let golden = certain(&ids("greedy.output_ids")[prompt.len()..], &margins, 1e-3);
    assert!(!golden.is_empty(), "the fixture has a clear first token");
    let found = continuation(&engine, prompt, golden.len());
    assert_eq!(found, until_stop(&engine, &golden));
}

#[test]
fn greedy_ids_of_the_quantized_file_are_those_of_llama_cpp() {
    let engine = start(gguf());
    let bytes = std::fs::read(fixtures().join("gguf/logits.json")).unwrap();
    let golden: Value = serde_json::from_slice(&bytes).unwrap();
    let numbers = |value: &Value| -> Vec<u32> {
        let list = value.as_array().unwrap().iter();
        list.map(|id| u32::try_from(id.as_u64().unwrap()).unwrap())
            .collect()
    };
    let run = &golden["runs"]["Q4_K_M"];
    let margins: Vec<f64> = run["greedy_top1_minus_top2"]
        .as_array()
        .unwrap()
        .iter()
        .map(|margin| margin.as_f64().unwrap())
        .collect();
    // Different kernels for the quantized activations move logits by up to about a quarter.
    let ids = certain(&numbers(&run["greedy_ids"]), &margins, 0.5);
    let found = continuation(&engine, numbers(&golden["ids"]), ids.len().max(1));
    assert_eq!(found[..ids.len()], until_stop(&engine, &ids));
}

#[test]
fn a_kept_cache_changes_the_work_and_not_the_reply() {
    for source in [gguf(), folder()] {
        let engine = start(source);
        let mut reused = Vec::new();
        for turns in [1, 2, 3, 3, 1] {
            let fresh = engine.reply(greedy(chat(turns))).unwrap();
            let kept = engine
                .reply(greedy(chat(turns)).in_conversation("here"))
                .unwrap();
            assert_eq!(fresh.reused_tokens, 0);
            assert_eq!((&kept.ids, &kept.text), (&fresh.ids, &fresh.text));
            assert_eq!(kept.prompt_tokens, fresh.prompt_tokens);
            reused.push((kept.reused_tokens, kept.prompt_tokens));
        }
        assert_eq!(reused[0].0, 0, "nothing is kept at first");
        assert!(reused[1].0 > 0 && reused[2].0 > reused[1].0, "{reused:?}");
        assert_eq!(
            reused[3].0,
            reused[3].1 - 1,
            "the same prompt again: all but its last token"
        );
        assert!(reused[4].0 > 0, "a shorter prompt keeps what it shares");
    }
}

#[test]
fn the_reply_itself_stays_in_the_cache() {
    let engine = start(folder());
    let mut messages = chat(1);
    let first = engine
        .reply(greedy(messages.clone()).in_conversation("here"))
        .unwrap();
    messages.push(ChatMessage::reply(&first.text));
    messages.push(ChatMessage::user("u2: really?"));
    let second = engine
        .reply(greedy(messages.clone()).in_conversation("here"))
        .unwrap();
    assert!(second.reused_tokens >= first.prompt_tokens, "{second:?}");
    assert_eq!(second.ids, engine.reply(greedy(messages)).unwrap().ids);
}

#[test]
fn a_forgotten_conversation_and_one_too_many_start_afresh() {
    let config = EngineConfig {
        caches: CacheLimits {
            max_conversations: 2,
            ..CacheLimits::default()
        },
        ..EngineConfig::new(folder())
    };
    let engine = Engine::start(&config).unwrap();
    let reused = |key: &str| {
        let request = greedy(chat(2)).in_conversation(key);
        engine.reply(request).unwrap().reused_tokens
    };
    assert_eq!((reused("a"), reused("b")), (0, 0));
    assert!(reused("a") > 0);
    engine.drop_cache("a");
    assert_eq!(reused("a"), 0);
    assert_eq!(reused("c"), 0);
    assert_eq!(reused("b"), 0, "`b` was quiet longest and went");
}

#[test]
fn seeds_repeat_and_differ() {
    let engine = start(folder());
    let reply = |seed: u64| {
        let sampling = Sampling {
            temperature: 1.5,
            top_p: 1.0,
            top_k: 0,
            max_tokens: 16,
            ..Sampling::default()
        };
        let request = Request::new(chat(2), sampling).with_seed(seed);
        engine.reply(request).unwrap().ids
    };
    assert_eq!(reply(1), reply(1));
    assert!((2..6).any(|seed| reply(seed) != reply(1)));
}

#[test]
fn pieces_are_whole_characters_and_make_up_the_reply() {
    let engine = start(folder());
    // A hot random model writes broken and multi-byte characters all the time.
    let sampling = Sampling {
        temperature: 3.0,
        top_p: 1.0,
        top_k: 0,
        max_tokens: 60,
        ..Sampling::default()
    };
    let (mut ids, mut text) = (Vec::new(), String::new());
    let mut done: Option<Reply> = None;
    let mut stream = engine.submit(Request::new(chat(1), sampling).with_seed(4));
    while let Some(piece) = stream.blocking_next() {
        match piece.unwrap() {
            Piece::Text {
                ids: more,
                text: piece,
            } => {
                assert!(done.is_none() && !piece.is_empty());
                ids.extend(more);
                text.push_str(&piece);
            }
            Piece::Done(reply) => done = Some(reply),
        }
    }
    let reply = done.unwrap();
    assert_eq!(
        (&reply.text, text),
        (&engine.tokenizer().decode(&reply.ids), reply.text.clone())
    );
    assert!(
        reply.ids.starts_with(&ids),
        "control tokens have no text and may be left over"
    );
    if reply.ids.len() == 60 {
        assert_eq!(reply.finish, Finish::Length);
    }
}

#[test]
fn a_dropped_stream_does_not_disturb_the_next_one() {
    let engine = start(folder());
    let long = || Request::new(chat(1), Sampling::greedy(400));
    let whole = engine.reply(long()).unwrap();
    let mut stream = engine.submit(long());
    assert!(stream.blocking_next().is_some());
    drop(stream);
    let next = engine.reply(greedy(chat(1))).unwrap();
    assert!(whole.ids.starts_with(&next.ids));
}

#[test]
fn clients_do_not_disturb_each_other() {
    let engine = start(gguf());
    let expected: Vec<_> = (1..4)
        .map(|turns| engine.reply(greedy(chat(turns))).unwrap().ids)
        .collect();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..2)
            .map(|client| {
                let engine = engine.clone();
                scope.spawn(move || {
                    let reply = |turns: usize| {
                        let key = format!("client {client}");
                        let request = greedy(chat(turns)).in_conversation(key);
                        engine.reply(request).unwrap().ids
                    };
                    (1..4).map(reply).collect::<Vec<_>>()
                })
            })
            .collect();
        for client in clients {
            assert_eq!(client.join().unwrap(), expected);
        }
    });
}

#[test]
fn a_prompt_that_is_too_long_loses_its_oldest_turns() {
    let engine = start(folder());
    let reply = engine.reply(greedy(chat(200))).unwrap();
    assert!(reply.prompt_tokens + 24 <= engine.context());
    assert!(reply.prompt_tokens > engine.context() / 2);
}

#[test]
fn errors_name_what_is_wrong() {
    let engine = start(folder());
    let context = engine.context();
    let ids = of_ids(&engine, vec![1; context - 10], 20);
    let error = engine.tokens().reply(ids).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`max_tokens` is 20, expected at most 10: the model holds {context} tokens and the prompt has {}",
            context - 10
        )
    );
    let hot = Sampling {
        temperature: -1.0,
        ..Sampling::default()
    };
    assert!(matches!(
        engine.reply(Request::new(chat(1), hot)),
        Err(Error::Model(_))
    ));
    assert!(engine.reply(greedy(chat(1))).is_ok(), "the engine goes on");

    let nowhere = ModelSource::HuggingFace {
        base: "no/such/folder".into(),
        adapter: None,
    };
    let error = Engine::start(&EngineConfig::new(nowhere)).unwrap_err();
    assert!(
        matches!(error, Error::Model(_)) && error.hint().is_some(),
        "{error:?}"
    );
}
