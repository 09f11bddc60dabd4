//! The store, asked from asynchronous code: what it does runs on a thread that may wait.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use persona_store::Store;

use crate::{error::Error, lock::locked};

/// A handle of the open store.
#[derive(Clone, Debug)]
pub(crate) struct Database(Arc<Mutex<Store>>);

impl Database {
    /// Opens the store at `path`; a missing one is made.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self(Arc::new(Mutex::new(Store::open(path)?))))
    }

    /// Does `work` with the store.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, persona_store::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let store = self.0.clone();
        let worked = tokio::task::spawn_blocking(move || {
            // A panic leaves no transaction open: what it began was rolled back when it unwound.
            let mut store = locked(&store);
            work(&mut store)
        });
        match worked.await {
            Ok(result) => Ok(result?),
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            // The runtime is going down, and this task with it.
            Err(_) => std::future::pending().await,
        }
    }
}
