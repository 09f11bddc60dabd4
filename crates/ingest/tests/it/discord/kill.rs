//! After an interruption at any moment, the next run continues as if nothing had happened.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use discord_server::{Generate, generate};
use ingest::discord::{self, FetchConfig, Inputs};
use persona_core::{Progress, Silent, Task, Unit};
use persona_store::Store;

use super::bench::{Bench, pages};

const MESSAGES: usize = 50_000;
const KILLS: u64 = 20;

/// Counts stored pages.
#[derive(Default)]
struct Counter {
    steps: std::sync::Arc<AtomicU64>,
}

struct Counted(std::sync::Arc<AtomicU64>);

impl Progress for Counter {
    fn task(&self, label: &str, _: Option<u64>, _: Unit) -> Box<dyn Task> {
        if label == "discord" {
            Box::new(Counted(self.steps.clone()))
        } else {
            Box::new(Silent)
        }
    }

    fn warn(&self, _: &str) {}

    fn info(&self, _: &str) {}

    fn interrupted(&self) -> bool {
        false
    }
}

impl Task for Counted {
    fn advance(&self, _: u64) {}

    fn set(&self, _: u64) {}

    fn note(&self, _: &str) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Reads until `stored` pages are stored and a little more, then drops the future. Returns whether it was still
/// running.
fn dropped_after(inputs: &Inputs, stored: u64, more: Duration) -> bool {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let counter = Counter::default();
    let steps = counter.steps.clone();
    let config = FetchConfig::default();
    runtime.block_on(async {
        tokio::select! {
            done = discord::fetch(&config, inputs, &counter) => { done.unwrap(); false }
            () = async {
                while steps.load(Ordering::Relaxed) < stored {
                    tokio::time::sleep(Duration::from_micros(200)).await;
                }
                tokio::time::sleep(more).await;
            } => true,
        }
    })
}

#[test]
fn fifty_thousand_messages_and_twenty_kills() {
    let wanted = Generate {
        people: 200,
        ..Generate::new(11, MESSAGES, 24, 16)
    };
    let bench = Bench::quick(generate(&wanted));
    let undisturbed = Inputs {
        store: bench.other_store(),
        ..bench.inputs()
    };
    let report = discord::run(&FetchConfig::default(), &undisturbed, &Silent).unwrap();
    assert_eq!(report.in_state(discord::ChannelState::Read).count(), 40);
    let needed: BTreeSet<(u64, u64)> = bench.pages().into_iter().collect();
    assert_eq!(
        needed.len() as u64,
        report.pages,
        "each page is asked for once"
    );

    let mut random = 88_172_645_463_325_252_u64;
    let mut kills = 0;
    let mut asked: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    loop {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let stored = 1 + random % (report.pages / KILLS);
        let more = Duration::from_micros(random / 1000 % 4000);
        let killed = kills < KILLS && dropped_after(&bench.inputs(), stored, more);
        kills += u64::from(killed);
        if !killed {
            discord::run(&FetchConfig::default(), &bench.inputs(), &Silent).unwrap();
        }
        // Of each channel at most the one page that was on its way is requested again.
        let mut again: BTreeMap<u64, u64> = BTreeMap::new();
        for page in pages(&bench.server.take_requests()) {
            let times = asked.entry(page).or_default();
            *again.entry(page.0).or_default() += u64::from(*times > 0);
            *times += 1;
        }
        assert!(again.values().all(|pages| *pages <= 1), "{again:?}");
        if !killed {
            break;
        }
    }
    assert_eq!(kills, KILLS);
    let asked_for: BTreeSet<(u64, u64)> = asked.keys().copied().collect();
    assert_eq!(asked_for, needed);
    let open = |path| Store::open_read_only(path).unwrap();
    let (one, other) = (open(&bench.inputs().store), open(&undisturbed.store));
    assert_eq!(one.counts().unwrap(), other.counts().unwrap());
    assert_eq!(one.content_hash().unwrap(), other.content_hash().unwrap());
}
