//! The real program, `persona-bot`, as a process of its own.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use super::scene::{PATIENCE, Scene};
use crate::support::fixtures;

/// A running program, killed when the handle is dropped.
pub(crate) struct Process {
    child: Child,
    folder: PathBuf,
}

/// Options for starting the program.
pub(crate) struct Start<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) token: &'a str,
    /// More lines of `persona.toml`, for the section `[bot]`.
    pub(crate) bot: &'a str,
    pub(crate) arguments: &'a [&'a str],
    pub(crate) log: &'a str,
}

impl Start<'_> {
    /// Starts the program in the scene's folder, into which it also writes its files.
    pub(crate) fn spawn(&self) -> Process {
        let folder = self.scene.folder();
        let config = format!(
            "store = \"{}\"\n[bot]\nadmins = [{}]\n{}\n[discord]\napi = \"{}\"\nrequests_per_second = 0\n\
             channel_interval_ms = 0\nbackoff_ms = 5\ntimeout_seconds = 5\n",
            path(&self.scene.store_path()),
            self.scene.admin,
            self.bot,
            self.scene.server.url()
        );
        persona_core::atomic::write(&folder.join("persona.toml"), config).unwrap();
        let out = |name: &str| File::create(folder.join(name)).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_persona-bot"))
            .args(self.arguments)
            .arg("--model")
            .arg(fixtures().join("gguf/Q4_K_M.gguf").canonicalize().unwrap())
            .current_dir(&folder)
            .env("DISCORD_TOKEN", self.token)
            .env("RUST_LOG", self.log)
            .env("RUST_BACKTRACE", "full")
            .env("CANDLE_NUM_THREADS", "1")
            .stdin(Stdio::null())
            .stdout(out("stdout.txt"))
            .stderr(out("stderr.txt"))
            .spawn()
            .unwrap();
        Process { child, folder }
    }
}

fn path(path: &Path) -> String {
    path.display().to_string().replace('\\', "\\\\")
}

impl Process {
    /// Waits until the program ends.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "it does not end:\n{}",
                self.said()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asks the program to stop, as the system does.
    #[cfg(target_os = "linux")]
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let id = i32::try_from(self.child.id()).unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        self.wait()
    }

    /// Resident memory of the program, in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib * 1024
    }

    /// Standard error of the program.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.folder.join("stderr.txt")).unwrap()
    }

    /// Paths and contents of all files that the program wrote.
    pub(crate) fn written(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        walk(&self.folder, &mut found);
        found
    }
}

fn walk(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            let mut bytes = Vec::new();
            File::open(&path).unwrap().read_to_end(&mut bytes).unwrap();
            found.push((path, bytes));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
