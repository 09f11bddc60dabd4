//! Supervisor and bot as programs: killed, frozen, crashing, and asked to stop.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

use bot::heartbeat::Beat;
use discord_server::{Fault, Matching};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;

use super::{
    scene::{PATIENCE, Scene},
    stub::Stub,
};

/// A supervised bot of a scene.
struct Supervised<'a> {
    scene: &'a Scene,
    supervisor: Child,
}

impl<'a> Supervised<'a> {
    /// Starts supervisor and bot, with frequent heartbeats, and waits for the first one.
    fn start(scene: &'a Scene, model: &Stub, restarts_per_hour: u32) -> Self {
        write_config(scene, model, restarts_per_hour);
        let stderr = File::create(scene.folder().join("stderr")).unwrap();
        let supervisor = program(scene, "supervise").stderr(stderr).spawn().unwrap();
        Self { scene, supervisor }
    }

    /// Id of the bot's process, once it is connected and differs from `before`.
    fn process_after(&self, before: u32) -> u32 {
        let mut process = 0;
        self.scene.wait("a living bot", |scene| {
            let beat = Beat::read(&heartbeat(scene));
            let new = beat.is_some_and(|beat| beat.process != before);
            new && scene.server.connected() == 1
        });
        if let Some(beat) = Beat::read(&heartbeat(self.scene)) {
            process = beat.process;
        }
        process
    }

    /// Waits for the supervisor's end.
    fn end(mut self) -> (ExitStatus, String) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.supervisor.try_wait().unwrap() {
                let said = fs::read_to_string(self.scene.folder().join("stderr")).unwrap();
                return (status, said);
            }
            assert!(started.elapsed() < PATIENCE, "the supervisor does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Supervised<'_> {
    /// A test that fails leaves nothing running: the bot ends with its supervisor.
    fn drop(&mut self) {
        let _ = self.supervisor.kill();
        let _ = self.supervisor.wait();
    }
}

fn write_config(scene: &Scene, model: &Stub, restarts_per_hour: u32) {
    let config = format!(
        "store = \"persona.sqlite\"\n\
         [bot]\nadmins = [{}]\nengine = \"{}\"\nprobability = 0.0\npause_seconds = 0.0\nactive_minutes = 0\nstop_seconds = 20\n\
         [bot.remote]\nmodel = \"stub\"\n\
         [bot.supervise]\nheartbeat_seconds = 0.1\nsilent_seconds = 2.0\nstart_seconds = 40.0\n\
         wait_seconds = 0.05\nwait_seconds_max = 0.2\nrestarts_per_hour = {restarts_per_hour}\n\
         [discord]\napi = \"{}\"\nrequests_per_second = 0.0\nchannel_interval_ms = 0\nbackoff_ms = 10\nretries = 0\n",
        scene.admin,
        model.url(),
        scene.server.url(),
    );
    persona_core::atomic::write(&scene.folder().join("persona.toml"), config).unwrap();
}

fn program(scene: &Scene, command: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_persona-bot"));
    program.arg(command).current_dir(scene.folder());
    program.env("DISCORD_TOKEN", scene.server.token());
    program.env_remove("RUST_LOG");
    program
}

/// Standard output of a command, and whether it succeeded.
fn printed(scene: &Scene, command: &str, flags: &[&str]) -> (bool, String) {
    let output = program(scene, command).args(flags).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), text)
}

fn heartbeat(scene: &Scene) -> PathBuf {
    scene.store_path().with_extension("heartbeat")
}

fn signal(process: u32, signal: Signal) {
    kill_process(Pid::from_raw(process as i32).unwrap(), signal).unwrap();
}

fn is_running(process: u32) -> bool {
    test_kill_process(Pid::from_raw(process as i32).unwrap()).is_ok()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_killed_and_a_frozen_bot_come_back_and_answer_what_they_missed() {
    let scene = Scene::new();
    let model = Stub::saying("well");
    let supervised = Supervised::start(&scene, &model, 10);
    let first = supervised.process_after(0);
    scene.ask(scene.general, scene.ann, "one?");
    scene.written(1);
    let (alive, status) = printed(&scene, "status", &["--json"]);
    let status: Value = serde_json::from_str(&status).unwrap();
    assert!(
        alive && status["alive"] == true && status["beat"]["process"] == first,
        "{status}"
    );

    let killed = Instant::now();
    signal(first, Signal::KILL);
    scene.ask(scene.general, scene.ann, "two?");
    let second = supervised.process_after(first);
    scene.written(2);
    eprintln!(
        "killed: back and the missed question answered after {} ms",
        killed.elapsed().as_millis()
    );

    let frozen = Instant::now();
    signal(second, Signal::STOP);
    scene.ask(scene.games, scene.ben, "three?");
    let third = supervised.process_after(second);
    scene.written(3);
    eprintln!(
        "frozen: back and the missed question answered after {} ms",
        frozen.elapsed().as_millis()
    );
    assert!(!is_running(second), "the frozen one was killed");

    signal(supervised.supervisor.id(), Signal::TERM);
    let (status, said) = supervised.end();
    assert!(status.success(), "{said}");
    assert!(!is_running(third));
    assert!(said.contains("it gave no sign of life for 2."), "{said}");
    scene.check();
    assert_eq!(scene.written(3).len(), 3);

    let (alive, status) = printed(&scene, "status", &[]);
    assert!(!alive && status.starts_with("not alive"), "{status}");
    let (_, days) = printed(&scene, "stats", &["--json"]);
    let days: Value = serde_json::from_str(&days).unwrap();
    assert!(days[0]["answered"].as_u64() >= Some(1), "{days}");
    assert!(printed(&scene, "stats", &[]).1.starts_with("day "));
}

#[test]
fn asked_to_stop_it_finishes_the_reply_it_is_writing() {
    let scene = Scene::new();
    let model = Stub::slowly("a reply that takes its time", Duration::from_millis(250));
    let supervised = Supervised::start(&scene, &model, 10);
    let process = supervised.process_after(0);
    let asked = scene.ask(scene.general, scene.ann, "and?");
    scene.wait("the model to begin", |_| model.asked().len() == 1);
    signal(supervised.supervisor.id(), Signal::TERM);
    let (status, said) = supervised.end();
    assert!(status.success(), "{said}");
    assert_eq!(scene.written(1)[0].content, "a reply that takes its time");
    assert!(!is_running(process));
    scene.check();
    // Both wrote JSON lines, and the token is nowhere.
    let token = scene.server.token();
    let mut lines: Vec<Value> = Vec::new();
    for path in files(&scene.folder()) {
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&token), "{} holds the token", path.display());
        if path.extension().is_some_and(|ending| ending == "jsonl") {
            lines.extend(
                text.lines()
                    .map(|line| serde_json::from_str::<Value>(line).unwrap()),
            );
        }
    }
    let said = |message: &str| lines.iter().find(|line| line["message"] == message);
    assert!(
        said("the bot was started").is_some() && said("the bot has stopped").is_some(),
        "{lines:#?}"
    );
    let answered = said("answered").unwrap();
    assert_eq!(answered["message_id"], asked);
    assert_eq!(answered["channel_id"], scene.general);
    assert!(
        answered["timestamp"].is_string() && answered["level"] == "INFO",
        "{answered}"
    );
}

#[test]
fn asked_twice_it_stops_at_once() {
    let scene = Scene::new();
    let model = Stub::slowly(&"word ".repeat(200), Duration::from_millis(250));
    write_config(&scene, &model, 10);
    let errors = File::create(scene.folder().join("stderr")).unwrap();
    let mut bot = program(&scene, "run").stderr(errors).spawn().unwrap();
    scene.wait_for_bot(0);
    scene.ask(scene.general, scene.ann, "and?");
    scene.wait("the model to begin", |_| model.asked().len() == 1);
    signal(bot.id(), Signal::INT);
    scene.wait("the bot to stop", |scene| {
        let said = fs::read_to_string(scene.folder().join("stderr")).unwrap();
        said.contains("Ctrl-C again to stop at once")
    });
    assert!(bot.try_wait().unwrap().is_none(), "it writes its reply");
    // The first event is handled a moment after it was logged.
    let status = loop {
        signal(bot.id(), Signal::INT);
        if let Some(status) = bot.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(130));
    assert!(scene.server.written_by_bot().is_empty());
}

#[test]
fn a_crash_loop_stops_at_the_limit_with_a_clear_log() {
    let scene = Scene::new();
    let supervised = Supervised::start(&scene, &Stub::saying("well"), 2);
    let mut process = 0;
    for _ in 0..3 {
        process = supervised.process_after(process);
        signal(process, Signal::KILL);
    }
    let (status, said) = supervised.end();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("more than 2 restarts in an hour"), "{said}");
    assert!(
        said.contains("error: the bot was started again 2 times within an hour and is left alone"),
        "{said}"
    );
}

#[test]
fn a_bot_that_cannot_work_is_not_started_again() {
    let scene = Scene::new();
    scene.server.faults(|faults| faults.refuse_token = true);
    let (status, said) = Supervised::start(&scene, &Stub::saying("well"), 10).end();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(
        said.contains("cannot work with this configuration"),
        "{said}"
    );
    assert_eq!(said.matches("the bot was started").count(), 1, "{said}");
}

#[test]
fn a_bot_whose_supervisor_is_killed_stops_too() {
    let scene = Scene::new();
    let supervised = Supervised::start(&scene, &Stub::saying("well"), 10);
    supervised.process_after(0);
    signal(supervised.supervisor.id(), Signal::KILL);
    scene.wait("the bot to leave", |scene| scene.server.connected() == 0);
    let (status, _) = supervised.end();
    assert!(!status.success());
    // Removing the heartbeat is the last thing that the bot does.
    scene.wait("the bot to end", |scene| {
        Beat::read(&heartbeat(scene)).is_none()
    });
}

#[test]
fn a_bot_that_cannot_reach_discord_waits_for_it() {
    let scene = Scene::new();
    // No request is repeated, so each of these failures ends a bot.
    let planned = Matching::new("GET", "/users/@me");
    scene
        .server
        .faults(|faults| faults.plan(planned, 3, Fault::Status(503)));
    let supervised = Supervised::start(&scene, &Stub::saying("well"), 1);
    supervised.process_after(0);
    signal(supervised.supervisor.id(), Signal::TERM);
    let (status, said) = supervised.end();
    assert!(status.success(), "{said}");
    let away = said.matches("it could not reach what it needs").count();
    assert_eq!(away, 3, "{said}");
}

#[test]
fn an_ordered_restart_is_no_fault() {
    let scene = Scene::new();
    let supervised = Supervised::start(&scene, &Stub::saying("well"), 10);
    let first = supervised.process_after(0);
    scene.server.post(scene.general, scene.admin, "!restart");
    supervised.process_after(first);
    scene.ask(scene.general, scene.ann, "back?");
    scene.wait("the answer", |scene| {
        let written = scene.server.written_by_bot();
        written.iter().any(|message| message.content == "well")
    });
    signal(supervised.supervisor.id(), Signal::TERM);
    let (status, said) = supervised.end();
    assert!(status.success(), "{said}");
    assert!(
        said.contains("the bot was ordered to start again"),
        "{said}"
    );
    assert_eq!(said.matches("the bot was started").count(), 2, "{said}");
    assert!(!said.contains("the bot is started again"), "{said}");
    scene.check();
}
