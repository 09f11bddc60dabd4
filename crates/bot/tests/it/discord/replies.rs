//! How replies reach the channel: split, streamed, in spite of faults, and only once.

use std::time::Duration;

use bot::{BotConfig, text::MESSAGE_MAX};
use discord_server::{Fault, Matching, TooMany};

use super::{scene::Scene, stub::Stub};

#[test]
fn a_long_reply_comes_in_parts_with_its_code_whole() {
    let scene = Scene::new();
    let code = "let x = 1;\n".repeat(300);
    let model = Stub::saying(&format!("look at this:\n```rust\n{code}```\nnice?"));
    let bot = scene.start(scene.config(), &model);
    let asked = scene.ask(scene.general, scene.ann, "show me");
    let written = scene.written(2);
    assert_eq!(written[0].reply_to, Some(asked));
    assert_eq!(written[1].reply_to, None);
    for part in &written {
        assert!(part.content.chars().count() <= MESSAGE_MAX);
        assert_eq!(
            part.content.matches("```").count() % 2,
            0,
            "{}",
            part.content
        );
    }
    assert!(written[1].content.starts_with("```rust\n"));
    assert!(written[1].content.ends_with("nice?"));
    bot.stop().unwrap();
    // Together they are one message of the live memory.
    let memory = scene.store().memory(scene.general, 9).unwrap();
    assert_eq!(memory.len(), 2);
    scene.check();
}

#[test]
fn lost_answers_and_refusals_change_nothing_and_double_nothing() {
    let scene = Scene::new();
    let model = Stub::saying("once");
    let bot = scene.start(scene.config(), &model);
    let messages = || Matching::new("POST", "/messages");
    for (number, fault) in [
        Fault::CutAfter,
        Fault::CutBody,
        Fault::Cut,
        Fault::Status(502),
        Fault::TooMany(TooMany::seconds(0.02)),
    ]
    .into_iter()
    .enumerate()
    {
        scene
            .server
            .faults(|faults| faults.plan(messages(), 2, fault));
        let asked = scene.ask(scene.general, scene.ann, &format!("try {number}"));
        let written = scene.written(number + 1);
        assert_eq!(written[number].reply_to, Some(asked));
    }
    scene.wait("the last to be noted", |_| {
        bot.count(|counted| &counted.answered) == 5
    });
    bot.stop().unwrap();
    scene.written(5);
    scene.check();
}

#[test]
fn it_types_while_it_thinks_and_answers_though_typing_fails() {
    let scene = Scene::new();
    let model = Stub::gated("thought");
    let bot = scene.start(scene.config(), &model);
    scene.server.faults(|faults| {
        faults.plan(Matching::new("POST", "/typing"), 999, Fault::Status(503));
    });
    for count in 1..=2 {
        scene.ask(scene.general, scene.ann, "think");
        scene.wait("typing", |scene| {
            let requests = scene.server.requests();
            let typing = requests
                .iter()
                .filter(|request| request.path.ends_with("/typing"));
            typing.count() >= count
        });
        model.release(1);
        scene.written(count);
    }
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn a_streamed_reply_is_one_message_that_grows() {
    let scene = Scene::new();
    let words: Vec<String> = (0..30).map(|number| format!("word{number}")).collect();
    let text = words.join(" ");
    let model = Stub::slowly(&text, Duration::from_millis(100));
    let config = BotConfig {
        stream: true,
        ..scene.config()
    };
    let bot = scene.start(config, &model);
    let asked = scene.ask(scene.general, scene.ann, "tell me");
    scene.wait("the end", |scene| {
        let written = scene.server.written_by_bot();
        written
            .first()
            .is_some_and(|message| message.content == text)
    });
    assert_eq!(scene.written(1)[0].reply_to, Some(asked));
    scene.wait("the record", |_| {
        bot.count(|counted| &counted.answered) == 1
    });
    let requests = scene.server.requests();
    let edits: Vec<_> = requests
        .iter()
        .filter(|request| request.method == "PATCH")
        .collect();
    assert!(edits.len() >= 2, "{}", edits.len());
    // The last edit comes when the reply is finished; all before it are a second apart.
    for pair in edits[..edits.len() - 1].windows(2) {
        assert!(pair[1].at - pair[0].at >= Duration::from_millis(900));
    }
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn nothing_is_sent_where_nothing_is_said() {
    let scene = Scene::new();
    let model = Stub::new(|prompt| {
        if prompt.last().unwrap().ends_with("nothing") {
            "u5: \n@u99 \u{200B}".to_owned()
        } else {
            "something".to_owned()
        }
    });
    let bot = scene.start(scene.config(), &model);
    scene.ask(scene.general, scene.ann, "say nothing");
    let asked = scene.ask(scene.general, scene.ann, "say something");
    assert_eq!(scene.written(1)[0].reply_to, Some(asked));
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn the_current_reply_is_finished_before_it_leaves() {
    let scene = Scene::new();
    let model = Stub::gated("goodbye");
    let bot = scene.start(scene.config(), &model);
    scene.ask(scene.general, scene.ann, "one");
    scene.wait("the question", |_| model.asked().len() == 1);
    scene.ask(scene.general, scene.ann, "two");
    scene.wait("the second question", |_| {
        bot.count(|counted| &counted.seen) == 2
    });
    let stopping = std::thread::spawn(move || bot.stop());
    model.release(5);
    stopping.join().unwrap().unwrap();
    assert!(!scene.server.written_by_bot().is_empty());
    scene.check();
}
