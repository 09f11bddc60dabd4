//! The supervisor with processes that die, freeze, crash and do not listen. The processes are this test program itself.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::exit,
    time::{Duration, Instant},
};

use bot::{
    heartbeat::Beat,
    supervise::{
        self, Error, HOPELESS, RESTART, SuperviseConfig, SupervisorEnd, UNREACHABLE, Watch,
    },
};
use tokio::{process::Command, sync::oneshot};

const ROLE: &str = "PERSONA_TEST_CHILD";
const HEARTBEAT: &str = "PERSONA_TEST_HEARTBEAT";
/// Longest wait before a test fails; only broken code takes this long.
const PATIENCE: Duration = Duration::from_mins(1);

fn beat(path: &Path, count: u64) {
    let beat = Beat {
        process: std::process::id(),
        count,
        time_ms: 0,
        uptime_seconds: 0,
        memory_mib: 0,
    };
    beat.write(path).unwrap();
}

/// Entry point of the child process that the other tests start; not a test by itself.
#[expect(
    clippy::exit,
    reason = "a process that ends in many ways is what is wanted"
)]
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let path = PathBuf::from(std::env::var_os(HEARTBEAT).unwrap());
    let starts = Beat::read(&path.with_extension("starts")).map_or(0, |beat| beat.count) + 1;
    beat(&path.with_extension("starts"), starts);
    match role.as_str() {
        "hopeless" => exit(HOPELESS.into()),
        "finishes" => exit(0),
        "unreachable" if starts < 9 => exit(UNREACHABLE.into()),
        "crashes" => {
            beat(&path, 1);
            exit(3)
        }
        "restarts twice" if starts < 3 => exit(RESTART.into()),
        "silent" => std::thread::sleep(PATIENCE),
        "deaf" => {
            for count in 1.. {
                beat(&path, count);
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        _ => {}
    }
    std::thread::spawn(move || {
        for count in 1.. {
            beat(&path, count);
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    // Closing standard input asks the process to stop.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    exit(0);
}

fn config() -> SuperviseConfig {
    SuperviseConfig {
        heartbeat_seconds: 0.1,
        silent_seconds: 1.5,
        engine_seconds: 300.0,
        start_seconds: 20.0,
        wait_seconds: 0.01,
        wait_seconds_max: 0.05,
        healthy_seconds: 600.0,
        restarts_per_hour: 4,
    }
}

struct Supervised {
    folder: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<Result<SupervisorEnd, Error>>,
}

impl Supervised {
    fn start(role: &'static str, config: SuperviseConfig, grace: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let heartbeat = folder.path().join("heartbeat");
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let watch = Watch {
                config: &config,
                heartbeat: &heartbeat,
                grace,
            };
            let command = || {
                let mut command = Command::new(std::env::current_exe().unwrap());
                command.args(["--exact", "supervise::child", "--nocapture"]);
                command.env(ROLE, role).env(HEARTBEAT, &heartbeat);
                command.stdout(std::process::Stdio::null());
                command
            };
            let stop = async {
                let _ = stopped.await;
            };
            supervise::run(&watch, command, stop).await
        });
        Self {
            folder,
            stop: Some(stop),
            task,
        }
    }

    fn starts(&self) -> u64 {
        Beat::read(&self.folder.path().join("heartbeat.starts")).map_or(0, |beat| beat.count)
    }

    /// Id of the process of the newest heartbeat, once it differs from `before`.
    async fn process_after(&self, before: u32) -> u32 {
        let path = self.folder.path().join("heartbeat");
        let started = Instant::now();
        loop {
            if let Some(beat) = Beat::read(&path).filter(|beat| beat.process != before) {
                return beat.process;
            }
            assert!(started.elapsed() < PATIENCE, "no sign of life");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn stop(mut self) -> Result<SupervisorEnd, Error> {
        self.stop.take().unwrap().send(()).unwrap();
        self.end().await
    }

    async fn end(self) -> Result<SupervisorEnd, Error> {
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("an end")
            .unwrap()
    }
}

#[cfg(unix)]
fn signal(process: u32, signal: rustix::process::Signal) {
    let process = rustix::process::Pid::from_raw(process as i32).unwrap();
    rustix::process::kill_process(process, signal).unwrap();
}

#[cfg(unix)]
fn is_running(process: u32) -> bool {
    let process = rustix::process::Pid::from_raw(process as i32).unwrap();
    rustix::process::test_kill_process(process).is_ok()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_and_a_frozen_bot_are_back_within_the_set_time() {
    use rustix::process::Signal;
    let supervised = Supervised::start("steady", config(), PATIENCE);
    let first = supervised.process_after(0).await;
    let killed = Instant::now();
    signal(first, Signal::KILL);
    let second = supervised.process_after(first).await;
    eprintln!("killed: back after {} ms", killed.elapsed().as_millis());
    let frozen = Instant::now();
    signal(second, Signal::STOP);
    let third = supervised.process_after(second).await;
    eprintln!(
        "frozen: back after {} ms, of which 1500 ms are the set time",
        frozen.elapsed().as_millis()
    );
    assert!(
        frozen.elapsed() >= Duration::from_millis(1400),
        "it was given its time"
    );
    assert!(!is_running(second), "the frozen one was killed");
    assert_eq!(supervised.starts(), 3);
    assert_eq!(supervised.stop().await.unwrap(), SupervisorEnd::Stopped);
    assert!(!is_running(third));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_loop_stops_at_the_limit_and_says_why() {
    let supervised = Supervised::start("crashes", config(), PATIENCE);
    let folder = supervised.folder.path().join("heartbeat.starts");
    let error = tokio::time::timeout(PATIENCE, supervised.task)
        .await
        .unwrap()
        .unwrap()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the bot was started again 4 times within an hour and is left alone; the last time, it ended with exit status: 3"
    );
    assert_eq!(Beat::read(&folder).unwrap().count, 5);
    drop(supervised.folder);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_that_never_gives_a_sign_of_life_is_given_up() {
    let config = SuperviseConfig {
        start_seconds: 0.3,
        restarts_per_hour: 2,
        ..config()
    };
    let error = Supervised::start("silent", config, PATIENCE)
        .end()
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("it gave no sign of life for"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endings_that_are_no_faults() {
    assert_eq!(
        Supervised::start("finishes", config(), PATIENCE)
            .end()
            .await
            .unwrap(),
        SupervisorEnd::Finished
    );
    let error = Supervised::start("hopeless", config(), PATIENCE)
        .end()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Hopeless), "{error}");
    let supervised = Supervised::start("unreachable", config(), PATIENCE);
    supervised.process_after(0).await;
    assert_eq!(supervised.starts(), 9, "more often than faults are allowed");
    assert_eq!(supervised.stop().await.unwrap(), SupervisorEnd::Stopped);
    let supervised = Supervised::start("restarts twice", config(), PATIENCE);
    supervised.process_after(0).await;
    assert_eq!(supervised.starts(), 3);
    assert_eq!(supervised.stop().await.unwrap(), SupervisorEnd::Stopped);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_that_does_not_listen_is_killed_after_the_grace() {
    let supervised = Supervised::start("deaf", config(), Duration::from_millis(300));
    supervised.process_after(0).await;
    let asked = Instant::now();
    assert_eq!(supervised.stop().await.unwrap(), SupervisorEnd::Stopped);
    assert!(asked.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_program_that_is_not_there() {
    let config = config();
    let folder = tempfile::tempdir().unwrap();
    let heartbeat = folder.path().join("heartbeat");
    let watch = Watch {
        config: &config,
        heartbeat: &heartbeat,
        grace: PATIENCE,
    };
    let missing = folder.path().join("nothing");
    let end = supervise::run(&watch, || Command::new(&missing), std::future::pending()).await;
    assert!(matches!(end, Err(Error::Start(_))));
}

#[test]
fn nonsense_is_refused_by_name() {
    let refused = |config: SuperviseConfig| config.check().unwrap_err().to_string();
    let config = SuperviseConfig {
        silent_seconds: 1.0,
        ..SuperviseConfig::default()
    };
    assert_eq!(
        refused(config),
        "`bot.supervise.silent_seconds` is 1, expected at least twice `heartbeat_seconds`"
    );
    let config = SuperviseConfig {
        wait_seconds: f64::NAN,
        ..SuperviseConfig::default()
    };
    assert_eq!(
        refused(config),
        "`bot.supervise.wait_seconds` is NaN, expected a number of seconds"
    );
}
