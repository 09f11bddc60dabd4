//! Base models from the Hugging Face hub, into the cache that all its tools share. A download that was cut goes on.

mod blob;
mod error;
mod transfer;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use anyhow::Result;
use hf_hub::{
    Cache, CacheRepo, Repo,
    api::sync::{ApiBuilder, ApiRepo},
};
use persona_core::{FileError, Progress, Secrets, Unit, secrets::HF_TOKEN};

pub(crate) use error::DownloadError;

use blob::Partial;
use transfer::Client;

use crate::{console::Console, failure::Interrupted};

/// The file that says which shard holds which tensor.
pub(crate) const INDEX: &str = "model.safetensors.index.json";

const ATTEMPTS: u32 = 5;

const SMALL_FILES: [&str; 10] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "vocab.json",
    "merges.txt",
    INDEX,
];

/// Whether a file called `name` is part of a model; everything else in a repository stays there.
pub(crate) fn is_needed(name: &str) -> bool {
    SMALL_FILES.contains(&name) || (name.starts_with("model") && name.ends_with(".safetensors"))
}

/// The shards that an index names.
pub(crate) fn shards(index: &Path) -> Result<BTreeSet<String>, FileError> {
    let bytes = fs::read(index).map_err(FileError::read(index))?;
    let value: serde_json::Value = serde_json::from_slice(&bytes)
        .map_err(|error| FileError::content(index, format!("line {}", error.line()), error))?;
    let map = value["weight_map"]
        .as_object()
        .ok_or_else(|| FileError::content(index, "`weight_map`", "expected an object"))?;
    Ok(map
        .values()
        .filter_map(|shard| shard.as_str().map(str::to_owned))
        .collect())
}

/// The folder of `repository` in the cache, where it is complete there.
pub(crate) fn cached(repository: &str) -> Option<PathBuf> {
    let config = Cache::from_env()
        .repo(Repo::model(repository.to_owned()))
        .get("config.json")?;
    let folder = config.parent()?.to_owned();
    crate::base::missing(&folder)
        .ok()?
        .is_none()
        .then_some(folder)
}

/// Downloads what is missing of `repository` and gives its folder.
pub(crate) fn fetch(repository: &str, secrets: &Secrets, console: &Console) -> Result<PathBuf> {
    if let Some(folder) = cached(repository) {
        return Ok(folder);
    }
    let token = secrets.get(HF_TOKEN).map(str::to_owned);
    let hub = Arc::new(Hub::new(repository, token)?);
    let files = hub.files()?;
    console.info(&format!(
        "downloading {} files of {repository}",
        files.len()
    ));
    for file in &files {
        if hub.cache.get(file).is_some() {
            continue;
        }
        in_background(&hub, file, console)?;
    }
    cached(repository).ok_or_else(|| {
        DownloadError::Incomplete {
            repository: repository.to_owned(),
        }
        .into()
    })
}

/// One repository on the hub.
struct Hub {
    name: String,
    cache: CacheRepo,
    listing: ApiRepo,
    client: Client,
}

impl Hub {
    fn new(name: &str, token: Option<String>) -> Result<Self, DownloadError> {
        let cache = Cache::from_env();
        let token = token.or_else(|| cache.token());
        let api = ApiBuilder::from_env()
            .with_progress(false)
            .with_token(token.clone())
            .build()
            .map_err(DownloadError::from_api(name, "the repository"))?;
        let repo = Repo::model(name.to_owned());
        let listing = api.repo(repo.clone());
        let client = Client::new(&listing.url(""), token)
            .map_err(DownloadError::from_transfer(name, "the repository"))?;
        Ok(Self {
            name: name.to_owned(),
            cache: cache.repo(repo),
            listing,
            client,
        })
    }

    /// The files of the model.
    fn files(&self) -> Result<Vec<String>, DownloadError> {
        let info = self
            .listing
            .info()
            .map_err(DownloadError::from_api(&self.name, "the list of files"))?;
        let mut files: Vec<String> = info
            .siblings
            .into_iter()
            .map(|sibling| sibling.rfilename)
            .filter(|name| is_needed(name))
            .collect();
        files.sort_unstable();
        if files.iter().any(|name| name.ends_with(".safetensors")) {
            return Ok(files);
        }
        Err(DownloadError::NoWeights {
            repository: self.name.clone(),
        })
    }

    /// Downloads `file`, trying again after a cut connection from where it broke off.
    fn download(&self, file: &str, progress: &dyn Progress) -> Result<(), DownloadError> {
        let mut attempt = 1;
        loop {
            let error = match self.attempt(file, progress) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if attempt == ATTEMPTS || !error.is_passing() {
                return Err(error);
            }
            tracing::warn!("{file}: {}; trying again", error.reason());
            thread::sleep(Duration::from_millis(250 << attempt));
            attempt += 1;
        }
    }

    /// The hub client's own download sends the token along to other hosts, and its retries append what begins at byte 0.
    fn attempt(&self, file: &str, progress: &dyn Progress) -> Result<(), DownloadError> {
        let failed = || DownloadError::from_transfer(&self.name, file);
        let url = self.listing.url(file);
        let facts = self.client.facts(&url).map_err(failed())?;
        let blob = self.cache.blob_path(&facts.etag);
        if !blob.is_file() {
            let partial = Partial::open(&blob)?.ok_or_else(|| DownloadError::Locked {
                repository: self.name.clone(),
                file: file.to_owned(),
            })?;
            let task = progress.task(file, Some(facts.size), Unit::Bytes);
            let here = partial.length()?;
            if here != facts.size {
                let from = if here > facts.size { 0 } else { here };
                let (begins, content) = self.client.content(&url, from).map_err(failed())?;
                partial
                    .write(begins, content, task.as_ref())
                    .map_err(|error| failed()(error.into()))?;
            }
            self.check(file, &partial, facts.size)?;
            partial.finish()?;
        }
        blob::point(&self.cache.pointer_path(&facts.commit).join(file), &blob)?;
        self.cache
            .create_ref(&facts.commit)
            .map_err(|error| failed()(error.into()))
    }

    /// A file that has not the size the hub announced: a cut connection is gone on with, anything else starts again.
    fn check(&self, file: &str, partial: &Partial, expected: u64) -> Result<(), DownloadError> {
        let found = partial.length()?;
        if found == expected {
            return Ok(());
        }
        if found > expected {
            partial.discard()?;
        }
        Err(DownloadError::Size {
            repository: self.name.clone(),
            file: file.to_owned(),
            found,
            expected,
        })
    }
}

/// A request cannot be stopped, so it works in a thread that is left behind when the user interrupts.
fn in_background(hub: &Arc<Hub>, file: &str, console: &Console) -> Result<()> {
    let (sender, receiver) = mpsc::channel();
    let (hub, file, progress) = (hub.clone(), file.to_owned(), console.clone());
    thread::spawn(move || {
        // The receiver is gone only when the user interrupted.
        let _ = sender.send(hub.download(&file, &progress));
    });
    loop {
        match receiver.recv_timeout(Duration::from_millis(100)) {
            Ok(result) => return Ok(result?),
            Err(RecvTimeoutError::Timeout) if console.interrupted() => {
                return Err(Interrupted.into());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                anyhow::bail!("the download stopped without a word")
            }
        }
    }
}
