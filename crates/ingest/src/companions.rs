//! Companion files of a data package: the channel of a folder, and the package's owner.

use std::{collections::HashMap, fs, io::Read, path::Path};

use persona_core::{Author, Channel, Guild, Id};
use persona_discord::{
    fields::{Code, Snowflake, optional_id},
    kinds,
};
use serde::Deserialize;

use crate::{
    archive::{ArchiveReader, Document},
    package::Setting,
    record::SourceChannel,
};

/// Longest companion file that is read, in bytes; the channel index of any account is far smaller.
const COMPANION_BYTES_MAX: u64 = 64 << 20;

/// Reads companion files, each once.
pub(crate) struct Companions {
    /// Account to assume for packages that do not name their owner.
    owner_id: Option<Id>,
    owners: HashMap<String, Option<Author>>,
    indexes: HashMap<String, HashMap<String, Option<String>>>,
    owner_is_unknown: bool,
}

#[derive(Deserialize)]
struct ChannelField {
    id: Snowflake,
    #[serde(rename = "type")]
    kind: Option<Code>,
    name: Option<String>,
    guild: Option<GuildField>,
}

#[derive(Deserialize)]
struct GuildField {
    id: Snowflake,
    name: Option<String>,
}

#[derive(Deserialize)]
struct UserField {
    #[serde(default, deserialize_with = "optional_id")]
    id: Option<Id>,
    username: Option<String>,
    global_name: Option<String>,
}

impl Companions {
    pub(crate) fn new(owner_id: Option<Id>) -> Self {
        Self {
            owner_id,
            owners: HashMap::new(),
            indexes: HashMap::new(),
            owner_is_unknown: false,
        }
    }

    /// Whether any package did not name its owner.
    pub(crate) fn owner_is_unknown(&self) -> bool {
        self.owner_is_unknown && self.owner_id.is_none()
    }

    /// Channel and owner of the messages in `document`; `None` if no file names the channel.
    pub(crate) fn setting(
        &mut self,
        archives: &mut ArchiveReader,
        document: &Document,
    ) -> Option<Setting> {
        let mut folder = Folder { archives, document };
        let levels = folder.levels();
        let source_channel = self.source_channel(&mut folder, &levels)?;
        let owner = self.owner(&mut folder, &levels);
        Some(Setting {
            source_channel,
            owner,
        })
    }

    fn source_channel(
        &mut self,
        folder: &mut Folder<'_>,
        levels: &[String; 3],
    ) -> Option<SourceChannel> {
        let [channel_folder, messages_folder, _] = levels;
        let field: Option<ChannelField> = folder
            .read(channel_folder, "channel.json")
            .and_then(|json| serde_json::from_slice(&json).ok());
        let Some(field) = field else {
            return id_in(last_part(channel_folder)).map(SourceChannel::vague);
        };
        let id = field.id.0;
        let listed = self
            .indexes
            .entry(messages_folder.clone())
            .or_insert_with(|| {
                folder
                    .read(messages_folder, "index.json")
                    .and_then(|json| serde_json::from_slice(&json).ok())
                    .unwrap_or_default()
            })
            .get(&id.to_string())
            .cloned()
            .flatten();
        let guild = field.guild.map(|guild| Guild {
            id: guild.id.0,
            name: guild.name.unwrap_or_default(),
        });
        Some(SourceChannel {
            channel: Channel {
                id,
                guild_id: guild.as_ref().map_or(0, |guild| guild.id),
                parent_id: None,
                kind: kinds::channel(field.kind.as_ref().map(|code| code.0.as_str())),
                name: field.name.or(listed).unwrap_or_else(|| id.to_string()),
                topic: None,
            },
            guild,
            observed_ms: SourceChannel::UNDATED_MS,
        })
    }

    fn owner(&mut self, folder: &mut Folder<'_>, levels: &[String; 3]) -> Author {
        let [_, _, package] = levels;
        let told = self
            .owners
            .entry(package.clone())
            .or_insert_with(|| {
                let json = folder.read_in_subfolder(package, "user.json")?;
                let user: UserField = serde_json::from_slice(&json).ok()?;
                let name = user.username.unwrap_or_default();
                Some(Author {
                    id: user.id?,
                    display_name: user.global_name.unwrap_or_else(|| name.clone()),
                    name,
                    is_bot: false,
                })
            })
            .clone();
        told.unwrap_or_else(|| {
            self.owner_is_unknown = true;
            Author {
                id: self.owner_id.unwrap_or(0),
                name: "owner".to_owned(),
                display_name: "owner".to_owned(),
                is_bot: false,
            }
        })
    }
}

/// Channel id in the names of file and folder, for messages that do not name their channel.
pub(crate) fn channel_in_names(document: &Document) -> Option<Id> {
    let name = document.name().replace('\\', "/");
    name.rsplit('/').take(2).find_map(id_in)
}

/// Last run of digits in `text` that is as long as a snowflake.
fn id_in(text: &str) -> Option<Id> {
    text.rsplit(|character: char| !character.is_ascii_digit())
        .find(|digits| digits.len() >= 15)
        .and_then(|digits| digits.parse().ok())
        .filter(|id| i64::try_from(*id).is_ok())
}

fn last_part(folder: &str) -> &str {
    folder
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
}

/// Folder of a document, in a file system or in an archive.
struct Folder<'a> {
    archives: &'a mut ArchiveReader,
    document: &'a Document,
}

impl Folder<'_> {
    /// Folder of the document, its parent, and its grandparent.
    fn levels(&self) -> [String; 3] {
        let mut path = match &self.document.entry {
            Some(entry) => Path::new(entry).to_owned(),
            None => std::path::absolute(&self.document.path)
                .unwrap_or_else(|_| self.document.path.clone()),
        };
        std::array::from_fn(|_| {
            path.pop();
            path.to_string_lossy().into_owned()
        })
    }

    fn read(&mut self, folder: &str, name: &str) -> Option<Vec<u8>> {
        let path = Path::new(folder).join(name);
        let mut bytes = Vec::new();
        if self.document.entry.is_none() {
            fs::File::open(path)
                .ok()?
                .take(COMPANION_BYTES_MAX)
                .read_to_end(&mut bytes)
                .ok()?;
            return Some(bytes);
        }
        let archive = self.archives.archive(&self.document.path).ok()?;
        let entry = archive.by_name(path.to_str()?).ok()?;
        entry
            .take(COMPANION_BYTES_MAX)
            .read_to_end(&mut bytes)
            .ok()?;
        Some(bytes)
    }

    /// Reads the file `name` in any folder inside `folder`: the inner folder's name depends on the language of the
    /// account.
    fn read_in_subfolder(&mut self, folder: &str, name: &str) -> Option<Vec<u8>> {
        for subfolder in self.subfolders(folder) {
            let path = Path::new(folder).join(subfolder);
            if let Some(bytes) = self.read(&path.to_string_lossy(), name) {
                return Some(bytes);
            }
        }
        None
    }

    fn subfolders(&mut self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = if self.document.entry.is_none() {
            fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect()
        } else {
            let Ok(archive) = self.archives.archive(&self.document.path) else {
                return Vec::new();
            };
            let prefix = if folder.is_empty() {
                String::new()
            } else {
                format!("{folder}/")
            };
            archive
                .file_names()
                .filter_map(Result::ok)
                .filter_map(|name| {
                    let (first, _) = name.strip_prefix(&prefix)?.split_once('/')?;
                    Some(first.to_owned())
                })
                .collect()
        };
        names.sort();
        names.dedup();
        names
    }
}
