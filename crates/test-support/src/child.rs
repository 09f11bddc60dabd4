//! A test that runs itself as a child process and kills it in the middle of its work.

use std::{
    env,
    path::{Path, PathBuf},
    process::{self, Command},
    thread::sleep,
    time::Duration,
};

/// Environment variable with the child's folder; set in the child only.
const FOLDER: &str = "PERSONA_TEST_CHILD_FOLDER";

/// A running child process.
#[derive(Debug)]
pub struct Child(process::Child);

impl Child {
    /// Folder to work in; `None` where this process is not the child.
    pub fn folder() -> Option<PathBuf> {
        env::var_os(FOLDER).map(PathBuf::from)
    }

    /// Starts the test called `name` of this program once more, as a child that works in `folder`.
    pub fn start(name: &str, folder: &Path) -> Self {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", name])
            .env(FOLDER, folder)
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Kills the child as soon as `it_is_time`.
    ///
    /// # Panics
    /// When the child ends before that.
    pub fn kill_when(mut self, it_is_time: impl Fn() -> bool) {
        while !it_is_time() {
            let ended = self.0.try_wait().unwrap();
            assert!(ended.is_none(), "the child ended before it could be killed");
            sleep(Duration::from_millis(5));
        }
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
