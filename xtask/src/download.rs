//! Base models from the Hugging Face hub, into the cache that all its tools share. A download that was cut goes on.

mod error;
mod repair;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use anyhow::Result;
use hf_hub::{
    Cache, Repo,
    api::sync::{Api, ApiBuilder, ApiRepo},
};
use persona_core::{FileError, Progress, Task, Unit};

pub(crate) use error::DownloadError;

use crate::{
    config::{HF_TOKEN, Secrets},
    console::Console,
    failure::Interrupted,
};

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
    let hub = Hub {
        name: repository.to_owned(),
        cache: Cache::from_env(),
        repo: Repo::model(repository.to_owned()),
        token: secrets.get(HF_TOKEN).map(str::to_owned),
    };
    let files = hub.files()?;
    console.info(&format!(
        "downloading {} files of {repository}",
        files.len()
    ));
    for file in &files {
        if hub.cache.repo(hub.repo.clone()).get(file).is_some() {
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
#[derive(Clone)]
struct Hub {
    name: String,
    cache: Cache,
    repo: Repo,
    token: Option<String>,
}

impl Hub {
    fn api(&self) -> Result<Api, DownloadError> {
        // The hub client's own retries begin at byte 0 of a file they append to; ours ask for the right range.
        let mut builder = ApiBuilder::from_env().with_progress(false).with_retries(0);
        if self.token.is_some() {
            builder = builder.with_token(self.token.clone());
        }
        builder
            .build()
            .map_err(DownloadError::from_api(&self.name, "the repository"))
    }

    /// The files of the model.
    fn files(&self) -> Result<Vec<String>, DownloadError> {
        let info = self
            .api()?
            .repo(self.repo.clone())
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
        let api = self.api()?;
        let repo = api.repo(self.repo.clone());
        let mut attempt = 1;
        loop {
            let error = match self.attempt(&api, &repo, file, progress) {
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

    fn attempt(
        &self,
        api: &Api,
        repo: &ApiRepo,
        file: &str,
        progress: &dyn Progress,
    ) -> Result<(), DownloadError> {
        let failed = || DownloadError::from_api(&self.name, file);
        let metadata = api.metadata(&repo.url(file)).map_err(failed())?;
        let blob = self
            .cache
            .repo(self.repo.clone())
            .blob_path(metadata.etag());
        repair::before(&blob, metadata.size() as u64)?;
        let size = metadata.size() as u64;
        let listener = Listener {
            task: progress.task(file, Some(size), Unit::Bytes),
            done: 0,
        };
        let pointer = repo
            .download_with_progress(file, listener)
            .map_err(failed())?;
        repair::after(&self.name, file, &blob, &pointer, size)
    }
}

/// The hub client cannot be stopped, so it works in a thread that is left behind when the user interrupts.
fn in_background(hub: &Hub, file: &str, console: &Console) -> Result<()> {
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

struct Listener {
    task: Box<dyn Task>,
    done: u64,
}

impl hf_hub::api::Progress for Listener {
    fn init(&mut self, _: usize, _: &str) {
        self.done = 0;
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        self.task.set(self.done);
    }

    fn finish(&mut self) {}
}
