//! The token is in nothing that a failing program writes, however much it is told to say.

use bot::supervise::HOPELESS;
use discord_server::{Trouble, intents};

use super::{
    program::{Process, Start},
    scene::{PATIENCE, Scene},
    stub::Stub,
};

const EVERYTHING: &str = "trace";

/// Another token of the right shape.
const WRONG: &str =
    "OTg3NjU0MzIxMDk4NzY1NDMy.Gwrong.another-made-up-token-that-nobody-accepts-0000";

fn spawn(scene: &Scene, token: &str) -> Process {
    Start {
        scene,
        token,
        bot: "",
        arguments: &[],
        log: EVERYTHING,
    }
    .spawn()
}

/// Nothing holds the token, nor its secret part.
fn is_clean(process: &Process, token: &str) {
    let secret = token.rsplit('.').next().unwrap();
    let written = process.written();
    assert!(written.len() >= 3, "{written:?}");
    for (path, bytes) in written {
        for needle in [token, secret] {
            let found = bytes
                .windows(needle.len())
                .any(|window| window == needle.as_bytes());
            assert!(!found, "{} holds the token", path.display());
        }
    }
}

#[test]
fn a_wrong_token_is_explained_and_not_shown() {
    let scene = Scene::new();
    let mut process = spawn(&scene, WRONG);
    assert_eq!(process.wait().code(), Some(HOPELESS.into()));
    let said = process.said();
    assert!(said.contains("does not accept the bot token"), "{said}");
    assert!(said.contains("Reset Token"), "{said}");
    is_clean(&process, WRONG);
}

#[test]
fn what_is_no_token_is_explained_and_not_shown() {
    let scene = Scene::new();
    let text = "this-is-no-token-but-maybe-a-password";
    let mut process = spawn(&scene, text);
    assert_eq!(process.wait().code(), Some(HOPELESS.into()));
    let said = process.said();
    assert!(
        said.contains("the bot token does not have three parts"),
        "{said}"
    );
    is_clean(&process, text);
    let mut process = spawn(&scene, "");
    assert_eq!(process.wait().code(), Some(HOPELESS.into()));
    assert!(process.said().contains("`DISCORD_TOKEN` is not set"));
}

#[test]
fn a_token_that_the_gateway_refuses() {
    let scene = Scene::new();
    let token = scene.server.token();
    let mut process = spawn(&scene, &token);
    let connected = scene
        .server
        .until(PATIENCE, |server| server.connected() == 1);
    assert!(connected, "{}", process.said());
    scene.server.trouble(Trouble::Close(4004));
    assert_eq!(process.wait().code(), Some(HOPELESS.into()));
    let said = process.said();
    assert!(said.contains("(4004)"), "{said}");
    is_clean(&process, &token);
}

#[test]
fn an_intent_that_is_not_granted() {
    let scene = Scene::new();
    let token = scene.server.token();
    scene.server.disallow_intents(intents::MESSAGE_CONTENT);
    let mut process = spawn(&scene, &token);
    assert_eq!(process.wait().code(), Some(HOPELESS.into()));
    let said = process.said();
    assert!(said.contains("Message Content Intent"), "{said}");
    is_clean(&process, &token);
}

#[test]
fn a_server_that_breaks_while_it_works() {
    let scene = Scene::new();
    let token = scene.server.token();
    let mut process = spawn(&scene, &token);
    scene.wait_for_bot(0);
    scene.ask(scene.general, scene.ann, "hello");
    assert!(
        scene
            .server
            .until(PATIENCE, |server| !server.written_by_bot().is_empty())
    );
    scene.server.faults(|faults| faults.refuse_token = true);
    scene.ask(scene.general, scene.ben, "hello too");
    // The token was reset: nothing it does can work from now on.
    assert_eq!(process.wait().code(), Some(HOPELESS.into()));
    is_clean(&process, &token);
}

/// Who panics when told that the bot is alive.
struct Panics;

impl bot::Observer for Panics {
    fn alive(&self) {
        panic!("as the test wished");
    }
}

/// Not a test by itself: what the next test starts, to see what a panic writes.
#[test]
fn panicking_child() {
    let Ok(api) = std::env::var("PERSONA_TEST_API") else {
        return;
    };
    let folder = std::path::PathBuf::from(std::env::var_os("PERSONA_TEST_FOLDER").unwrap());
    let model = Stub::saying("hi");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let setup = bot::Setup {
            config: bot::BotConfig::default(),
            form: persona_core::ConversationForm::default(),
            sampling: persona_core::Sampling::default(),
            api: persona_discord::ApiConfig {
                api,
                ..persona_discord::ApiConfig::default()
            },
            fetch: ingest::discord::FetchConfig::default(),
            token: persona_discord::Token::new(std::env::var("PERSONA_TEST_TOKEN").unwrap())
                .unwrap(),
            files: bot::BotFiles {
                store: folder.join("persona.sqlite"),
                run: persona_run::RunFolder::new(&folder),
                embedder: None,
            },
            seed: 1,
            backend: Stub::backend(&model.url()).await,
            observer: std::sync::Arc::new(Panics),
        };
        let _ = bot::run(setup, std::future::pending()).await;
    });
}

#[test]
fn a_panic_shows_no_token() {
    let scene = Scene::new();
    let token = scene.server.token();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "discord::secrets::panicking_child",
            "--exact",
            "--nocapture",
        ])
        .env("PERSONA_TEST_API", scene.server.url())
        .env("PERSONA_TEST_FOLDER", scene.folder())
        .env("PERSONA_TEST_TOKEN", &token)
        .env("RUST_BACKTRACE", "full")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("as the test wished"), "{said}");
    assert!(!said.contains(token.rsplit('.').next().unwrap()), "{said}");
}
