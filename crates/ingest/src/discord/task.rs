//! Tasks and the store thread of a fetch.

use std::panic;

use persona_store::Store;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

/// Task that is aborted when its handle is dropped.
#[derive(Debug)]
pub(super) struct Spawned<T>(JoinHandle<T>);

impl<T: Send + 'static> Spawned<T> {
    pub(super) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

    pub(super) async fn done(&mut self) -> T {
        unwrapped((&mut self.0).await)
    }
}

impl<T> Drop for Spawned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Store on a blocking thread, which runs one piece of work after the other.
#[derive(Debug)]
pub(super) struct StoreThread(Option<Store>);

impl StoreThread {
    pub(super) fn new(store: Store) -> Self {
        Self(Some(store))
    }

    /// Runs `work` with the store. It is completed even if its future is dropped.
    pub(super) async fn with<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> T {
        let mut store = self.0.take().expect("the store is put back after each use");
        let (store, result) = unwrapped(
            spawn_blocking(move || {
                let result = work(&mut store);
                (store, result)
            })
            .await,
        );
        self.0 = Some(store);
        result
    }
}

/// Result of a joined task. A panic continues in the caller.
fn unwrapped<T>(joined: Result<T, JoinError>) -> T {
    joined.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(reason) => panic::resume_unwind(reason),
        Err(_) => unreachable!("only whoever waits for a task ends it early"),
    })
}
