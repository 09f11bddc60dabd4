//! After a kill at any moment, a second run completes the work as if nothing had happened.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use ingest::{Config, Inputs};
use persona_core::Silent;
use persona_store::Store;
use serde_json::json;

use crate::support::{Bench, dce_message, dce_text};

/// Environment variable of the process that is killed: the folder of sources, and the store.
const CHILD: &str = "PERSONA_INGEST_CHILD";
const SEPARATOR: char = '\n';
const DELAYS_MS: [u64; 7] = [15, 30, 45, 60, 90, 130, 180];

fn ingest_into(store: &Path, sources: &Path) {
    let config = Config {
        batch_messages: 50,
        ..Config::default()
    };
    let inputs = Inputs {
        store: store.to_owned(),
        sources: vec![sources.to_owned()],
    };
    ingest::run(&config, &inputs, &Silent).unwrap();
}

#[test]
fn a_killed_run_goes_on() {
    if let Ok(paths) = env::var(CHILD) {
        let (store, sources) = paths.split_once(SEPARATOR).unwrap();
        ingest_into(Path::new(store), Path::new(sources));
        return;
    }
    let bench = Bench::new();
    write_sources(&bench);
    let killed = bench.path("../killed/persona.sqlite");
    let mut kills = 0;
    for delay in DELAYS_MS {
        kills += u32::from(killed_after(
            Duration::from_millis(delay),
            &killed,
            &bench.path(""),
        ));
    }
    assert!(kills > 0, "every run finished before it could be killed");
    ingest_into(&killed, &bench.path(""));

    let undisturbed: PathBuf = bench.path("../undisturbed/persona.sqlite");
    ingest_into(&undisturbed, &bench.path(""));
    let (one, other) = (
        Store::open_read_only(&killed).unwrap(),
        Store::open_read_only(&undisturbed).unwrap(),
    );
    assert_eq!(one.counts().unwrap(), other.counts().unwrap());
    assert_eq!(one.content_hash().unwrap(), other.content_hash().unwrap());
}

/// Many authors who mention each other, so that every batch assigns pseudonyms.
fn write_sources(bench: &Bench) {
    for file in 0..4 {
        let messages: Vec<_> = (0..600)
            .map(|index| {
                let id = file * 600 + index + 1;
                let mut message = dce_message(id, "text");
                message["author"] = json!({"id": (1000 + id * 7 % 901).to_string(), "name": "x"});
                message["mentions"] =
                    json!([{"id": (1000 + id * 13 % 907).to_string(), "name": "y"}]);
                message["reactions"] =
                    json!([{"emoji": {"id": "", "name": "👍"}, "count": id % 5 + 1}]);
                message
            })
            .collect();
        bench.put(&format!("{file}.json"), dce_text(7 + file % 2, &messages));
    }
}

/// Runs this test in another process and kills it. Returns whether it was still running.
fn killed_after(delay: Duration, store: &Path, sources: &Path) -> bool {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["kill::a_killed_run_goes_on", "--exact"])
        .env(
            CHILD,
            format!("{}{SEPARATOR}{}", store.display(), sources.display()),
        )
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(delay);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}
