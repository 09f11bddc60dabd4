use std::time::{Duration, Instant};

use discord_server::{Chance, Fault, Kind, Matching, Message, Server, TooMany};
use serde_json::{Value, json};

use crate::support::{assert_described, get, get_json, small};

#[tokio::test]
async fn too_many_requests_in_every_form() {
    let (world, scene) = small();
    let server = Server::start(world);
    let path = format!("/channels/{}/messages", scene.channel);
    let forms = [
        TooMany::seconds(1.5),
        TooMany::seconds(1.5).global(),
        TooMany::seconds(1.5).with_header(None),
        TooMany::seconds(1.5).with_header(Some("soon")),
        TooMany::seconds(1.5)
            .with_header(Some("-3"))
            .with_body(None),
    ];
    for form in forms {
        server.faults(|faults| {
            faults.plan(
                Matching::new("GET", "/messages"),
                1,
                Fault::TooMany(form.clone()),
            );
        });
        let answer = get(&server, &path).await.unwrap();
        assert_eq!(answer.status(), 429);
        let header = answer
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header, form.header);
        assert_eq!(
            answer.headers().contains_key("x-ratelimit-global"),
            form.global
        );
        let body = serde_json::from_str::<Value>(&answer.text().await.unwrap()).ok();
        assert_eq!(body.map(|body| body["retry_after"].clone()), form.body);
        assert_eq!(get(&server, &path).await.unwrap().status(), 200);
    }
    assert_described(&server);
}

#[tokio::test]
async fn broken_slow_and_cut() {
    let (mut world, scene) = small();
    for _ in 0..100 {
        world.message(
            scene.channel,
            scene.user,
            &"long enough to be cut in the middle ".repeat(10),
        );
    }
    let server = Server::start(world);
    let path = format!("/channels/{}/messages?limit=100", scene.channel);
    let plan = |fault| server.faults(|faults| faults.plan(Matching::any(), 1, fault));

    plan(Fault::Status(502));
    assert_eq!(get(&server, &path).await.unwrap().status(), 502);
    plan(Fault::Slow(Duration::from_millis(80)));
    let started = Instant::now();
    assert_eq!(get(&server, &path).await.unwrap().status(), 200);
    assert!(started.elapsed() >= Duration::from_millis(80));
    plan(Fault::Cut);
    assert!(get(&server, &path).await.is_err());
    plan(Fault::CutBody);
    let answer = get(&server, &path).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.is_err());
    plan(Fault::Garbled);
    let text = get(&server, &path).await.unwrap().text().await.unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_err());

    let requests = server.requests();
    let answered: Vec<(bool, u16)> = requests
        .iter()
        .map(|request| (request.answered, request.status))
        .collect();
    assert_eq!(
        answered,
        [
            (true, 502),
            (true, 200),
            (false, 0),
            (false, 200),
            (false, 200)
        ]
    );
    assert_described(&server);
}

#[tokio::test]
async fn a_cut_comes_before_or_after_the_work() {
    let (world, scene) = small();
    let server = Server::start(world);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async || {
        let url = format!(
            "{}/api/v10/channels/{}/messages",
            server.url(),
            scene.channel
        );
        let request = client
            .post(url)
            .header("authorization", format!("Bot {}", server.token()));
        request
            .header("content-type", "application/json")
            .body(json!({"content": "hi"}).to_string())
            .send()
            .await
    };
    server.faults(|faults| faults.plan(Matching::new("POST", "/messages"), 1, Fault::Cut));
    assert!(post().await.is_err());
    assert_eq!(server.written_by_bot().len(), 0);
    server.faults(|faults| faults.plan(Matching::new("POST", "/messages"), 1, Fault::CutAfter));
    assert!(post().await.is_err());
    assert_eq!(server.written_by_bot().len(), 1);
    assert!(post().await.is_ok());
}

#[tokio::test]
async fn tokens_channels_contents_and_limits() {
    let (mut world, scene) = small();
    let other = world.channel(scene.guild, Kind::Text, "other");
    let me = world.me;
    world.message(scene.channel, scene.user, "hidden");
    world.message(scene.channel, scene.user, &format!("<@{me}> seen"));
    world.put(Message::new(9 << 22, scene.channel, me, "mine"));
    let server = Server::start(world);
    let path = format!("/channels/{}/messages", scene.channel);
    server.faults(|faults| faults.empty_contents = true);
    let page = get_json(&server, &path).await;
    let contents: Vec<&str> = page
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    assert_eq!(contents, [format!("<@{me}> seen").as_str(), "", "mine"]);
    server.faults(|faults| {
        faults.clear();
        faults.channels.insert(other, 403);
    });
    assert_eq!(get_json(&server, &path).await[1]["content"], "hidden");
    assert_eq!(
        get(&server, &format!("/channels/{other}/messages"))
            .await
            .unwrap()
            .status(),
        403
    );
    server.faults(|faults| faults.limit = Some((2, Duration::from_millis(300))));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(get(&server, &path).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
    tokio::time::sleep(Duration::from_millis(320)).await;
    assert_eq!(get(&server, &path).await.unwrap().status(), 200);
    server.faults(|faults| {
        faults.clear();
        faults.refuse_token = true;
    });
    assert_eq!(get(&server, "/users/@me").await.unwrap().status(), 401);
    assert_described(&server);
}

#[tokio::test]
async fn chance_brings_every_fault_and_the_rest_is_right() {
    let (mut world, scene) = small();
    for _ in 0..100 {
        world.message(scene.channel, scene.user, "some words that fill the page");
    }
    let server = Server::start(world);
    server.faults(|faults| faults.chance(Some(Chance::all(5, 0.5))));
    let path = format!("/channels/{}/messages?limit=100", scene.channel);
    let mut whole = 0;
    for _ in 0..150 {
        if let Ok(answer) = get(&server, &path).await
            && answer.status() == 200
            && let Ok(text) = answer.text().await
        {
            assert_eq!(
                serde_json::from_str::<Vec<Value>>(&text).unwrap().len(),
                100
            );
            whole += 1;
        }
    }
    assert!((60..130).contains(&whole), "{whole}");
    let requests = server.requests();
    let seen: Vec<&str> = requests
        .iter()
        .filter_map(|request| request.fault.as_deref())
        .collect();
    for kind in ["TooMany", "Status", "Slow", "Cut", "CutAfter", "CutBody"] {
        assert!(
            seen.iter()
                .any(|fault| fault.split('(').next() == Some(kind)),
            "{kind}"
        );
    }
    assert_described(&server);
}
