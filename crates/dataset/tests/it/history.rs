//! Synthetic histories.

use std::{path::PathBuf, sync::Mutex};

use dataset::{Config, Error, Inputs, Report};
use persona_core::{
    Author, Channel, ChannelKind, Conversation, ConversationForm, Guild, Id, Message, MessageKind,
    Progress, Reaction, Task, Unit, jsonl,
};
use persona_store::Store;
use tempfile::TempDir;

pub(crate) const MINUTE_MS: i64 = 60_000;
/// Channel of most messages.
pub(crate) const CHANNEL: Id = 5;
/// Id of a bot.
pub(crate) const BOT: Id = 900;

/// A store in a temporary folder, and a folder to write to.
pub(crate) struct History {
    folder: TempDir,
    store: Store,
}

impl History {
    /// A server of one channel, with people `1..=people` called `name1`… and a bot.
    pub(crate) fn new(people: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("store.sqlite")).unwrap();
        let batch = store.batch().unwrap();
        let guild = Guild {
            id: 1,
            name: "here".to_owned(),
        };
        batch.upsert_guild(&guild, 1).unwrap();
        for id in (1..=people).chain([BOT]) {
            let author = Author {
                id,
                name: format!("name{id}"),
                display_name: format!("Name {id}"),
                is_bot: id == BOT,
            };
            batch.upsert_author(&author, 1).unwrap();
        }
        batch.commit().unwrap();
        let mut history = Self { folder, store };
        history.channel(CHANNEL);
        history
    }

    pub(crate) fn channel(&mut self, id: Id) {
        let channel = Channel {
            id,
            guild_id: 1,
            parent_id: None,
            kind: ChannelKind::Text,
            name: format!("channel{id}"),
            topic: None,
        };
        let batch = self.store.batch().unwrap();
        batch.upsert_channel(&channel, 1).unwrap();
        batch.commit().unwrap();
    }

    pub(crate) fn store(&mut self) -> &mut Store {
        &mut self.store
    }

    pub(crate) fn add(&mut self, messages: impl IntoIterator<Item = Message>) {
        let batch = self.store.batch().unwrap();
        for message in messages {
            batch.upsert_message(&message, 1).unwrap();
        }
        batch.commit().unwrap();
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("dataset")
    }

    pub(crate) fn inputs(&self) -> Inputs {
        Inputs {
            store: self.store.path().to_owned(),
            out: self.out(),
            limit: None,
            conversations: None,
            form: ConversationForm::default(),
            seed: 1,
        }
    }

    pub(crate) fn run(&self, config: &Config) -> Result<Report, Error> {
        dataset::run(config, &self.inputs(), &Heard::default())
    }

    pub(crate) fn conversations(&self) -> Vec<Conversation> {
        jsonl::read(&self.out().join("conversations.jsonl")).unwrap()
    }
}

/// A message of `author` in minute `minute`.
pub(crate) fn message(id: Id, author: Id, minute: i64, content: &str) -> Message {
    Message {
        id,
        channel_id: CHANNEL,
        author_id: author,
        timestamp_ms: minute * MINUTE_MS,
        content: content.to_owned(),
        ..Message::default()
    }
}

pub(crate) fn reply(id: Id, author: Id, minute: i64, content: &str, reply_to: Id) -> Message {
    Message {
        kind: MessageKind::Reply,
        reply_to: Some(reply_to),
        ..message(id, author, minute, content)
    }
}

pub(crate) fn liked(count: u32, message: Message) -> Message {
    let reactions = vec![Reaction {
        emoji: "👍🏽".to_owned(),
        emoji_id: None,
        count,
    }];
    Message {
        reactions,
        ..message
    }
}

/// Forty conversations between `people`, of whom the first writes half of the messages; every seventh message is liked.
pub(crate) fn busy(people: u64) -> History {
    let mut history = History::new(people);
    let messages = (0..40).flat_map(|conversation: u64| {
        (0..12).map(move |position: u64| {
            let index = conversation * 12 + position;
            let author = if position.is_multiple_of(2) {
                1
            } else {
                1 + (index / 2) % people
            };
            let minute = (conversation * 200 + position * 8) as i64;
            let text = format!(
                "this is what number {index} says {}",
                "word ".repeat((index % 5) as usize)
            );
            let message = message(1_000 + index, author, minute, &text);
            if index % 7 == 3 {
                liked(1 + (index % 3) as u32, message)
            } else {
                message
            }
        })
    });
    let messages: Vec<Message> = messages.collect();
    history.add(messages);
    history
}

/// Progress that keeps all warnings.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) warnings: Mutex<Vec<String>>,
}

impl Progress for Heard {
    fn task(&self, _: &str, _: Option<u64>, _: Unit) -> Box<dyn Task> {
        Box::new(persona_core::Silent)
    }

    fn warn(&self, message: &str) {
        self.warnings.lock().unwrap().push(message.to_owned());
    }

    fn info(&self, _: &str) {}

    fn interrupted(&self) -> bool {
        false
    }
}
