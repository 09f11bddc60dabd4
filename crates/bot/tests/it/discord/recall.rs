//! Past messages in the context: which are found, and which must not be.

use std::sync::{Arc, Condvar, Mutex};

use bot::BotConfig;
use persona_core::{Author, Message, Silent};
use persona_model::embed::Embedder;
use persona_recall::Recall;

use super::{commands::called, scene::Scene, stub::Stub};

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

/// What the model is asked when somebody asks for plans, after another message was looked up to which the same is alike:
/// whichever of the two searches is ready by then.
fn asked(config: BotConfig, scene: &Scene) -> Vec<String> {
    let model = Stub::saying("ok");
    let looks = scene.looks();
    let bot = scene.launch_with(config, Some(recall()), model.url());
    scene.wait_for_bot(looks);
    scene.server.post(scene.general, scene.ben, "pets");
    scene.wait("the search for it", |_| {
        bot.count(|counted| &counted.looked_up) == 1
    });
    scene.ask(scene.general, scene.ann, "plans?");
    scene.written(1);
    bot.stop().unwrap();
    scene.check();
    model.asked().remove(0)
}

#[test]
fn what_resembles_the_talk_stands_before_the_question_and_comes_from_its_channel() {
    let scene = with_past();
    // Not the other topic, not the other channel, not who opted out, not what is not allowed.
    assert_eq!(
        asked(scene.config(), &scene),
        [
            "u2: pets",
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
            "u2: pets",
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
    let model = Stub::saying("ok");
    let looks = scene.looks();
    let bot = scene.launch_with(config, Some(recall()), model.url());
    scene.wait_for_bot(looks);
    scene.ask(scene.general, scene.ann, "plans?");
    scene.written(1);
    assert_eq!(bot.count(|counted| &counted.looked_up), 0);
    bot.stop().unwrap();
    assert_eq!(model.asked(), [["u1: @u0 plans?"]]);
}

/// An embedder that waits in the middle of its work until it is let go on.
struct Held(Arc<(Mutex<usize>, Condvar)>);

impl Embedder for Held {
    fn name(&self) -> &'static str {
        "first-letter"
    }

    fn embed(&self, texts: &[&str]) -> persona_model::Result<Vec<Vec<f32>>> {
        let (permits, given) = &*self.0;
        let mut permits = given
            .wait_while(permits.lock().unwrap(), |permits| *permits == 0)
            .unwrap();
        *permits -= 1;
        FirstLetter.embed(texts)
    }
}

#[test]
fn no_reply_waits_for_a_search_and_a_late_one_serves_the_next_reply() {
    let scene = with_past();
    let gate: Arc<(Mutex<usize>, Condvar)> = Arc::default();
    let release = |permits: usize| {
        *gate.0.lock().unwrap() += permits;
        gate.1.notify_all();
    };
    let held = Recall::new(Box::new(Held(gate.clone())), "first-letter".to_owned());
    let model = Stub::saying("ok");
    let looks = scene.looks();
    let bot = scene.launch_with(scene.config(), Some(held), model.url());
    scene.wait_for_bot(looks);
    scene.ask(scene.general, scene.ann, "plans?");
    scene.written(1);
    assert_eq!(model.asked(), [["u1: @u0 plans?"]], "the search is held");
    // Two messages while it is held: only the latest of them is looked up.
    for text in ["rice", "zebra"] {
        scene.server.post(scene.general, scene.ben, text);
    }
    scene.wait("both messages", |_| bot.count(|counted| &counted.seen) == 3);
    release(1);
    scene.wait("the first search", |_| {
        bot.count(|counted| &counted.looked_up) == 1
    });
    scene.ask(scene.general, scene.ann, "so?");
    scene.written(2);
    let expected = [
        "u1: @u0 plans?",
        "u0: ok",
        "u2: rice\nzebra",
        "u1: pizza is on friday",
        "u2: pasta on monday",
        "u1: @u0 so?",
    ];
    assert_eq!(model.asked()[1], expected);
    release(2);
    scene.wait("the other searches", |_| {
        bot.count(|counted| &counted.looked_up) == 3
    });
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn who_opts_out_after_a_search_is_left_out_of_what_it_found() {
    let scene = with_past();
    let model = Stub::saying("ok");
    let looks = scene.looks();
    let bot = scene.launch_with(scene.config(), Some(recall()), model.url());
    scene.wait_for_bot(looks);
    scene.server.post(scene.general, scene.ann, "plans?");
    scene.wait("the search for it", |_| {
        bot.count(|counted| &counted.looked_up) == 1
    });
    called(&scene, scene.ben, "optout", &serde_json::json!([]));
    scene.ask(scene.general, scene.ann, "plans!");
    scene.written(1);
    bot.stop().unwrap();
    let expected = ["u1: pizza is on friday", "u1: plans?\n@u0 plans!"];
    assert_eq!(model.asked(), [expected]);
}
