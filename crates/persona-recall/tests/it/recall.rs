//! Vectors of past messages: which messages get one, and that an interruption changes nothing.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use persona_core::{Author, Channel, ChannelKind, Message, Progress, Silent, Task, Unit};
use persona_model::embed::Embedder;
use persona_recall::{Embedded, Recall};
use persona_store::{Scope, Store};

/// Embedder that finds texts with the same first letter similar, and counts the texts.
struct FirstLetter(Arc<AtomicUsize>);

impl Embedder for FirstLetter {
    fn name(&self) -> &'static str {
        "first-letter"
    }

    fn embed(&self, texts: &[&str]) -> persona_model::Result<Vec<Vec<f32>>> {
        self.0.fetch_add(texts.len(), Ordering::Relaxed);
        let vector = |text: &&str| {
            let angle = f32::from(text.bytes().next().unwrap_or(b'a') - b'@') * 0.1;
            vec![angle.cos(), angle.sin()]
        };
        Ok(texts.iter().map(vector).collect())
    }
}

fn recall(model: &str) -> (Recall, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let embedder = Box::new(FirstLetter(asked.clone()));
    (Recall::new(embedder, model.to_owned()), asked)
}

/// Progress that asks to stop at the given check.
struct StopsAt(AtomicUsize);

impl Progress for StopsAt {
    fn task(&self, _: &str, _: Option<u64>, _: Unit) -> Box<dyn Task> {
        Box::new(Silent)
    }

    fn warn(&self, _: &str) {}

    fn info(&self, _: &str) {}

    fn interrupted(&self) -> bool {
        self.0.fetch_sub(1, Ordering::Relaxed) == 1
    }
}

fn store(texts: &[&str]) -> Store {
    let mut store = Store::in_memory().unwrap();
    let batch = store.batch().unwrap();
    let channel = Channel {
        id: 7,
        guild_id: 1,
        parent_id: None,
        kind: ChannelKind::Text,
        name: "general".to_owned(),
        topic: None,
    };
    let author = Author {
        id: 3,
        name: "name".to_owned(),
        display_name: "Name".to_owned(),
        is_bot: false,
    };
    batch.upsert_channel(&channel, 1).unwrap();
    batch.upsert_author(&author, 1).unwrap();
    for (index, text) in texts.iter().enumerate() {
        let message = Message {
            id: index as u64 + 1,
            channel_id: 7,
            author_id: 3,
            content: (*text).to_owned(),
            ..Message::default()
        };
        batch.upsert_message(&message, 1).unwrap();
    }
    batch.commit().unwrap();
    store
}

#[test]
fn each_message_is_embedded_once_and_found() {
    let mut store = store(&["apple", "https://example.com", "banana", "   ", "avocado"]);
    let (recall, asked) = recall("model");
    let done = recall.embed_new(&mut store, &Silent).unwrap();
    let expected = Embedded {
        embedded: 3,
        passed_over: 2,
        ..Embedded::default()
    };
    assert_eq!(done, expected);
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    let again = recall.embed_new(&mut store, &Silent).unwrap();
    assert_eq!((again.embedded, asked.load(Ordering::Relaxed)), (0, 3));
    let found = recall
        .nearest(&store, "apricot", 2, &Scope::default())
        .unwrap();
    let ids: Vec<u64> = found.iter().map(|one| one.message_id).collect();
    assert_eq!(ids, [1, 5]);
    assert!(found[0].similarity > 0.99, "{found:?}");
}

#[test]
fn a_new_model_takes_the_place_of_the_old_one() {
    let mut store = store(&["apple", "banana"]);
    recall("old").0.embed_new(&mut store, &Silent).unwrap();
    let done = recall("new").0.embed_new(&mut store, &Silent).unwrap();
    assert_eq!((done.embedded, done.removed), (2, 2));
    assert_eq!(store.count_embedded("old").unwrap(), 0);
    assert_eq!(store.count_embedded("new").unwrap(), 2);
}

#[test]
fn work_that_was_stopped_goes_on_where_it_was() {
    let texts: Vec<String> = (0..700)
        .map(|index| format!("{}text", (b'a' + index as u8 % 26) as char))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut store = store(&texts);
    let (recall, asked) = recall("model");
    let stopped = recall
        .embed_new(&mut store, &StopsAt(AtomicUsize::new(3)))
        .unwrap();
    assert!(
        stopped.interrupted && stopped.embedded > 0 && stopped.embedded < 700,
        "{stopped:?}"
    );
    assert_eq!(store.count_embedded("model").unwrap(), stopped.embedded);
    let rest = recall.embed_new(&mut store, &Silent).unwrap();
    assert_eq!(stopped.embedded + rest.embedded, 700);
    assert_eq!(
        asked.load(Ordering::Relaxed),
        700,
        "nothing is computed twice"
    );
}
