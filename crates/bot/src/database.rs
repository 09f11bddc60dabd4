//! The store for asynchronous code: a thread of its own does the work, one piece after the other.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    sync::mpsc,
    thread,
};

use persona_store::Store;
use tokio::sync::oneshot;

use crate::error::Error;

type Work = Box<dyn FnOnce(&mut Store) + Send>;

/// A handle of the open store. Its thread ends with the last handle.
#[derive(Clone, Debug)]
pub(crate) struct Database(mpsc::Sender<Work>);

impl Database {
    /// Opens the store at `path`, which is created if it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let mut store = Store::open(path)?;
        let (sender, queue) = mpsc::channel::<Work>();
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || queue.into_iter().for_each(|work| work(&mut store)))
            .map_err(Error::Thread)?;
        Ok(Self(sender))
    }

    /// Runs `work` with the store.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, persona_store::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let sent = self.0.send(Box::new(move |store| {
            // A panic leaves no transaction open: unwinding rolled it back.
            let outcome = catch_unwind(AssertUnwindSafe(|| work(store)));
            // Where nobody waits any more, the work is done all the same.
            let _ = answer.send(outcome);
        }));
        debug_assert!(sent.is_ok(), "the thread lives as long as its handles");
        match answered.await {
            Ok(Ok(result)) => Ok(result?),
            Ok(Err(panic)) => resume_unwind(panic),
            // The process is ending, and this task with it.
            Err(_) => std::future::pending().await,
        }
    }
}
