//! Triggers: which messages are answered, in which channels, and which are dropped.

use bot::{BotConfig, BotEnd};

use super::{scene::Scene, stub::Stub};

#[test]
fn mentions_and_replies_are_answered_in_a_thread_of_replies() {
    let scene = Scene::new();
    let model = Stub::saying("hello you");
    let bot = scene.start(scene.config(), &model);
    let asked = scene.ask(scene.general, scene.ann, "are you there?");
    let first = scene.written(1).remove(0);
    assert_eq!(
        (&*first.content, first.reply_to),
        ("hello you", Some(asked))
    );
    // An answer to the bot's message is enough, without a mention.
    let me = scene.me();
    let again = scene
        .server
        .post_with(scene.general, scene.ben, "really?", |message| {
            let mut message = message.replying(first.id);
            message.mentions.retain(|mention| *mention != me);
            message
        });
    let second = scene.written(2).remove(1);
    assert_eq!(second.reply_to, Some(again));
    assert_eq!(
        model.asked()[1],
        [
            "u1: @u0 are you there?".to_owned(),
            "u0: hello you".to_owned(),
            "u2: really?".to_owned()
        ]
    );
    assert_eq!(bot.stop().unwrap(), BotEnd::Stopped);
    scene.check();
}

#[test]
fn what_nobody_asked_is_answered_by_chance_only() {
    let scene = Scene::new();
    let model = Stub::saying("hm");
    let bot = scene.start(scene.config(), &model);
    for text in ["one", "two", "three"] {
        scene.server.post(scene.general, scene.ann, text);
    }
    let asked = scene.ask(scene.general, scene.ann, "and you?");
    assert_eq!(scene.written(1)[0].reply_to, Some(asked));
    bot.stop().unwrap();
    let always = BotConfig {
        probability: 1.0,
        ..scene.config()
    };
    let bot = scene.start(always, &model);
    let unasked = scene.server.post(scene.games, scene.ann, "four");
    assert_eq!(scene.written(2)[1].reply_to, Some(unasked));
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn other_programs_and_closed_channels_are_never_answered() {
    let scene = Scene::new();
    let model = Stub::new(|prompt| format!("heard {}", prompt.len()));
    let always = BotConfig {
        probability: 1.0,
        ..scene.config()
    };
    let bot = scene.start(always, &model);
    let other = scene.server.change(|world| world.bot("other"));
    scene.ask(scene.general, other, "hello, colleague");
    scene
        .server
        .post_with(scene.general, scene.ann, "from a hook", |mut message| {
            message.webhook_id = Some(77);
            message
        });
    scene.ask(scene.secret, scene.ann, "can you hear me?");
    let thread = scene.server.add_thread(
        scene.secret,
        discord_server::Kind::PublicThread,
        "inside",
        scene.ann,
    );
    scene.ask(thread, scene.ann, "and here?");
    let open = scene.server.add_thread(
        scene.general,
        discord_server::Kind::PublicThread,
        "outside",
        scene.ann,
    );
    let asked = scene.ask(open, scene.ann, "here?");
    let written = scene.written(1);
    assert_eq!(
        (written[0].channel_id, written[0].reply_to),
        (open, Some(asked))
    );
    assert_eq!(
        model.asked(),
        [["u1: @u0 here?"]],
        "nothing else is in its memory"
    );
    bot.stop().unwrap();
    assert_eq!(scene.written(1).len(), 1);
    scene.check();
}

#[test]
fn a_conversation_goes_on_with_the_one_it_is_with() {
    let scene = Scene::new();
    let model = Stub::saying("sure");
    let talks = BotConfig {
        active_minutes: 3,
        active_messages: 2,
        ..scene.config()
    };
    let bot = scene.start(talks, &model);
    scene.ask(scene.general, scene.ann, "hi");
    scene.written(1);
    // The active conversation follows from the live memory.
    scene.wait("the record", |_| {
        bot.count(|counted| &counted.answered) == 1
    });
    scene.server.post(scene.general, scene.ben, "not to you");
    let follows = scene.server.post(scene.general, scene.ann, "how are you");
    let written = scene.written(2);
    assert_eq!(written[1].reply_to, Some(follows));
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn direct_messages_are_answered_where_that_is_switched_on() {
    let scene = Scene::new();
    let model = Stub::saying("psst");
    let private = scene.server.change(|world| world.direct(scene.ann));
    let bot = scene.start(scene.config(), &model);
    scene.server.post(private, scene.ann, "hello?");
    scene.ask(scene.general, scene.ben, "hello!");
    assert_eq!(scene.written(1)[0].channel_id, scene.general);
    bot.stop().unwrap();
    let open = BotConfig {
        direct_messages: true,
        ..scene.config()
    };
    let bot = scene.start(open, &model);
    scene.server.post(private, scene.ann, "and now?");
    assert_eq!(scene.written(2)[1].channel_id, private);
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn a_full_queue_drops_the_oldest_and_answers_the_newest() {
    let scene = Scene::new();
    let model = Stub::gated("done");
    let config = BotConfig {
        queue_max: 2,
        ..scene.config()
    };
    let bot = scene.start(config, &model);
    let asked: Vec<u64> = (0..6)
        .map(|number| {
            let id = scene.ask(scene.general, scene.ann, &format!("question {number}"));
            // The first one is being answered before the others come.
            scene.wait("the question to be seen", |_| {
                bot.count(|counted| &counted.seen) == number + 1 && !model.asked().is_empty()
            });
            id
        })
        .collect();
    // Another channel does not wait.
    let elsewhere = scene.ask(scene.games, scene.ben, "and here?");
    scene.wait("the other channel", |_| model.asked().len() == 2);
    scene.wait("the drops", |_| bot.count(|counted| &counted.dropped) == 3);
    model.release(9);
    let mut answered: Vec<u64> = scene
        .written(4)
        .iter()
        .filter_map(|message| message.reply_to)
        .collect();
    answered.sort_unstable();
    assert_eq!(answered, [asked[0], asked[4], asked[5], elsewhere]);
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn between_two_answers_to_one_person_lies_a_pause() {
    let scene = Scene::new();
    let model = Stub::saying("ok");
    let config = BotConfig {
        pause_seconds: 3600.0,
        ..scene.config()
    };
    let bot = scene.start(config, &model);
    scene.ask(scene.general, scene.ann, "one");
    scene.written(1);
    scene.ask(scene.games, scene.ann, "two");
    scene.ask(scene.games, scene.ben, "three");
    let written = scene.written(2);
    assert_eq!(written[1].channel_id, scene.games);
    assert_eq!(bot.count(|counted| &counted.dropped), 1);
    bot.stop().unwrap();
    scene.check();
}
