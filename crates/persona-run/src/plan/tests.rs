use std::{
    cell::RefCell,
    error::Error,
    path::{Path, PathBuf},
};

use persona_core::{Silent, atomic};
use serde_json::json;

use super::*;

type AnyError = Box<dyn Error + Send + Sync>;

/// A stage that writes one file, from a setting.
struct Fake<'a> {
    stage: Stage,
    setting: u32,
    idle: bool,
    done: &'a RefCell<Vec<Stage>>,
}

impl Work<AnyError> for Fake<'_> {
    fn stage(&self) -> Stage {
        self.stage
    }

    fn planned(&self) -> Result<Planned, AnyError> {
        let planned = Planned::known(
            self.stage,
            &json!({ "setting": self.setting }),
            None,
            Inputs::default(),
        );
        Ok(planned?)
    }

    fn run(&self, folder: &Path) -> Result<Value, AnyError> {
        atomic::write(&folder.join("out"), self.setting.to_string())?;
        self.done.borrow_mut().push(self.stage);
        Ok(json!({ "seconds": 1 }))
    }

    fn is_idle(&self) -> Result<bool, AnyError> {
        Ok(self.idle)
    }
}

/// A run in a folder of its own, whose stages are fakes.
struct Scene {
    folder: tempfile::TempDir,
    done: RefCell<Vec<Stage>>,
}

impl Scene {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            done: RefCell::default(),
        }
    }

    fn stage(&self, stage: Stage) -> PathBuf {
        RunFolder::new(self.folder.path()).stage(stage)
    }

    /// All stages; `changed` has another setting than the others, `idle` nothing to work on.
    fn plan(&self, mode: Mode, changed: Option<Stage>, idle: Option<Stage>) -> Plan<'_, AnyError> {
        let plan = Plan::new(&RunFolder::new(self.folder.path()), mode);
        Stage::ALL.into_iter().fold(plan, |plan, stage| {
            plan.then(Fake {
                stage,
                setting: u32::from(changed == Some(stage)),
                idle: idle == Some(stage),
                done: &self.done,
            })
        })
    }

    fn run(&self, plan: &Plan<'_, AnyError>) -> Vec<Stage> {
        plan.run(&Silent).unwrap();
        self.done.take()
    }
}

fn told(outlooks: &[Outlook]) -> Vec<String> {
    let line = |outlook: &Outlook| {
        let runs = if outlook.runs { "run" } else { "skip" };
        format!("{} {runs}: {}", outlook.stage, outlook.why)
    };
    outlooks.iter().map(line).collect()
}

#[test]
fn what_is_shown_is_what_is_done_then() {
    let scene = Scene::new();
    let plan = scene.plan(Mode::SftDpo, None, None);
    let outlooks = plan.look(None).unwrap();
    assert_eq!(
        told(&outlooks)[..2],
        [
            "ingest run: reads the exports into the store",
            "dataset run: `ingest` runs before it"
        ]
    );
    assert_eq!(scene.run(&plan), Stage::ALL);
    let outlooks = plan.look(None).unwrap();
    assert!(outlooks.iter().all(|outlook| !outlook.runs), "{outlooks:?}");
    assert!(scene.run(&plan).is_empty());

    let changed = scene.plan(Mode::SftDpo, Some(Stage::Sft), None);
    assert_eq!(
        told(&changed.look(None).unwrap()),
        [
            "ingest skip: nothing has changed",
            "dataset skip: nothing has changed",
            "sft run: the configuration has changed: setting",
            "dpo run: `sft` runs before it",
            "export run: `sft` runs before it",
            "eval run: `sft` runs before it",
        ]
    );
}

#[test]
fn a_forced_stage_repeats_all_that_follows_from_it() {
    let scene = Scene::new();
    let plan = scene.plan(Mode::SftDpo, None, None);
    scene.run(&plan);
    let outlooks = plan.look(Some(Stage::Dpo)).unwrap();
    assert_eq!(told(&outlooks)[2], "sft skip: nothing has changed");
    assert_eq!(told(&outlooks)[3], "dpo run: --force");
    plan.clear(Stage::Dpo).unwrap();
    assert_eq!(scene.run(&plan), [Stage::Dpo, Stage::Export, Stage::Eval]);
}

#[test]
fn a_mode_keeps_or_drops_what_it_leaves_out() {
    let scene = Scene::new();
    scene.run(&scene.plan(Mode::SftDpo, None, None));
    let preferences = scene.plan(Mode::DpoOnly, None, None);
    assert_eq!(
        told(&preferences.look(Some(Stage::Dataset)).unwrap())[2],
        "sft skip: not part of mode dpo-only"
    );
    preferences.clear(Stage::Dataset).unwrap();
    scene.run(&preferences);
    assert!(scene.stage(Stage::Sft).join("out").exists());

    scene.run(&scene.plan(Mode::Sft, None, None));
    assert!(!scene.stage(Stage::Dpo).exists());

    scene.run(&scene.plan(Mode::SftDpo, None, None));
    assert!(scene.stage(Stage::Dpo).exists());
    scene.run(&scene.plan(Mode::SftDpo, None, Some(Stage::Dpo)));
    assert!(!scene.stage(Stage::Dpo).exists());
}
