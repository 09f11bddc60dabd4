//! What was missed, what was begun, and what the gateway does not allow.

use bot::{BotConfig, Error};
use discord_server::{Trouble, intents};
use persona_core::Hint;

use super::{scene::Scene, stub::Stub};

#[test]
fn what_was_written_before_it_came_is_context_and_not_answered() {
    let scene = Scene::new();
    let model = Stub::saying("hi");
    scene.ask(scene.general, scene.ann, "before you came");
    let bot = scene.start(scene.config(), &model);
    scene.wait("the memory", |scene| {
        !scene.store().memory(scene.general, 5).unwrap().is_empty()
    });
    scene.ask(scene.general, scene.ben, "and now?");
    scene.written(1);
    assert_eq!(
        model.asked(),
        [["u1: @u0 before you came", "u2: @u0 and now?"]]
    );
    bot.stop().unwrap();
    // Nor after a restart.
    let bot = scene.start(scene.config(), &model);
    scene.ask(scene.games, scene.ben, "hello again");
    let written = scene.written(2);
    assert_eq!(written[1].channel_id, scene.games);
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn what_it_missed_is_answered_when_it_is_young() {
    let scene = Scene::new();
    let model = Stub::saying("hi");
    let bot = scene.start(scene.config(), &model);
    scene.ask(scene.general, scene.ann, "one");
    scene.written(1);
    bot.stop().unwrap();
    let missed = scene.ask(scene.general, scene.ann, "two");
    let bot = scene.start(scene.config(), &model);
    assert_eq!(scene.written(2)[1].reply_to, Some(missed));
    bot.stop().unwrap();
    // The limit is 0 minutes: what was missed is too old.
    scene.ask(scene.general, scene.ann, "three");
    let strict = BotConfig {
        answer_within_minutes: 0,
        ..scene.config()
    };
    let bot = scene.start(strict, &model);
    scene.wait("three to be read", |scene| {
        scene.store().memory(scene.general, 9).unwrap().len() == 5
    });
    bot.stop().unwrap();
    scene.written(2);
    scene.check();
}

#[test]
fn a_lost_session_loses_no_message_and_doubles_no_answer() {
    let scene = Scene::new();
    let model = Stub::saying("hi");
    let bot = scene.start(scene.config(), &model);
    for (round, trouble) in [
        Trouble::Cut,
        Trouble::Reconnect,
        Trouble::LoseSessions,
        Trouble::Close(4009),
    ]
    .into_iter()
    .enumerate()
    {
        scene.ask(scene.general, scene.ann, "before");
        scene.written(2 * round + 1);
        scene.server.trouble(trouble);
        scene.ask(scene.general, scene.ann, "meanwhile");
        scene.written(2 * round + 2);
        scene.wait("the connection", |scene| scene.server.connected() == 1);
    }
    bot.stop().unwrap();
    scene.written(8);
    scene.check();
}

#[test]
fn direct_messages_that_it_missed_are_answered_too() {
    let scene = Scene::new();
    let model = Stub::saying("psst");
    let private = scene.server.change(|world| world.direct(scene.ann));
    let open = BotConfig {
        direct_messages: true,
        ..scene.config()
    };
    let bot = scene.start(open.clone(), &model);
    scene.server.post(private, scene.ann, "before");
    scene.written(1);
    scene.server.trouble(Trouble::LoseSessions);
    scene.server.post(private, scene.ann, "meanwhile");
    scene.written(2);
    bot.stop().unwrap();
    let missed = scene.server.post(private, scene.ann, "and now?");
    let bot = scene.start(open, &model);
    assert_eq!(scene.written(3)[2].reply_to, Some(missed));
    bot.stop().unwrap();
    // Switched off, they are not even read.
    scene.server.post(private, scene.ann, "still there?");
    let bot = scene.start(scene.config(), &model);
    scene.ask(scene.general, scene.ben, "hello!");
    assert_eq!(scene.written(4)[3].channel_id, scene.general);
    bot.stop().unwrap();
    assert_eq!(scene.store().memory(private, 9).unwrap().len(), 6);
    scene.check();
}

#[test]
fn what_an_earlier_process_took_on_is_answered_once() {
    let scene = Scene::new();
    let model = Stub::saying("hi");
    let bot = scene.start(scene.config(), &model);
    scene.wait("it to look around", |scene| {
        scene.store().last_seen(scene.general).unwrap().is_some()
    });
    bot.stop().unwrap();
    // Killed between the claim and the reply, and between the reply and its record.
    let unanswered = scene.ask(scene.general, scene.ann, "one");
    let answered = scene.ask(scene.general, scene.ben, "two");
    let me = scene.me();
    scene
        .server
        .post_with(scene.general, me, "early", |message| {
            message.replying(answered)
        });
    let store = scene.store();
    for message in [unanswered, answered] {
        assert!(store.claim(message, scene.general, 0).unwrap());
    }
    drop(store);
    let bot = scene.start(scene.config(), &model);
    let written = scene.written(2);
    assert_eq!(written[1].reply_to, Some(unanswered));
    bot.stop().unwrap();
    scene.written(2);
    let store = scene.store();
    assert_eq!(store.answer(answered).unwrap(), Some(written[0].id));
    scene.check();
}

#[test]
fn edits_and_deletions_reach_the_memory() {
    let scene = Scene::new();
    let model = Stub::saying("hi");
    let bot = scene.start(scene.config(), &model);
    let edited = scene.server.post(scene.general, scene.ann, "I hate you");
    scene.wait("the first", |_| bot.count(|counted| &counted.seen) == 1);
    let deleted = scene.server.post(scene.general, scene.ben, "never mind");
    scene.wait("both", |_| bot.count(|counted| &counted.seen) == 2);
    scene.server.edit(scene.general, edited, "I like you");
    scene.server.delete(scene.general, deleted);
    scene.wait("the changes", |scene| {
        let memory = scene.store().memory(scene.general, 5).unwrap();
        memory.len() == 1 && memory[0].content == "I like you"
    });
    scene.ask(scene.general, scene.ben, "so?");
    scene.written(1);
    assert_eq!(model.asked()[0], ["u1: I like you", "u2: @u0 so?"]);
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn a_message_that_goes_while_it_waits_is_not_answered() {
    let scene = Scene::new();
    let model = Stub::gated("hi");
    let bot = scene.start(scene.config(), &model);
    scene.ask(scene.general, scene.ann, "one");
    scene.wait("the question", |_| model.asked().len() == 1);
    let gone = scene.ask(scene.general, scene.ben, "two");
    scene.wait("the second", |_| bot.count(|counted| &counted.seen) == 2);
    scene.server.delete(scene.general, gone);
    let asked = scene.ask(scene.general, scene.ben, "three");
    scene.wait("the third", |_| bot.count(|counted| &counted.seen) == 3);
    model.release(9);
    assert_eq!(scene.written(2)[1].reply_to, Some(asked));
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn intents_are_few_and_a_missing_one_is_explained() {
    let scene = Scene::new();
    let model = Stub::saying("hi");
    let bot = scene.start(scene.config(), &model);
    bot.stop().unwrap();
    let asked = scene.server.identifies()[0].intents;
    let least = intents::GUILDS
        | intents::GUILD_MESSAGES
        | intents::GUILD_MESSAGE_REACTIONS
        | intents::MESSAGE_CONTENT;
    assert_eq!(asked, least);
    scene.server.disallow_intents(intents::MESSAGE_CONTENT);
    let error = scene.launch(scene.config(), &model).wait().unwrap_err();
    assert!(matches!(error, Error::Intents), "{error:?}");
    assert!(error.hint().unwrap().contains("Message Content Intent"));
    assert!(error.is_hopeless());
}
