use std::{sync::Arc, time::Duration};

use discord_server::{Server, Trouble, intents};
use serde_json::json;
use serenity::{
    all::{
        Client, ClientBuilder, Context, EventHandler, GatewayIntents, Guild, Interaction, Message,
        MessageUpdateEvent, Reaction, Ready, ResumedEvent,
    },
    async_trait,
};
use tokio::sync::mpsc;

use crate::support::{TestChannel, assert_described, http, small};

const PATIENCE: Duration = Duration::from_secs(30);

/// Handler that passes serenity's events on.
struct Teller(mpsc::UnboundedSender<String>);

impl Teller {
    fn tell(&self, text: String) {
        let _ = self.0.send(text);
    }
}

#[async_trait]
impl EventHandler for Teller {
    async fn ready(&self, _: Context, ready: Ready) {
        self.tell(format!("ready {}", ready.user.name));
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        self.tell("resumed".to_owned());
    }

    async fn guild_create(&self, _: Context, guild: Guild, _: Option<bool>) {
        self.tell(format!(
            "guild {} with {} channels",
            guild.name,
            guild.channels.len()
        ));
    }

    async fn message(&self, _: Context, message: Message) {
        let guild = if message.guild_id.is_some() {
            "guild"
        } else {
            "direct"
        };
        self.tell(format!("{guild} message {}", message.content));
    }

    async fn message_update(
        &self,
        _: Context,
        _: Option<Message>,
        _: Option<Message>,
        event: MessageUpdateEvent,
    ) {
        self.tell(format!("update {}", event.content.unwrap_or_default()));
    }

    async fn message_delete(
        &self,
        _: Context,
        _: serenity::all::ChannelId,
        message: serenity::all::MessageId,
        _: Option<serenity::all::GuildId>,
    ) {
        self.tell(format!("delete {message}"));
    }

    async fn reaction_add(&self, _: Context, reaction: Reaction) {
        self.tell(format!("add {}", reaction.emoji));
    }

    async fn reaction_remove(&self, _: Context, reaction: Reaction) {
        self.tell(format!("remove {}", reaction.emoji));
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        let command = interaction.command().unwrap();
        self.tell(format!(
            "command {} {:?}",
            command.data.name, command.data.options[0].value
        ));
    }
}

/// A connected client, and its events.
struct Listening {
    told: mpsc::UnboundedReceiver<String>,
    task: tokio::task::JoinHandle<serenity::Result<()>>,
}

impl Listening {
    async fn next(&mut self) -> String {
        tokio::time::timeout(PATIENCE, self.told.recv())
            .await
            .expect("in time")
            .expect("a line")
    }

    async fn expect(&mut self, expected: &str) {
        assert_eq!(self.next().await, expected);
    }
}

async fn listen(server: &Server, wanted: GatewayIntents) -> Listening {
    let (teller, told) = mpsc::unbounded_channel();
    let mut client: Client = ClientBuilder::new_with_http(http(server), wanted)
        .event_handler_arc(Arc::new(Teller(teller)))
        .await
        .unwrap();
    assert_eq!(*client.ws_url.lock().await, server.gateway_url());
    let task = tokio::spawn(async move { client.start().await });
    Listening { told, task }
}

fn all() -> GatewayIntents {
    GatewayIntents::GUILDS
        | GatewayIntents::GUILD_MESSAGES
        | GatewayIntents::GUILD_MESSAGE_REACTIONS
        | GatewayIntents::DIRECT_MESSAGES
        | GatewayIntents::MESSAGE_CONTENT
}

async fn connected(wanted: GatewayIntents) -> (Server, TestChannel, Listening) {
    let (world, scene) = small();
    let server = Server::start(world);
    server.heartbeat(Duration::from_secs(1));
    let mut client = listen(&server, wanted).await;
    // Handlers run side by side, so these two may come either way.
    let mut first = [client.next().await, client.next().await];
    first.sort();
    assert_eq!(first, ["guild Workshop with 1 channels", "ready persona"]);
    (server, scene, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serenity_hears_everything() {
    let (server, scene, mut client) = connected(all()).await;
    let id = server.post(scene.channel, scene.user, "hello");
    client.expect("guild message hello").await;
    server.edit(scene.channel, id, "hallo");
    client.expect("update hallo").await;
    server.react(scene.channel, id, scene.user, "👍");
    client.expect("add 👍").await;
    server.unreact(scene.channel, id, scene.user, "👍");
    client.expect("remove 👍").await;
    server.delete(scene.channel, id);
    client.expect(&format!("delete {id}")).await;
    let direct = server.change(|world| world.direct(scene.user));
    server.post(direct, scene.user, "psst");
    client.expect("direct message psst").await;
    server.command(
        scene.channel,
        scene.user,
        "setrate",
        &json!([{"name": "value", "type": 10, "value": 0.5}]),
    );
    client.expect("command setrate Number(0.5)").await;
    let beaten =
        tokio::task::block_in_place(|| server.until(PATIENCE, |server| server.heartbeats() > 0));
    assert!(beaten);
    assert_eq!(
        server.identifies()[0].intents & intents::MESSAGE_CONTENT,
        intents::MESSAGE_CONTENT
    );
    assert_described(&server);
    client.task.abort();
}

#[tokio::test]
async fn without_the_intent_contents_are_empty() {
    let (server, scene, mut client) =
        connected(GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES).await;
    let me = server.world(|world| world.me);
    server.post(scene.channel, scene.user, "secret");
    client.expect("guild message ").await;
    server.post(scene.channel, scene.user, &format!("<@{me}> hi"));
    client.expect(&format!("guild message <@{me}> hi")).await;
    // Nobody asked for reactions or direct messages.
    let id = server.messages(scene.channel)[0].id;
    server.react(scene.channel, id, scene.user, "👍");
    let direct = server.change(|world| world.direct(scene.user));
    server.post(direct, scene.user, "psst");
    server.post(scene.channel, scene.user, "last");
    client.expect("guild message ").await;
    assert_described(&server);
    client.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_and_op_7_are_resumed_and_nothing_is_lost() {
    let (server, scene, mut client) = connected(all()).await;
    for (trouble, text) in [(Trouble::Cut, "one"), (Trouble::Reconnect, "two")] {
        server.trouble(trouble);
        server.post(scene.channel, scene.user, text);
        let mut heard = [client.next().await, client.next().await];
        heard.sort();
        assert_eq!(
            heard,
            [format!("guild message {text}"), "resumed".to_owned()]
        );
    }
    assert!(
        server.identifies()[1..]
            .iter()
            .all(|identify| identify.resumed)
    );
    client.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_session_is_started_anew_and_forgets() {
    let (server, scene, mut client) = connected(all()).await;
    server.trouble(Trouble::LoseSessions);
    server.post(scene.channel, scene.user, "lost");
    let mut first = [client.next().await, client.next().await];
    first.sort();
    assert_eq!(first, ["guild Workshop with 1 channels", "ready persona"]);
    server.post(scene.channel, scene.user, "found");
    client.expect("guild message found").await;
    assert!(!server.identifies().last().unwrap().resumed);
    client.task.abort();
}

#[tokio::test]
async fn wrong_tokens_and_intents_that_were_not_granted() {
    let (world, _) = small();
    let server = Server::start(world);
    server.disallow_intents(intents::MESSAGE_CONTENT);
    let client = listen(&server, all()).await;
    let end = tokio::time::timeout(PATIENCE, client.task)
        .await
        .unwrap()
        .unwrap();
    assert!(
        end.unwrap_err().to_string().contains("Disallowed"),
        "intents"
    );
    server.disallow_intents(0);
    let client = listen(&server, all()).await;
    server.faults(|faults| faults.refuse_token = true);
    server.trouble(Trouble::LoseSessions);
    let end = tokio::time::timeout(PATIENCE, client.task)
        .await
        .unwrap()
        .unwrap();
    assert!(end.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_session_and_missing_acknowledgements_are_noticed() {
    let (server, scene, mut client) = connected(all()).await;
    // 4009: the session timed out.
    server.trouble(Trouble::Close(4009));
    let came_back = |count: usize| {
        let server = &server;
        tokio::task::block_in_place(|| {
            server.until(PATIENCE, |server| {
                server.identifies().len() > count && server.connected() == 1
            })
        })
    };
    assert!(came_back(1));
    let count = server.identifies().len();
    server.acknowledge(false);
    assert!(
        came_back(count),
        "a client that hears no acknowledgement connects anew"
    );
    server.acknowledge(true);
    server.post(scene.channel, scene.user, "still there?");
    while client.next().await != "guild message still there?" {}
    client.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_away_for_a_while() {
    let (server, scene, mut client) = connected(all()).await;
    server.open_gateway(false);
    server.trouble(Trouble::Cut);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(server.connected(), 0);
    server.open_gateway(true);
    let back =
        tokio::task::block_in_place(|| server.until(PATIENCE, |server| server.connected() == 1));
    assert!(back);
    server.post(scene.channel, scene.user, "welcome back");
    while client.next().await != "guild message welcome back" {}
    client.task.abort();
}
