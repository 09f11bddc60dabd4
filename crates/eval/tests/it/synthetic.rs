//! An invented dataset and adapters for the model of the `gguf` fixture.

use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use eval::Inputs;
use persona_core::{
    ChatMessage, Conversation, ConversationForm, PairRule, PreferencePair, Sampling, Split, Turn,
    atomic, chat::Id, jsonl, layout, prompt::prompt_for,
};
use persona_model::{ALL_TARGETS, Adapter, AdapterConfig, LoadOptions, LoraConfig, Qwen2};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::golden::fixtures;

const WORDS: &[&str] = &[
    "so", "what", "pizza", "train", "late", "again", "no", "cat", "maybe", "tomorrow", "rain",
    "the", "you", "is", "lol", "nice", "game", "build", "server", "down",
];

/// Number of conversations per split to invent; each has six turns, all of them targets.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) train: u64,
    pub(crate) validation: u64,
    pub(crate) test: u64,
}

pub(crate) const USUAL: Sizes = Sizes {
    train: 10,
    validation: 2,
    test: 3,
};

/// Writes a dataset and adapters into `folder`; the model is the one of the `gguf` fixture.
pub(crate) fn inputs(folder: &Path, sizes: Sizes, seed: u64) -> Inputs {
    let model = fixtures().join("gguf");
    write_dataset(&folder.join("dataset"), sizes);
    write_habits(&folder.join("habits.json"));
    Inputs {
        dataset: folder.join("dataset"),
        base: model.join("hf"),
        sft_adapter: Some(write_adapter(folder, "sft", 1)),
        dpo_adapter: Some(write_adapter(folder, "dpo", 2)),
        merged: model.join("hf"),
        quantized: model.join("Q4_K_M.gguf"),
        out: folder.join("eval"),
        embedder: None,
        habits: Some(folder.join("habits.json")),
        form: ConversationForm::default(),
        sampling: Sampling {
            max_tokens: 8,
            ..Sampling::default()
        },
        seed,
    }
}

fn write_dataset(folder: &Path, sizes: Sizes) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let splits = [
        (Split::Train, sizes.train),
        (Split::Validation, sizes.validation),
        (Split::Test, sizes.test),
    ];
    let conversations: Vec<Conversation> = splits
        .into_iter()
        .flat_map(|(split, count)| (0..count).map(move |index| (split, index)))
        .map(|(split, index)| conversation(&mut random, split, index))
        .collect();
    let pairs: Vec<PreferencePair> = conversations.iter().map(pair).collect();
    jsonl::write(&folder.join(layout::dataset::CONVERSATIONS), &conversations).unwrap();
    jsonl::write(&folder.join(layout::dataset::PAIRS), &pairs).unwrap();
}

fn conversation(random: &mut ChaCha8Rng, split: Split, index: u64) -> Conversation {
    let first: Id = 1_000_000 * (1 + split as u64) + 100 * index;
    let turn = |position: u64, random: &mut ChaCha8Rng| Turn {
        message_ids: vec![first + position],
        author: format!("u{}", position % 3),
        text: sentence(random),
        timestamp_ms: i64::try_from(first + position).unwrap(),
        reply_to: None,
        is_target: true,
        quoted: false,
        copies: u32::from(split == Split::Train),
        reactions: 0,
    };
    Conversation {
        id: first,
        channel_id: 1,
        split,
        turns: (0..6).map(|position| turn(position, random)).collect(),
    }
}

fn sentence(random: &mut ChaCha8Rng) -> String {
    let words: Vec<&str> = (0..random.random_range(1..9))
        .map(|_| WORDS[random.random_range(0..WORDS.len())])
        .collect();
    words.join(" ") + ["", "", "!", "?"][random.random_range(0..4)]
}

fn pair(conversation: &Conversation) -> PreferencePair {
    let side = |position: usize| vec![ChatMessage::reply(&conversation.turns[position].text)];
    PreferencePair {
        prompt: prompt_for(&ConversationForm::default(), conversation, 4),
        chosen: side(4),
        rejected: side(5),
        split: conversation.split,
        rule: PairRule::SameConversation,
        reactions: 2,
        chosen_id: conversation.id + 4,
        rejected_id: Some(conversation.id + 5),
    }
}

fn write_habits(path: &Path) {
    let habits = serde_json::json!([
        { "author": "somebody", "name": "laughs", "description": "says lol", "pattern": "\\blol\\b" },
        { "author": "another", "name": "asks", "description": "ends with a question mark", "pattern": "\\?$" },
    ]);
    atomic::write_json(path, &habits).unwrap();
}

/// Writes an adapter with random factors: it says nothing sensible, but differs from the base.
fn write_adapter(folder: &Path, name: &str, seed: u64) -> PathBuf {
    let base = fixtures().join("gguf/hf");
    let mut model = Qwen2::load(&base, &LoadOptions::cpu()).unwrap();
    let lora = LoraConfig {
        rank: 4,
        alpha: 8.0,
        dropout: 0.0,
        targets: ALL_TARGETS.map(str::to_owned).to_vec(),
    };
    model.attach_lora(&lora, seed).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut tensors = model.adapter("base").unwrap().tensors;
    for (key, tensor) in &mut tensors {
        if key.contains("lora_B") {
            let values: Vec<f32> = (0..tensor.elem_count())
                .map(|_| random.random_range(-0.05..0.05))
                .collect();
            *tensor = Tensor::from_vec(values, tensor.shape(), &Device::Cpu).unwrap();
        }
    }
    let path = folder.join(name);
    Adapter::new(AdapterConfig::new(&lora, "base"), tensors)
        .save(&path)
        .unwrap();
    path
}
