//! Every typed call, against Discord's description of its API.

use discord_server::{Access, Kind};
use persona_discord::{PagePosition, ThreadList};
use serde_json::json;

use crate::support::{TestChannel, block_on};

#[test]
fn what_the_bot_asks_and_says_fits_the_description() {
    let scene = TestChannel::new();
    let rest = scene.rest();
    let me = scene.server.world(|world| world.me);
    let asked = scene.server.post(scene.channel, scene.user, "hello <@5>");
    block_on(async {
        assert_eq!(rest.me().await.unwrap().id, me);
        let application = rest.application().await.unwrap();
        assert!(application.message_content && application.id == me);
        assert_eq!(
            rest.gateway().await.unwrap().url,
            scene.server.gateway_url()
        );
        assert_eq!(rest.guild(scene.guild).await.unwrap().name, "Workshop");
        rest.typing(scene.channel).await.unwrap();
        let body = json!({
            "content": "hi", "nonce": "1", "enforce_nonce": true, "allowed_mentions": {"parse": []},
            "message_reference": {"message_id": asked.to_string(), "fail_if_not_exists": false}
        });
        let said = rest.create_message(scene.channel, &body).await.unwrap();
        let found = rest.message(scene.channel, said).await.unwrap();
        assert_eq!((found.author.id, found.message.reply_to), (me, Some(asked)));
        rest.edit_message(scene.channel, said, &json!({"content": "hi!"}))
            .await
            .unwrap();
        let found = rest.message(scene.channel, said).await.unwrap();
        assert_eq!(found.message.content, "hi!");
        rest.delete_message(scene.channel, said).await.unwrap();
        rest.delete_message(scene.channel, said).await.unwrap();
        let commands = json!([{"name": "status", "description": "how it goes", "type": 1}]);
        rest.set_commands(me, None, &commands).await.unwrap();
        rest.set_commands(me, Some(scene.guild), &commands)
            .await
            .unwrap();
    });
    assert_eq!(
        scene.server.commands(0).len() + scene.server.commands(scene.guild).len(),
        2
    );
    let interaction = scene
        .server
        .command(scene.channel, scene.user, "status", &json!([]));
    let token = scene.server.interaction(interaction).unwrap().token;
    block_on(async {
        rest.respond(interaction, &token, &json!({"type": 5}))
            .await
            .unwrap();
        rest.edit_response(me, &token, &json!({"content": "fine"}))
            .await
            .unwrap();
    });
    assert_eq!(
        scene
            .server
            .interaction(interaction)
            .unwrap()
            .content
            .as_deref(),
        Some("fine")
    );
    assert_eq!(scene.server.violations(), [""; 0]);
}

#[test]
fn pages_go_both_ways() {
    let scene = TestChannel::new();
    let ids: Vec<u64> = (0..250)
        .map(|_| scene.server.post(scene.channel, scene.user, "hi"))
        .collect();
    let rest = scene.rest();
    let page = |cursor, limit| block_on(rest.messages(scene.channel, cursor, limit)).unwrap();
    let oldest = page(PagePosition::After(0), 100);
    let found: Vec<u64> = oldest
        .messages
        .iter()
        .map(|record| record.message.id)
        .collect();
    assert_eq!(found, ids[..100]);
    assert_eq!(
        (oldest.oldest, oldest.newest),
        (Some(ids[0]), Some(ids[99]))
    );
    assert_eq!(page(PagePosition::Latest, 1).newest, Some(ids[249]));
    assert_eq!(page(PagePosition::Before(ids[1]), 100).received, 1);
    let none = page(PagePosition::After(ids[249]), 100);
    assert_eq!((none.received, none.newest), (0, None));
}

#[test]
fn threads_of_all_kinds_over_many_pages() {
    let scene = TestChannel::new();
    let (guild, channel, user) = (scene.guild, scene.channel, scene.user);
    let made = scene.server.change(|world| {
        let mut made = Vec::new();
        for number in 0..230 {
            let thread = world.thread(channel, Kind::PublicThread, "t", user);
            // The first page ends among threads that were archived at the same moment.
            world.archive(thread, 1_735_689_600_000 + number / 8 * 1000);
            made.push(thread);
        }
        let private = world.thread(channel, Kind::PrivateThread, "p", user);
        world.archive(private, 1_735_689_600_000);
        world.channel_mut(private).thread.as_mut().unwrap().joined = true;
        world.thread(channel, Kind::PublicThread, "active", user);
        made
    });
    let rest = scene.rest();
    let active = block_on(rest.active_threads(guild)).unwrap();
    assert_eq!(active.items.len(), 1);
    let mut found = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let page = rest.archived_threads(guild, channel, ThreadList::Public, before.as_deref());
        let page = block_on(page).unwrap();
        found.extend(page.items.into_iter().map(|thread| thread.channel.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, made);
    let list = |list| block_on(rest.archived_threads(guild, channel, list, None));
    assert_eq!(list(ThreadList::Private).unwrap().items.len(), 1);
    scene.server.change(|world| {
        world.channel_mut(channel).access = Access {
            manage_threads: false,
            ..Access::ALL
        };
    });
    assert!(list(ThreadList::Private).is_err());
    assert_eq!(list(ThreadList::Joined).unwrap().items.len(), 1);
    assert_eq!(scene.server.violations(), [""; 0]);
}
