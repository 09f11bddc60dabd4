//! Orders as messages and as slash commands.

use bot::{BotConfig, Ended};
use serde_json::{Value, json};

use super::{scene::Scene, stub::Stub};

/// What a slash command is answered with.
pub(super) fn called(scene: &Scene, user: u64, name: &str, options: &Value) -> String {
    let id = scene.server.command(scene.general, user, name, options);
    let answer = || {
        scene
            .server
            .interaction(id)
            .and_then(|interaction| interaction.content)
    };
    scene.wait("an answer to a command", |_| answer().is_some());
    let interaction = scene.server.interaction(id).unwrap();
    assert!(interaction.deferred && interaction.ephemeral);
    assert!(interaction.waited().unwrap().as_secs() < 3);
    answer().unwrap()
}

/// What an order in a message is answered with.
fn ordered(scene: &Scene, text: &str) -> String {
    let before = scene.server.written_by_bot().len();
    let order = scene.server.post(scene.general, scene.admin, text);
    let written = scene.written(before + 1);
    assert_eq!(written[before].reply_to, Some(order));
    written[before].content.clone()
}

#[test]
fn commands_are_registered_and_answered_to_whoever_called() {
    let scene = Scene::new();
    let bot = scene.start(scene.config(), &Stub::saying("hi"));
    scene.wait("the commands", |scene| scene.server.commands(0).len() == 13);
    let help = called(&scene, scene.ann, "help", &json!([]));
    assert!(
        help.contains("/optout") && !help.contains("setrate"),
        "{help}"
    );
    let help = called(&scene, scene.admin, "help", &json!([]));
    assert!(help.contains("!setrate 5%"), "{help}");
    let refused = called(&scene, scene.ann, "status", &json!([]));
    assert!(refused.contains("only the admins"), "{refused}");
    let status = called(&scene, scene.admin, "status", &json!([]));
    assert!(
        status.contains("stub") && status.contains("0 waiting"),
        "{status}"
    );
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn settings_hold_from_the_next_message_on() {
    let scene = Scene::new();
    let model = Stub::saying("hi");
    let bot = scene.start(scene.config(), &model);
    assert!(ordered(&scene, "!setrate 100%").contains("100%"));
    let joined = scene.server.post(scene.games, scene.ann, "anyone?");
    let written = scene.written(2);
    assert_eq!(written[1].reply_to, Some(joined));
    assert!(ordered(&scene, "!settemp 0.25").contains("0.25"));
    assert!(ordered(&scene, "!setmaxlen 17").contains("17"));
    scene.server.post(scene.games, scene.ann, "anyone else?");
    scene.written(5);
    let body = model.bodies().pop().unwrap();
    assert_eq!(
        (&body["temperature"], &body["max_tokens"]),
        (&json!(0.25), &json!(17))
    );
    ordered(&scene, "!mentions-only on");
    scene.server.post(scene.games, scene.ann, "still there?");
    let asked = scene.ask(scene.games, scene.ann, "still there?");
    assert_eq!(scene.written(7)[6].reply_to, Some(asked));
    let off = format!("!channels off <#{}>", scene.games);
    ordered(&scene, &off);
    scene.ask(scene.games, scene.ann, "and now?");
    let answer = ordered(&scene, "!channels");
    assert!(
        answer.contains(&format!("<#{}>: silent", scene.games)),
        "{answer}"
    );
    assert!(!answer.contains(&scene.secret.to_string()), "{answer}");
    bot.stop().unwrap();
    scene.written(9);
    scene.check();
}

#[test]
fn orders_of_others_are_words_and_wrong_ones_are_explained() {
    let scene = Scene::new();
    let model = Stub::saying("what?");
    let bot = scene.start(scene.config(), &model);
    scene.server.post(scene.general, scene.ann, "!setrate 100%");
    scene.wait("it to be read", |_| bot.count(|counted| &counted.seen) == 1);
    assert_eq!(
        ordered(&scene, "!setrate often"),
        "expected a share such as `5%` or `0.05`, found `often`"
    );
    scene
        .server
        .post(scene.general, scene.admin, "!important: no order");
    scene.wait("it to be read", |_| bot.count(|counted| &counted.seen) == 2);
    scene.ask(scene.general, scene.ben, "hi");
    scene.written(2);
    let context = model.asked().pop().unwrap();
    assert_eq!(
        context,
        [
            "u1: !setrate 100%",
            "u2: !important: no order",
            "u3: @u0 hi"
        ]
    );
    assert_eq!(
        scene.store().setting(scene.guild, "probability").unwrap(),
        None
    );
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn members_opt_out_and_see_what_is_held_of_them() {
    let scene = Scene::new();
    let bot = scene.start(scene.config(), &Stub::saying("hi"));
    let answer = called(&scene, scene.ann, "optout", &json!([]));
    assert!(answer.contains("nothing that you wrote"), "{answer}");
    assert!(scene.store().author(scene.ann).unwrap().unwrap().opted_out);
    let data = called(&scene, scene.ann, "botdata", &json!([]));
    assert!(
        data.contains("you opted out") && data.contains("0 messages"),
        "{data}"
    );
    called(&scene, scene.ann, "optin", &json!([]));
    assert!(!scene.store().author(scene.ann).unwrap().unwrap().opted_out);
    bot.stop().unwrap();
    scene.check();
}

#[test]
fn of_whoever_opted_out_only_questions_are_read_and_of_whoever_is_forgotten_nothing() {
    let scene = Scene::new();
    let model = Stub::saying("hi");
    let bot = scene.start(scene.config(), &model);
    called(&scene, scene.ann, "optout", &json!([]));
    for (number, (user, text)) in [(scene.ann, "I am ann"), (scene.ben, "I am ben")]
        .into_iter()
        .enumerate()
    {
        scene.server.post(scene.general, user, text);
        scene.wait("it to be read", |_| {
            bot.count(|counted| &counted.seen) == number + 1
        });
    }
    scene.ask(scene.general, scene.admin, "who is there?");
    scene.written(1);
    assert_eq!(model.asked()[0], ["u2: I am ben", "u3: @u0 who is there?"]);
    scene.ask(scene.general, scene.ann, "and I?");
    scene.written(2);
    assert_eq!(
        model.asked()[1],
        [
            "u2: I am ben",
            "u3: @u0 who is there?",
            "u0: hi",
            "u1: @u0 and I?"
        ]
    );
    let options = json!([{"name": "member", "type": 6, "value": scene.ben.to_string()}]);
    let answer = called(&scene, scene.admin, "forget", &options);
    assert!(answer.contains("removed"), "{answer}");
    scene.ask(scene.general, scene.ben, "do you know me?");
    scene.ask(scene.general, scene.admin, "and now?");
    scene.written(3);
    let context = model.asked()[2].join("\n");
    assert!(
        !context.contains("ben") && !context.contains("know me"),
        "{context}"
    );
    bot.stop().unwrap();
    assert_eq!(model.asked().len(), 3);
    scene.check();
}

#[test]
fn an_admin_restarts_it_and_nobody_else() {
    let scene = Scene::new();
    let config = BotConfig {
        stop_seconds: 5,
        ..scene.config()
    };
    let mut bot = scene.start(config, &Stub::saying("hi"));
    called(&scene, scene.ann, "restart", &json!([]));
    assert!(ordered(&scene, "!status").contains("being answered"));
    scene.server.post(scene.general, scene.admin, "!restart");
    assert_eq!(bot.wait().unwrap(), Ended::Restart);
    scene.check();
}

#[test]
fn an_admin_has_it_read_what_is_new() {
    let scene = Scene::new();
    let bot = scene.start(scene.config(), &Stub::saying("hi"));
    let said = scene
        .server
        .post(scene.games, scene.ann, "for the next training");
    scene
        .server
        .post(scene.secret, scene.ann, "not for the next training");
    assert!(ordered(&scene, "!fetch").contains("I read what is new"));
    scene.wait("the store", |scene| {
        let messages = scene.store().messages_of_channel(scene.games).unwrap();
        messages.iter().any(|message| message.id == said)
    });
    let hidden = scene.store().messages_of_channel(scene.secret).unwrap();
    assert_eq!(hidden, []);
    bot.stop().unwrap();
    scene.check();
}
