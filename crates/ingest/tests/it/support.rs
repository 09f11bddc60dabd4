//! Test exports, and helpers to read them.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::Mutex,
};

use ingest::{Config, Error, Inputs, Report};
use persona_core::{Message, Progress, Silent, Task, Unit, describe};
use persona_store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Folder for sources, and a store beside them.
pub(crate) struct Bench {
    folder: TempDir,
}

/// Progress that keeps all lines and warnings.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) lines: Mutex<Vec<String>>,
    /// Whether the user asks to stop.
    pub(crate) stop: bool,
}

impl Heard {
    pub(crate) fn said(&self, part: &str) -> bool {
        self.lines
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains(part))
    }
}

impl Progress for Heard {
    fn task(&self, _: &str, _: Option<u64>, _: Unit) -> Box<dyn Task> {
        Box::new(Silent)
    }

    fn warn(&self, message: &str) {
        self.lines
            .lock()
            .unwrap()
            .push(format!("warning: {message}"));
    }

    fn info(&self, message: &str) {
        self.lines.lock().unwrap().push(message.to_owned());
    }

    fn interrupted(&self) -> bool {
        self.stop
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("sources").join(name)
    }

    /// Writes a source.
    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        persona_core::atomic::write(&path, content).unwrap();
        path
    }

    /// Writes a zip archive as a source.
    pub(crate) fn put_zip(&self, name: &str, entries: &[(&str, Vec<u8>)]) -> PathBuf {
        let path = self.put(name, "");
        let mut archive = zip::ZipWriter::new(File::create(&path).unwrap());
        for (entry, content) in entries {
            let options = zip::write::SimpleFileOptions::default();
            archive.start_file(*entry, options).unwrap();
            archive.write_all(content).unwrap();
        }
        archive.finish().unwrap();
        path
    }

    /// What the user is told of an error, without the path of the folder.
    pub(crate) fn told(&self, error: &Error) -> String {
        let folder = self.folder.path().display().to_string();
        describe(error).replace(&folder, "…")
    }

    pub(crate) fn store_path(&self) -> PathBuf {
        self.folder.path().join("persona.sqlite")
    }

    pub(crate) fn store(&self) -> Store {
        Store::open_read_only(&self.store_path()).unwrap()
    }

    pub(crate) fn hear(&self, sources: &[&Path], heard: &Heard) -> Result<Report, Error> {
        let config = Config {
            batch_messages: 2,
            ..Config::default()
        };
        let inputs = Inputs {
            store: self.store_path(),
            sources: sources.iter().map(|path| path.to_path_buf()).collect(),
        };
        ingest::run(&config, &inputs, heard)
    }

    pub(crate) fn run(&self, sources: &[&Path]) -> Result<Report, Error> {
        self.hear(sources, &Heard::default())
    }

    /// Messages of all channels.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let store = self.store();
        let channels = store.channels().unwrap();
        channels
            .iter()
            .flat_map(|stored| store.messages_of_channel(stored.channel.id).unwrap())
            .collect()
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        self.messages().iter().map(|message| message.id).collect()
    }
}

/// A message as DiscordChatExporter writes it.
pub(crate) fn dce_message(id: u64, content: &str) -> Value {
    json!({
        "id": id.to_string(),
        "type": "Default",
        "timestamp": "2024-01-31T12:00:00.5+00:00",
        "timestampEdited": null,
        "callEndedTimestamp": null,
        "isPinned": false,
        "content": content,
        "author": {
            "id": "301", "name": "ann", "discriminator": "0000", "nickname": "Ann", "color": null,
            "isBot": false, "roles": [{"id": "1", "name": "r"}], "avatarUrl": ""
        },
        "attachments": [],
        "embeds": [],
        "stickers": [],
        "reactions": [],
        "mentions": [],
        "inlineEmojis": []
    })
}

/// A document of DiscordChatExporter.
pub(crate) fn dce(channel: u64, exported_at: &str, messages: &[Value]) -> Value {
    json!({
        "guild": {"id": "100", "name": "A server", "iconUrl": ""},
        "channel": {
            "id": channel.to_string(), "type": "GuildTextChat", "categoryId": "50", "category": "Talk",
            "name": "general", "topic": null
        },
        "dateRange": {"after": null, "before": null},
        "exportedAt": exported_at,
        "messages": messages,
        "messageCount": messages.len()
    })
}

/// A document of DiscordChatExporter as text.
pub(crate) fn dce_text(channel: u64, messages: &[Value]) -> String {
    text(&dce(channel, "2025-01-01T00:00:00+00:00", messages))
}

pub(crate) fn text(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

/// A message as Discord's API sends it.
pub(crate) fn api_message(id: u64, channel: u64, content: &str) -> Value {
    json!({
        "type": 0,
        "content": content,
        "mentions": [],
        "attachments": [],
        "embeds": [],
        "timestamp": "2024-01-31T12:00:00.500000+00:00",
        "edited_timestamp": null,
        "id": id.to_string(),
        "channel_id": channel.to_string(),
        "author": {"id": "301", "username": "ann", "global_name": "Ann", "discriminator": "0"}
    })
}
