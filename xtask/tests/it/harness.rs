//! A folder with the binary to run in it, and a small server's export to run it on.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use persona_core::{atomic, hash};
use regex::Regex;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// A base model with random weights that is small enough to train in a test.
pub(crate) fn fixture_base() -> PathBuf {
    let fixtures = std::env::var_os("PERSONA_FIXTURES")
        .map_or_else(|| workspace().join("data/fixtures"), PathBuf::from);
    fixtures.join("model")
}

/// A folder to run commands in.
pub(crate) struct Place {
    folder: TempDir,
}

/// What a command did.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A folder with an export of `messages` messages in `chat/` and a configuration that makes everything small.
    pub(crate) fn with_server(messages: usize) -> Self {
        let place = Self::new();
        place.write("chat/general.json", &export(messages).to_string());
        let base = fixture_base();
        place.write(
            "persona.toml",
            &format!("input = ['chat']\nbase = '{}'\n{SMALL}", base.display()),
        );
        place
    }

    /// What a command that ends with this exit code says last: its error, without the path of the folder, ids and ports.
    pub(crate) fn told(&self, ran: &Ran, code: i32) -> String {
        assert_eq!(ran.code, Some(code), "{}\n{}", ran.stdout, ran.stderr);
        let start = ran.stderr.find("error: ");
        let start = start.unwrap_or_else(|| panic!("no error in\n{}", ran.stderr));
        let told = ran.stderr[start..].replace(&self.path().display().to_string(), "…");
        let ids = Regex::new(r"\d{15,}").unwrap();
        let ports = Regex::new(r"127\.0\.0\.1:\d+").unwrap();
        let told = ids.replace_all(&told, "[id]");
        ports.replace_all(&told, "[server]").into_owned()
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        atomic::write(&self.path().join(name), text).unwrap();
    }

    /// The binary with `arguments`, here, without anything of the environment that it would look at.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::null());
        for name in [
            "CARGO_MANIFEST_DIR",
            "RUST_LOG",
            "DISCORD_TOKEN",
            "HF_TOKEN",
            "HF_ENDPOINT",
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
        ] {
            command.env_remove(name);
        }
        command
            .env("HOME", self.path())
            .env("HF_HOME", self.path().join("hub"))
            .env("NO_PROXY", "*");
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Runs the binary and expects success.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(
            ran.code,
            Some(0),
            "{arguments:?}\n{}\n{}",
            ran.stdout,
            ran.stderr
        );
        ran
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// Stdout as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// Settings with which the whole pipeline takes seconds in a debug build.
const SMALL: &str = "
[ingest]
batch_messages = 20
[train]
rank = 4
alpha = 8.0
epochs = 1
learning_rate = 1e-3
batch = 2
accumulation = 4
save_every = 2
eval_every = 1000
[dpo]
epochs = 1
[export]
quants = ['q8_0']
[export.self_test]
tokens = 4
[eval]
max_scored = 20
max_pairs = 10
max_generated = 8
habit_replies = 4
halvings = 10
detection_halvings = 2
bootstrap = 20
blind_test = 2
[sampling]
max_tokens = 8
";

const WORDS: [&str; 16] = [
    "tea", "game", "tonight", "maybe", "the", "a", "map", "lost", "again", "nice", "who", "wants",
    "cat", "rain", "bus", "later",
];

/// A `DiscordChatExporter` export of one channel: twelve people, conversations of eight messages, reactions here and there.
pub(crate) fn export(messages: usize) -> Value {
    let first = jiff::Timestamp::from_millisecond(1_700_000_000_000).unwrap();
    let message = |index: usize| {
        let author = (index * 5 + index / 8 * 7) % 12;
        let minutes = (index / 8) * 120 + index % 8;
        let at =
            first + jiff::SignedDuration::from_secs(60 * minutes as i64 + 20 * (index % 3) as i64);
        let words: Vec<&str> = (0..3 + index % 5)
            .map(|word| WORDS[(index * 5 + word * (author + 3)) % 16])
            .collect();
        let liked = index.is_multiple_of(3);
        let reactions = if liked {
            vec![
                json!({"emoji": {"id": "", "name": "👍", "code": "thumbsup"}, "count": 1 + index % 4}),
            ]
        } else {
            Vec::new()
        };
        json!({
            "id": (1_174_000_000_000_000_000_u64 + 1000 * index as u64).to_string(),
            "type": "Default",
            "timestamp": at.to_string(),
            "timestampEdited": null,
            "isPinned": false,
            "content": words.join(" "),
            "author": {"id": (900 + author).to_string(), "name": format!("person{author}"), "discriminator": "0000", "nickname": format!("Person {author}"), "isBot": false},
            "attachments": [], "embeds": [], "stickers": [], "mentions": [],
            "reactions": reactions,
        })
    };
    json!({
        "guild": {"id": "1", "name": "A server"},
        "channel": {"id": "2", "type": "GuildTextChat", "categoryId": null, "category": null, "name": "general", "topic": null},
        "messages": (0..messages).map(message).collect::<Vec<_>>(),
        "messageCount": messages,
    })
}

/// Hashes of everything below `folder`, the store's journal and the record of settings aside.
pub(crate) fn hashes(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(folder, "", &mut found);
    found.retain(|name, _| !name.starts_with("persona.sqlite-"));
    found
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), found);
        } else {
            found.insert(name, hash::hash_file(&path).unwrap());
        }
    }
}
