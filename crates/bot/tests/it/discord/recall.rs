//! Past messages in the context: which are found, and which must not be.

use bot::BotConfig;
use persona_core::{Author, Message, Silent};
use persona_model::embed::Embedder;
use persona_recall::Recall;

use super::{scene::Scene, stub::Stub};

/// Texts with the same first letter are alike, all others are not.
struct FirstLetter;

impl Embedder for FirstLetter {
    fn name(&self) -> &'static str {
        "first-letter"
    }

    fn embed(&self, texts: &[&str]) -> persona_model::Result<Vec<Vec<f32>>> {
        let vector = |text: &&str| {
            let letter = text.bytes().next().unwrap_or(b'a') % 32;
            let mut vector = vec![0.0; 32];
            vector[usize::from(letter)] = 1.0;
            vector
        };
        Ok(texts.iter().map(vector).collect())
    }
}

fn recall() -> Recall {
    Recall::new(Box::new(FirstLetter), "first-letter".to_owned())
}

/// A scene whose store holds what was said long ago.
fn with_past() -> Scene {
    let scene = Scene::new();
    let mut store = scene.store();
    scene.know(&mut store, scene.general, true);
    scene.know(&mut store, scene.games, true);
    let batch = store.batch().unwrap();
    for (id, name) in [(scene.ann, "ann"), (scene.ben, "ben"), (77, "carl")] {
        let author = Author {
            id,
            name: name.to_owned(),
            display_name: name.to_owned(),
            is_bot: false,
        };
        batch.upsert_author(&author, 1).unwrap();
    }
    let past = [
        (11, scene.general, scene.ann, "pizza is on friday"),
        (12, scene.general, scene.ben, "rain again"),
        (13, scene.games, scene.ben, "pool party"),
        (14, scene.general, 77, "please leave me out"),
        (15, scene.secret, scene.ben, "password is swordfish"),
        (16, scene.general, scene.ben, "pasta on monday"),
    ];
    for (id, channel_id, author_id, content) in past {
        let message = Message {
            id,
            channel_id,
            author_id,
            timestamp_ms: 1_000 * id as i64,
            content: content.to_owned(),
            ..Message::default()
        };
        batch.upsert_message(&message, 1).unwrap();
    }
    batch.commit().unwrap();
    recall().embed_new(&mut store, &Silent).unwrap();
    assert!(store.set_opted_out(77, true).unwrap());
    scene
}

fn asked(config: BotConfig, scene: &Scene) -> Vec<String> {
    let model = Stub::saying("ok");
    let looks = scene.looks();
    let bot = scene.launch_with(config, Some(recall()), model.url());
    scene.wait_for_bot(looks);
    let before = scene.server.written_by_bot().len();
    scene.ask(scene.general, scene.ann, "plans?");
    scene.written(before + 1);
    bot.stop().unwrap();
    scene.check();
    model.asked().remove(0)
}

#[test]
fn what_resembles_the_question_comes_first_and_from_its_channel() {
    let scene = with_past();
    // Not the other topic, not the other channel, not who opted out, not what is not allowed.
    assert_eq!(
        asked(scene.config(), &scene),
        [
            "u1: pizza is on friday",
            "u2: pasta on monday",
            "u1: @u0 plans?"
        ]
    );
}

#[test]
fn everywhere_is_everywhere_that_is_allowed() {
    let scene = with_past();
    let config = BotConfig {
        retrieve_everywhere: true,
        ..scene.config()
    };
    assert_eq!(
        asked(config, &scene),
        [
            "u1: pizza is on friday",
            "u2: pool party",
            "u2: pasta on monday",
            "u1: @u0 plans?"
        ]
    );
}

#[test]
fn it_can_be_switched_off() {
    let scene = with_past();
    let config = BotConfig {
        retrieved: 0,
        ..scene.config()
    };
    assert_eq!(asked(config, &scene), ["u1: @u0 plans?"]);
}
