use discord_server::{Generate, Kind, Server, World, generate};
use reqwest::{Client, Response};
use serde_json::Value;
use serenity::http::{Http, HttpBuilder};

/// A channel and a person to test with.
pub(crate) struct TestChannel {
    pub(crate) guild: u64,
    pub(crate) channel: u64,
    pub(crate) user: u64,
}

/// A small world of one guild, one channel and one person.
pub(crate) fn small() -> (World, TestChannel) {
    let mut world = World::new();
    let guild = world.guild("Workshop");
    let channel = world.channel(guild, Kind::Text, "general");
    let user = world.user("ada");
    (
        world,
        TestChannel {
            guild,
            channel,
            user,
        },
    )
}

pub(crate) fn generated(messages: usize) -> World {
    generate(&Generate::new(3, messages, 6, 10))
}

/// Serenity's client, set up for a server on loopback.
pub(crate) fn http(server: &Server) -> Http {
    let client = Client::builder().no_proxy().build().unwrap();
    HttpBuilder::new(server.token())
        .client(client)
        .proxy(server.url())
        .ratelimiter_disabled(true)
        .build()
}

/// Sends a request without serenity.
pub(crate) async fn get(server: &Server, path: &str) -> reqwest::Result<Response> {
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client
        .get(format!("{}/api/v10{path}", server.url()))
        .header("authorization", format!("Bot {}", server.token()));
    request.send().await
}

pub(crate) async fn get_json(server: &Server, path: &str) -> Value {
    let text = get(server, path).await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Asserts that all requests and answers fit Discord's description.
pub(crate) fn assert_described(server: &Server) {
    assert_eq!(server.violations(), [""; 0]);
}
