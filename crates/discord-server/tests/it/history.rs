use std::collections::BTreeSet;

use discord_server::{Access, Kind, Message, Server, busiest, served};
use serenity::{
    all::{ChannelId, ChannelType, GuildId, MessageId, MessagePagination},
    http::{LightMethod, Request, Route},
};

use crate::support::{assert_described, generated, get, get_json, http, small};

#[tokio::test]
async fn serenity_reads_a_generated_guild() {
    let mut world = generated(400);
    // serenity loses a page for one message that it doesn't know.
    for messages in world.messages.values_mut() {
        messages.retain(|_, message| message.odd.is_none() && message.extra.is_empty());
    }
    let guild = *world.guilds.keys().next().unwrap();
    let expected: BTreeSet<u64> = world
        .messages
        .values()
        .flat_map(|messages| messages.keys().copied())
        .collect();
    let server = Server::start(world);
    let http = http(&server);
    assert_eq!(http.get_current_user().await.unwrap().name, "persona");
    let guilds = http.get_guilds(None, None).await.unwrap();
    assert_eq!(
        guilds
            .iter()
            .map(|guild| guild.id.get())
            .collect::<Vec<_>>(),
        [guild]
    );
    assert_eq!(
        http.get_guild(GuildId::new(guild)).await.unwrap().name,
        "Workshop"
    );
    assert_eq!(
        http.get_bot_gateway().await.unwrap().url,
        server.gateway_url()
    );
    let channels = http.get_channels(GuildId::new(guild)).await.unwrap();
    let active = http
        .get_guild_active_threads(GuildId::new(guild))
        .await
        .unwrap();
    let mut readable: Vec<ChannelId> = active.threads.iter().map(|thread| thread.id).collect();
    for channel in channels {
        if !matches!(
            channel.kind,
            ChannelType::Category | ChannelType::Forum | ChannelType::Unknown(16)
        ) {
            readable.push(channel.id);
        }
        if matches!(
            channel.kind,
            ChannelType::Voice | ChannelType::Stage | ChannelType::Category
        ) {
            continue;
        }
        for kind in ["public", "private"] {
            readable.extend(archived(&server, channel.id, kind).await);
        }
    }
    let mut found = BTreeSet::new();
    for channel in readable {
        let mut after = 1;
        loop {
            let page = MessagePagination::After(MessageId::new(after));
            let messages = http
                .get_messages(channel, Some(page), Some(50))
                .await
                .unwrap();
            let Some(newest) = messages.iter().map(|message| message.id.get()).max() else {
                break;
            };
            assert!(
                messages.is_sorted_by(|one, next| one.id > next.id),
                "newest first"
            );
            found.extend(messages.iter().map(|message| message.id.get()));
            after = newest;
        }
    }
    assert_eq!(found, expected);
    assert_described(&server);
    let requests = server.requests();
    assert!(served(&requests).values().all(|times| *times == 1));
    assert!(busiest(&requests, std::time::Duration::from_hours(1)) == requests.len());
}

#[test]
fn everything_that_is_generated_is_described() {
    let server = Server::start(generated(300));
    server.prepare();
    assert_described(&server);
}

/// Reads all archived threads page by page, by times with `Z`, the only form that works.
async fn archived(server: &Server, channel: ChannelId, kind: &str) -> Vec<ChannelId> {
    let mut found = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let cursor = before.map_or(String::new(), |time| format!("&before={time}"));
        let page = get_json(
            server,
            &format!("/channels/{channel}/threads/archived/{kind}?limit=2{cursor}"),
        )
        .await;
        let threads = page["threads"].as_array().unwrap();
        found.extend(
            threads
                .iter()
                .map(|thread| ChannelId::new(thread["id"].as_str().unwrap().parse().unwrap())),
        );
        if page["has_more"] != true {
            return found;
        }
        let last = threads.last().unwrap()["thread_metadata"]["archive_timestamp"]
            .as_str()
            .unwrap();
        before = Some(last.replace("+00:00", "Z"));
    }
}

#[tokio::test]
async fn every_kind_of_page() {
    let (mut world, scene) = small();
    for id in 1..=10 {
        world.put(Message::new(id << 22, scene.channel, scene.user, "x"));
    }
    let server = Server::start(world);
    let page = async |query: &str| -> Vec<u64> {
        let page = get_json(
            &server,
            &format!("/channels/{}/messages?{query}", scene.channel),
        )
        .await;
        let messages = page.as_array().unwrap().iter();
        messages
            .map(|message| message["id"].as_str().unwrap().parse::<u64>().unwrap() >> 22)
            .collect()
    };
    let id = |number: u64| number << 22;
    assert_eq!(page("limit=3").await, [10, 9, 8]);
    assert_eq!(page(&format!("limit=3&before={}", id(4))).await, [3, 2, 1]);
    assert_eq!(page(&format!("limit=3&after={}", id(4))).await, [7, 6, 5]);
    assert_eq!(page(&format!("limit=3&around={}", id(4))).await, [5, 4, 3]);
    assert_eq!(page(&format!("after={}", id(10))).await, [0; 0]);
    assert_described(&server);
    let one = get_json(
        &server,
        &format!("/channels/{}/messages/{}", scene.channel, id(4)),
    )
    .await;
    assert_eq!(one["content"], "x");
    let gone = get(&server, &format!("/channels/{}/messages/5", scene.channel))
        .await
        .unwrap();
    assert_eq!(gone.status(), 404);
    assert_described(&server);
}

#[tokio::test]
async fn what_the_bot_may_not_do() {
    let (mut world, scene) = small();
    let hidden = world.channel(scene.guild, Kind::Text, "hidden");
    let mute = world.channel(scene.guild, Kind::Text, "no-history");
    world.message(hidden, scene.user, "secret");
    world.message(mute, scene.user, "before");
    world.channel_mut(hidden).access = Access::NONE;
    world.channel_mut(mute).access = Access {
        history: false,
        manage_threads: false,
        ..Access::ALL
    };
    let inside = world.thread(hidden, Kind::PublicThread, "inside", scene.user);
    let private = world.thread(mute, Kind::PrivateThread, "private", scene.user);
    let server = Server::start(world);
    let listed = get_json(&server, &format!("/guilds/{}/channels", scene.guild)).await;
    assert_eq!(listed.as_array().unwrap().len(), 3);
    let active = get_json(&server, &format!("/guilds/{}/threads/active", scene.guild)).await;
    assert_eq!(active["threads"].as_array().unwrap().len(), 0);
    for (path, status) in [
        (format!("/channels/{hidden}/messages"), 403),
        (format!("/channels/{inside}/messages"), 403),
        (format!("/channels/{private}/messages"), 403),
        (format!("/channels/{mute}/threads/archived/private"), 403),
        (format!("/channels/{mute}/messages"), 200),
        ("/channels/1/messages".to_owned(), 404),
    ] {
        assert_eq!(
            get(&server, &path).await.unwrap().status(),
            status,
            "{path}"
        );
    }
    assert_eq!(
        get_json(&server, &format!("/channels/{mute}/messages")).await,
        serde_json::json!([])
    );
    assert_described(&server);
}

#[tokio::test]
async fn wrong_requests_and_wrong_answers_are_noticed() {
    let (mut world, scene) = small();
    let message = world.message(scene.channel, scene.user, "fine");
    world
        .message_mut(scene.channel, message)
        .unwrap()
        .extra
        .insert("pinned".to_owned(), serde_json::json!("no"));
    let server = Server::start(world);
    let http = http(&server);
    // serenity's own call for archived threads sends an id where a time belongs.
    let old =
        http.get_channel_archived_public_threads(ChannelId::new(scene.channel), Some(5), None);
    assert!(old.await.is_err());
    let violations = server.violations();
    assert!(
        violations[0].contains("parameter `before` = `5`"),
        "{violations:?}"
    );
    // A number where a text belongs, in an answer.
    get_json(&server, &format!("/channels/{}/messages", scene.channel)).await;
    let violations = server.violations();
    assert!(
        violations
            .iter()
            .any(|text| text.contains("answer: message") && text.contains("/pinned")),
        "{violations:?}"
    );
    // A path that Discord doesn't have.
    assert_eq!(get(&server, "/nowhere").await.unwrap().status(), 404);
    assert!(
        server
            .violations()
            .last()
            .unwrap()
            .contains("no such operation")
    );
}

#[tokio::test]
async fn the_way_around_serenitys_limiter_works() {
    let (world, scene) = small();
    let server = Server::start(world);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let route = Route::ChannelMessages {
        channel_id: ChannelId::new(scene.channel),
    };
    let request =
        Request::new(route, LightMethod::Get).params(Some(vec![("limit", "7".to_owned())]));
    let built = request
        .build(
            &client,
            &format!("Bot {}", server.token()),
            Some(&server.url()),
        )
        .unwrap();
    assert_eq!(built.send().await.unwrap().status(), 200);
    assert_eq!(server.requests()[0].query("limit"), Some("7"));
    assert_described(&server);
}
