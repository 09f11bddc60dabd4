//! Engines and prompts of the fixture models.

use std::path::{Path, PathBuf};

use persona_core::ChatMessage;
use persona_engine::{Engine, EngineConfig, ModelSource};

pub(crate) fn fixtures() -> PathBuf {
    std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fixtures"),
        PathBuf::from,
    )
}

pub(crate) fn gguf() -> ModelSource {
    ModelSource::Gguf(fixtures().join("gguf/Q4_K_M.gguf"))
}

pub(crate) fn folder() -> ModelSource {
    ModelSource::HuggingFace {
        base: fixtures().join("model"),
        adapter: None,
    }
}

pub(crate) fn start(source: ModelSource) -> Engine {
    Engine::start(&EngineConfig::new(source)).unwrap()
}

/// A chat of so many turns.
pub(crate) fn chat(turns: usize) -> Vec<ChatMessage> {
    let texts = [
        "hello there",
        "what are you up to?",
        "not much, you?",
        "same, it rains",
    ];
    std::iter::once(ChatMessage::system("Chat naturally."))
        .chain((0..turns).map(|turn| {
            ChatMessage::user(&format!("u{}: {}", turn % 3, texts[turn % texts.len()]))
        }))
        .collect()
}
