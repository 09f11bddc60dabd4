//! Reactions to the bot's messages.

use persona_store::FeedbackRow;

use super::{scene::Scene, stub::Stub};

fn row(scene: &Scene, message: u64) -> FeedbackRow {
    scene.store().feedback_of(message).unwrap().unwrap()
}

#[test]
fn reactions_are_counted_with_prompt_and_reply_and_counted_back() {
    let scene = Scene::new();
    let model = Stub::saying("@u1 is right");
    let bot = scene.start(scene.config(), &model);
    scene.ask(scene.general, scene.ann, "am I right?");
    let sent = scene.written(1).remove(0);
    assert_eq!(sent.content, "@ann is right");
    scene.wait("the record", |_| {
        bot.count(|counted| &counted.answered) == 1
    });
    let counts = |positive, negative| {
        scene.wait("the counts", |scene| {
            let row = row(scene, sent.id);
            (row.positive, row.negative) == (positive, negative)
        });
    };
    scene.server.react(scene.general, sent.id, scene.ann, "👍");
    counts(1, 0);
    scene.server.react(scene.general, sent.id, scene.ben, "👎");
    counts(1, 1);
    scene.server.react(scene.general, sent.id, scene.ben, "🤷");
    scene
        .server
        .unreact(scene.general, sent.id, scene.ann, "👍");
    counts(0, 1);
    let row = row(&scene, sent.id);
    assert_eq!(row.reply, "@u1 is right", "as the model wrote it");
    assert_eq!(row.prompt.last().unwrap().content, "u1: @u0 am I right?");
    assert!(!row.retracted);
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn an_admin_takes_a_message_back() {
    let scene = Scene::new();
    let model = Stub::saying("rude words");
    let bot = scene.start(scene.config(), &model);
    scene.ask(scene.general, scene.ann, "say something");
    let sent = scene.written(1).remove(0);
    scene.wait("the record", |_| {
        bot.count(|counted| &counted.answered) == 1
    });
    scene
        .server
        .react(scene.general, sent.id, scene.admin, "👎");
    scene.wait("the message to go", |scene| {
        scene.server.written_by_bot().is_empty()
    });
    assert!(row(&scene, sent.id).retracted);
    scene.ask(scene.general, scene.ann, "what was that?");
    scene.written(1);
    let context = model.asked().pop().unwrap().join("\n");
    assert!(!context.contains("rude"), "{context}");
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn a_long_reply_is_judged_and_taken_back_as_a_whole() {
    let scene = Scene::new();
    let model = Stub::saying(&"word ".repeat(900));
    let bot = scene.start(scene.config(), &model);
    scene.ask(scene.general, scene.ann, "tell me more");
    let sent = scene.written(3);
    scene.wait("the record", |_| {
        bot.count(|counted| &counted.answered) == 1
    });
    let counts = |positive| {
        scene.wait("the counts", |scene| {
            row(scene, sent[0].id).positive == positive
        });
    };
    scene
        .server
        .react(scene.general, sent[2].id, scene.ann, "👍");
    counts(1);
    scene
        .server
        .react(scene.general, sent[0].id, scene.ben, "👍");
    counts(2);
    // An answer to the last part is an answer to the bot.
    let last = sent[2].id;
    let asked = scene
        .server
        .reply(scene.general, scene.ben, "and then?", last);
    scene.written(6);
    let asked = scene.store().remembered(asked).unwrap().unwrap();
    assert_eq!(asked.reply_to, Some(sent[0].id));
    scene
        .server
        .react(scene.general, sent[1].id, scene.admin, "👎");
    scene.wait("all parts to go", |scene| {
        let written = scene.server.written_by_bot();
        written
            .iter()
            .all(|own| sent.iter().all(|part| part.id != own.id))
    });
    assert!(row(&scene, sent[0].id).retracted);
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn what_others_wrote_is_not_counted() {
    let scene = Scene::new();
    let bot = scene.start(scene.config(), &Stub::saying("hi"));
    let message = scene.server.post(scene.general, scene.ann, "look");
    scene.server.react(scene.general, message, scene.ben, "👍");
    scene.ask(scene.general, scene.ben, "hi");
    scene.written(1);
    bot.stop().unwrap();
    assert_eq!(scene.store().feedback_of(message).unwrap(), None);
    scene.check();
}
