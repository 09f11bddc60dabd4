//! Threads that compute several micro-batches at once, with results in order.
//!
//! Most tensor operations on the CPU use one thread, so two micro-batches side by side are faster than one on two
//! threads. Results are passed on in the order of the micro-batches, so that sums never depend on timing or on the
//! number of cores.

use std::{
    collections::BTreeMap,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Threads that compute micro-batches.
#[derive(Debug)]
pub struct Workers {
    /// Pools of one thread each: an operation that would spread over threads stays on its worker.
    pools: Vec<ThreadPool>,
}

impl Workers {
    /// Creates as many workers as the machine has cores.
    pub fn of_machine() -> Self {
        Self::new(thread::available_parallelism().map_or(1, usize::from))
    }

    /// Creates `count` workers, at least one. Where the system refuses a thread there are fewer.
    pub fn new(count: usize) -> Self {
        let pools = (0..count.max(1))
            .map_while(|_| ThreadPoolBuilder::new().num_threads(1).build().ok())
            .collect();
        Self { pools }
    }

    /// Number of micro-batches computed at once.
    pub fn count(&self) -> usize {
        self.pools.len().max(1)
    }

    /// Computes `work(0..count)` and passes the results to `take` in order. Stops at the first error, in that order.
    pub fn ordered<T: Send, E: Send>(
        &self,
        count: usize,
        work: impl Fn(usize) -> Result<T, E> + Sync,
        mut take: impl FnMut(usize, T) -> Result<(), E>,
    ) -> Result<(), E> {
        if count <= 1 || self.pools.len() <= 1 {
            return (0..count).try_for_each(|index| take(index, work(index)?));
        }
        let next = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::sync_channel(self.pools.len());
        thread::scope(|scope| {
            for pool in &self.pools[..self.pools.len().min(count)] {
                let (sender, next, work) = (sender.clone(), &next, &work);
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= count {
                            return;
                        }
                        let result = pool.install(|| work(index));
                        // The receiver is gone after an error: no more results are wanted.
                        if sender.send((index, result)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            in_order(count, receiver, &mut take)
        })
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "an early return must drop the receiver, or workers would wait for it for ever"
)]
fn in_order<T, E>(
    count: usize,
    receiver: mpsc::Receiver<(usize, Result<T, E>)>,
    take: &mut impl FnMut(usize, T) -> Result<(), E>,
) -> Result<(), E> {
    let mut early = BTreeMap::new();
    for wanted in 0..count {
        let result = loop {
            if let Some(result) = early.remove(&wanted) {
                break result;
            }
            let (index, result) = receiver.recv().expect("a worker sends every index it took");
            early.insert(index, result);
        };
        take(wanted, result?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_timing() {
        for workers in [1, 2, 5] {
            let mut seen = Vec::new();
            let work = |index: usize| {
                thread::sleep(Duration::from_millis((7 * index as u64) % 5));
                Ok::<_, ()>(index * index)
            };
            let take = |index, value| {
                seen.push((index, value));
                Ok(())
            };
            Workers::new(workers).ordered(9, work, take).unwrap();
            assert_eq!(seen, (0..9).map(|i| (i, i * i)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn first_error_in_order_wins() {
        let work = |index| if index >= 3 { Err(index) } else { Ok(()) };
        assert_eq!(Workers::new(4).ordered(50, work, |_, ()| Ok(())), Err(3));
    }
}
