//! Base models from the Hugging Face hub, into the cache that all its tools share. A download that was cut goes on.

mod blob;
mod error;
mod transfer;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use hf_hub::{
    Cache, CacheRepo, Repo,
    api::sync::{ApiBuilder, ApiRepo},
};
use persona_core::{Progress, Unit};

pub use error::HubError;
pub use transfer::TransferError;

use blob::Partial;
use transfer::Client;

use crate::{
    model_files::{is_needed, missing},
    secrets::{HF_TOKEN, Secrets},
};

const ATTEMPTS: u32 = 5;

/// Folder of `repository` in the cache, where it is complete there.
pub fn cached(repository: &str) -> Option<PathBuf> {
    let config = Cache::from_env()
        .repo(Repo::model(repository.to_owned()))
        .get("config.json")?;
    let folder = config.parent()?.to_owned();
    missing(&folder).ok()?.is_none().then_some(folder)
}

/// Downloads what is missing of `repository` (`owner/name`) and returns its folder.
pub fn fetch(
    repository: &str,
    secrets: &Secrets,
    progress: &dyn Progress,
) -> Result<PathBuf, HubError> {
    if let Some(folder) = cached(repository) {
        return Ok(folder);
    }
    let token = secrets.get(HF_TOKEN).map(str::to_owned);
    let hub = Arc::new(Hub::new(repository, token)?);
    let files = hub.files()?;
    progress.info(&format!(
        "downloading {} files of {repository}",
        files.len()
    ));
    for file in &files {
        if hub.cache.get(file).is_some() {
            continue;
        }
        in_background(&hub, file, progress)?;
    }
    cached(repository).ok_or_else(|| HubError::Incomplete {
        repository: repository.to_owned(),
    })
}

/// Message of the thread that downloads a file.
enum News {
    /// Bytes of the whole file.
    Size(u64),
    /// Bytes on this machine.
    Here(u64),
    /// Warning for the user.
    Warning(String),
    /// Result of the download.
    Ended(Result<(), HubError>),
}

/// One repository on the hub.
struct Hub {
    name: String,
    cache: CacheRepo,
    listing: ApiRepo,
    client: Client,
}

impl Hub {
    fn new(name: &str, token: Option<String>) -> Result<Self, HubError> {
        let cache = Cache::from_env();
        let token = token.or_else(|| cache.token());
        let api = ApiBuilder::from_env()
            .with_progress(false)
            .with_token(token.clone())
            .build()
            .map_err(HubError::from_api(name, "the repository"))?;
        let repo = Repo::model(name.to_owned());
        let listing = api.repo(repo.clone());
        let client = Client::new(&listing.url(""), token)
            .map_err(HubError::from_transfer(name, "the repository"))?;
        Ok(Self {
            name: name.to_owned(),
            cache: cache.repo(repo),
            listing,
            client,
        })
    }

    /// Lists the files of the model.
    fn files(&self) -> Result<Vec<String>, HubError> {
        let info = self
            .listing
            .info()
            .map_err(HubError::from_api(&self.name, "the list of files"))?;
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
        Err(HubError::NoWeights {
            repository: self.name.clone(),
        })
    }

    /// Downloads `file`, trying again after a cut connection from where it broke off.
    fn download(&self, file: &str, news: &Sender<News>) -> Result<(), HubError> {
        let mut attempt = 1;
        loop {
            let error = match self.attempt(file, news) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if attempt == ATTEMPTS || !error.is_passing() {
                return Err(error);
            }
            tell(
                news,
                News::Warning(format!("{file}: {}; trying again", error.reason())),
            );
            thread::sleep(Duration::from_millis(250 << attempt));
            attempt += 1;
        }
    }

    /// The hub client's own download sends the token along to other hosts, and its retries append what begins at byte 0.
    fn attempt(&self, file: &str, news: &Sender<News>) -> Result<(), HubError> {
        let failed = || HubError::from_transfer(&self.name, file);
        let url = self.listing.url(file);
        let facts = self.client.facts(&url).map_err(failed())?;
        let blob = self.cache.blob_path(&facts.etag);
        if !blob.is_file() {
            let partial = Partial::open(&blob)?.ok_or_else(|| HubError::Locked {
                repository: self.name.clone(),
                file: file.to_owned(),
            })?;
            tell(news, News::Size(facts.size));
            let here = partial.length()?;
            if here != facts.size {
                let from = if here > facts.size { 0 } else { here };
                let (begins, content) = self.client.content(&url, from).map_err(failed())?;
                partial
                    .write(begins, content, |here| tell(news, News::Here(here)))
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
    fn check(&self, file: &str, partial: &Partial, expected: u64) -> Result<(), HubError> {
        let found = partial.length()?;
        if found == expected {
            return Ok(());
        }
        if found > expected {
            partial.discard()?;
        }
        Err(HubError::Size {
            repository: self.name.clone(),
            file: file.to_owned(),
            found,
            expected,
        })
    }
}

/// The receiver is gone only when the user interrupted.
fn tell(news: &Sender<News>, what: News) {
    let _ = news.send(what);
}

/// A request cannot be stopped, so it works in a thread that is left behind when the user interrupts.
fn in_background(hub: &Arc<Hub>, file: &str, progress: &dyn Progress) -> Result<(), HubError> {
    let (sender, news) = mpsc::channel();
    let (hub, name) = (hub.clone(), file.to_owned());
    thread::spawn(move || {
        let result = hub.download(&name, &sender);
        tell(&sender, News::Ended(result));
    });
    let mut task = None;
    loop {
        match news.recv_timeout(Duration::from_millis(100)) {
            Ok(News::Size(size)) => task = Some(progress.task(file, Some(size), Unit::Bytes)),
            Ok(News::Here(bytes)) => {
                if let Some(task) = &task {
                    task.set(bytes);
                }
            }
            Ok(News::Warning(warning)) => progress.warn(&warning),
            Ok(News::Ended(result)) => return result,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(HubError::Stopped),
        }
        if progress.interrupted() {
            return Err(HubError::Interrupted);
        }
    }
}
