use std::{fs, path::Path};

use persona_core::{Author, Channel, ChannelKind, ChatMessage, Id, Mention, Message, Reaction};

use super::{
    bot::{feedback, memory},
    examples::{author, channel, message},
};
use crate::{
    Change::{self, Unchanged},
    FeedbackRow, Forgotten, Rejected, RememberedMessage, Scope, Store,
};

const GONE: Id = 811_223_344_556_677_889;

fn gone() -> Author {
    Author {
        id: GONE,
        name: "quentin_gone".to_owned(),
        display_name: "Quentin Leaves".to_owned(),
        is_bot: false,
    }
}

fn named() -> Mention {
    Mention {
        id: GONE,
        name: gone().name,
        display_name: "Quentin Old Nick".to_owned(),
    }
}

/// Messages of the person and of another one who names them.
fn messages() -> Vec<Message> {
    let own = |id| Message {
        author_id: GONE,
        content: format!("quixotic words number {id}"),
        reactions: vec![Reaction {
            emoji: "👍".to_owned(),
            emoji_id: None,
            count: 2,
        }],
        ..message(id)
    };
    let other = |id, content: &str, mentions: &[Mention]| Message {
        content: content.to_owned(),
        mentions: mentions.to_vec(),
        reply_to: Some(1),
        ..message(id)
    };
    let bystander = Mention {
        id: 5,
        name: "name5".to_owned(),
        display_name: "Quentin".to_owned(),
    };
    vec![
        own(1),
        own(2),
        other(3, &format!("<@{GONE}> and <@!{GONE}>"), &[named()]),
        other(
            4,
            "@Quentin Old Nick and @quentin_gone, not @Quentin",
            &[bystander, named()],
        ),
        other(5, &format!("quoted <@{GONE}>"), &[]),
        other(6, "nobody", &[]),
    ]
}

fn ingest(store: &mut Store) -> Vec<Change> {
    let batch = store.batch().unwrap();
    let general = Channel {
        topic: Some(format!("ask <@{GONE}>")),
        ..channel(7)
    };
    let direct = Channel {
        kind: ChannelKind::Direct,
        name: "Quentin Leaves".to_owned(),
        ..channel(8)
    };
    batch.upsert_channel(&general, 1).unwrap();
    batch.upsert_channel(&direct, 1).unwrap();
    batch.upsert_author(&author(3), 1).unwrap();
    let mut changes = vec![batch.upsert_author(&gone(), 1).unwrap()];
    for message in messages() {
        changes.push(batch.upsert_message(&message, 1).unwrap());
    }
    let raw = format!("{{\"author\": {{\"id\": \"{GONE}\"}}, \"content\": \"quixotic oddity\"}}");
    for (position, raw) in [
        raw.as_str(),
        "{\"name\": \"quentin_gone\"}",
        "{\"id\": \"12\"}",
    ]
    .into_iter()
    .enumerate()
    {
        let rejected = Rejected {
            source: "general.json",
            position: position as u64,
            reason: "no time",
            raw,
        };
        batch.reject(&rejected).unwrap();
    }
    batch.commit().unwrap();
    changes
}

/// A store with traces of the person in every table.
fn full(path: &Path) -> Store {
    let mut store = Store::open(path).unwrap();
    assert!(
        ingest(&mut store)
            .iter()
            .all(|change| *change == Change::New)
    );
    let batch = store.batch().unwrap();
    for id in 1..=6 {
        assert!(batch.put_embedding(id, "model", &[1.0, id as f32]).unwrap());
    }
    batch.commit().unwrap();
    assert_eq!(store.pseudonym(GONE).unwrap().as_deref(), Some("u2"));
    store
        .remember(&RememberedMessage {
            content: "quixotic thing".to_owned(),
            ..memory(20, 7, GONE)
        })
        .unwrap();
    store
        .remember(&RememberedMessage {
            content: "hey @u2 and @u21".to_owned(),
            ..memory(21, 7, 3)
        })
        .unwrap();
    store.claim(20, 7, 0).unwrap();
    let prompt = |content: &str| vec![ChatMessage::user(&format!("u1: {content}"))];
    let rows = [
        FeedbackRow {
            prompt: vec![ChatMessage::user("u2: quixotic question")],
            ..feedback(30)
        },
        FeedbackRow {
            prompt: prompt("recall\nu2: quixotic memory"),
            ..feedback(31)
        },
        FeedbackRow {
            prompt: prompt("what of @u2"),
            reply: "@u2 is well".to_owned(),
            ..feedback(32)
        },
        FeedbackRow {
            prompt: prompt("xu2: no"),
            ..feedback(33)
        },
    ];
    for row in rows {
        store.put_feedback(&row).unwrap();
        store.retract(row.message_id).unwrap();
    }
    store
        .set_setting(1, "admins", Some(&format!("[\"4\",\"{GONE}\",{GONE}]")))
        .unwrap();
    store
        .set_setting(1, &format!("greeting.{GONE}"), Some("\"hello\""))
        .unwrap();
    store
        .set_setting(1, "owner", Some(&GONE.to_string()))
        .unwrap();
    store
}

/// Everything that the files beside `path` hold.
fn bytes(path: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        all.extend(fs::read(entry.unwrap().path()).unwrap());
    }
    all
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn traces() -> Vec<Vec<u8>> {
    let texts = [
        "quixotic",
        "quentin_gone",
        "Quentin Leaves",
        "Quentin Old Nick",
    ];
    let mut needles: Vec<Vec<u8>> = texts.map(|text| text.as_bytes().to_vec()).into();
    needles.push(GONE.to_string().into_bytes());
    needles.push(GONE.to_be_bytes().to_vec());
    needles
}

#[test]
fn nothing_of_a_forgotten_person_is_left_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("persona.sqlite");
    let mut store = full(&path);
    persona_core::atomic::write(&path.with_extension("partial"), "quixotic leftovers").unwrap();
    let before = bytes(&path);
    for trace in traces() {
        assert!(
            holds(&before, &trace),
            "the test looks for what was never there: {trace:?}"
        );
    }
    let preview = store.preview_forget(GONE).unwrap();
    assert_eq!(store.messages_of_author(GONE).unwrap(), [1, 2]);
    let done = store.forget(GONE).unwrap();
    let after = bytes(&path);
    for trace in traces() {
        assert!(
            !holds(&after, &trace),
            "{:?} is left",
            String::from_utf8_lossy(&trace)
        );
    }
    assert_eq!(done.pseudonym.as_deref(), Some("u2"));
    assert_eq!(
        (
            done.messages,
            done.reactions,
            done.mentions,
            done.embeddings
        ),
        (2, 2, 3, 2)
    );
    assert_eq!(
        (done.memory, done.feedback, done.rejected, done.settings),
        (1, 2, 2, 3)
    );
    assert!(done.wiped && !preview.wiped);
    assert_eq!(
        Forgotten {
            wiped: true,
            ..preview
        },
        done
    );
    assert_eq!(store.messages_of_author(GONE).unwrap(), [0; 0]);
}

#[test]
fn others_keep_what_is_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = full(&folder.path().join("persona.sqlite"));
    store.forget(GONE).unwrap();
    let texts: Vec<String> = store
        .messages_of_channel(7)
        .unwrap()
        .into_iter()
        .map(|one| one.content)
        .collect();
    assert_eq!(
        texts,
        [
            "@someone and @someone",
            "@someone and @someone, not @Quentin",
            "quoted @someone",
            "nobody"
        ]
    );
    let found = store
        .nearest("model", &[0.0, 1.0], 9, &Scope::default())
        .unwrap();
    assert_eq!(
        found.len(),
        1,
        "vectors of texts that changed are gone: {found:?}"
    );
    assert_eq!(
        store.memory(7, 9).unwrap()[0].content,
        "hey @someone and @u21"
    );
    let left: Vec<Id> = store
        .feedback()
        .unwrap()
        .iter()
        .map(|row| row.message_id)
        .collect();
    assert_eq!(left, [32, 33]);
    let row = &store.feedback().unwrap()[0];
    assert_eq!(
        (row.prompt[0].content.as_str(), row.reply.as_str()),
        ("u1: what of @someone", "@someone is well")
    );
    assert_eq!(
        store.setting(1, "admins").unwrap().as_deref(),
        Some("[\"4\"]")
    );
    assert_eq!(store.settings(1).unwrap().len(), 1);
    let channels = store.channels().unwrap();
    assert_eq!(channels[0].channel.topic.as_deref(), Some("ask @someone"));
    assert_eq!(channels[1].channel.name, "someone");
    assert_eq!(store.pseudonym(5).unwrap().as_deref(), Some("u3"));
}

#[test]
fn who_was_forgotten_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("persona.sqlite");
    let mut store = full(&path);
    store.forget(GONE).unwrap();
    let content = store.content_hash().unwrap();
    let mut changes = ingest(&mut store);
    assert_eq!(changes.remove(0), Change::Forgotten);
    assert_eq!(
        changes,
        [
            Change::Forgotten,
            Change::Forgotten,
            Unchanged,
            Unchanged,
            Unchanged,
            Unchanged
        ]
    );
    assert!(!store.remember(&memory(40, 7, GONE)).unwrap());
    assert_eq!(store.last_seen(7).unwrap(), Some(40));
    assert_eq!(store.content_hash().unwrap(), content);
    store.wipe().unwrap();
    let bytes = bytes(&path);
    // An odd record with a name but no id does not tell whose it is.
    for trace in traces()
        .into_iter()
        .filter(|trace| trace != b"quentin_gone")
    {
        assert!(
            !holds(&bytes, &trace),
            "{:?} is back",
            String::from_utf8_lossy(&trace)
        );
    }
    assert_eq!(
        (
            store.is_forgotten(GONE).unwrap(),
            store.is_forgotten(3).unwrap()
        ),
        (true, false)
    );
    assert_eq!(store.forgotten().unwrap(), 1);
    assert!(store.readmit(GONE).unwrap() && !store.readmit(GONE).unwrap());
    assert_eq!(ingest(&mut store)[0], Change::New);
    assert_eq!(
        store.pseudonym(GONE).unwrap().as_deref(),
        Some("u4"),
        "a pseudonym is not given twice"
    );
}

#[test]
fn somebody_unknown_can_be_kept_out() {
    let mut store = Store::in_memory().unwrap();
    let done = store.forget(GONE).unwrap();
    assert_eq!((done.pseudonym, done.messages), (None, 0));
    let changes = ingest(&mut store);
    assert_eq!(changes[..3], [Change::Forgotten; 3]);
    assert_eq!(store.authors().unwrap().len(), 2);
    let texts: Vec<String> = store
        .messages_of_channel(7)
        .unwrap()
        .into_iter()
        .map(|one| one.content)
        .collect();
    assert_eq!(texts[2], "quoted @someone");
}

#[test]
fn plain_words_stay_and_are_counted() {
    let mut store = Store::in_memory().unwrap();
    ingest(&mut store);
    let batch = store.batch().unwrap();
    for (id, content) in [
        (10, "as quentin_gone said"),
        (11, "quentin_gone2 is another"),
        (12, "quentin_gone"),
    ] {
        let written = Message {
            content: content.to_owned(),
            ..message(id)
        };
        batch.upsert_message(&written, 1).unwrap();
    }
    batch.commit().unwrap();
    assert_eq!(store.forget(GONE).unwrap().plain_names, 2);
    let kept = store.message(10).unwrap().unwrap();
    assert_eq!(kept.content, "as quentin_gone said");
}
