//! The server's interface for tests.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::{
    faults::Faults,
    gateway::{Event, Identify, Trouble, payloads},
    interaction::Interaction,
    message::Message,
    record::Request,
    render::channels,
    rest::lock,
    state::{ServerState, Validation},
    world::{Kind, World},
};

mod serving;

type Locked = Arc<Mutex<ServerState>>;

/// Running server, which stops when it is dropped.
pub struct Server {
    state: Locked,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `world` on a free port of loopback.
    pub fn start(world: World) -> Self {
        Self::start_at(world, SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Serves `world` at this address, for a server that comes back after an outage.
    pub fn start_at(world: World, address: SocketAddr) -> Self {
        let listener = serving::bind(address);
        let address = listener.local_addr().expect("it is bound");
        let mut state = ServerState::new(world);
        state.gateway.url = format!("ws://{address}");
        let state = Arc::new(Mutex::new(state));
        let (stop, stopped) = oneshot::channel();
        let shared = state.clone();
        let thread = std::thread::Builder::new()
            .name("discord-server".to_owned())
            .spawn(move || serving::run(listener, shared, stopped))
            .expect("a thread");
        Self {
            state,
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Base address, in place of `https://discord.com`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Address of the gateway, as in the answer to `GET /gateway/bot`.
    pub fn gateway_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Token that the server accepts.
    pub fn token(&self) -> String {
        self.world(|world| world.token.clone())
    }

    /// Calls `look` with the world.
    pub fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&lock(&self.state).world)
    }

    /// Changes the world without events, like changes while a bot is offline.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut state = lock(&self.state);
        let outcome = change(&mut state.world);
        state.changed_all();
        outcome
    }

    /// Changes the faults.
    pub fn faults<T>(&self, change: impl FnOnce(&mut Faults) -> T) -> T {
        let mut state = lock(&self.state);
        let outcome = change(&mut state.faults);
        state.changed_all();
        outcome
    }

    /// Sets which answers are checked against the description.
    pub fn validate(&self, validation: Validation) {
        lock(&self.state).validation = validation;
    }

    /// Renders and checks every message now instead of on the first request, for measuring speed.
    pub fn prepare(&self) {
        lock(&self.state).prepare();
    }

    /// All requests, in order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.state).requests.clone()
    }

    /// All requests, in order; removes them from the record.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut lock(&self.state).requests)
    }

    /// All mismatches with Discord's description.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.state).violations.clone()
    }

    /// Sends a message as `user`. Returns its id.
    pub fn post(&self, channel: u64, user: u64, content: &str) -> u64 {
        self.post_with(channel, user, content, |message| message)
    }

    /// Replies to `to` as `user`. Returns the id of the reply.
    pub fn reply(&self, channel: u64, user: u64, content: &str, to: u64) -> u64 {
        self.post_with(channel, user, content, |mut message| {
            let asked = self.author(channel, to);
            message
                .mentions
                .extend(asked.filter(|asked| !message.mentions.contains(asked)));
            message.replying(to)
        })
    }

    /// Sends a message as `user`, changed by `change` first. Returns its id.
    pub fn post_with(
        &self,
        channel: u64,
        user: u64,
        content: &str,
        change: impl FnOnce(Message) -> Message,
    ) -> u64 {
        let id = lock(&self.state).world.next_message_id();
        let message = change(Message::new(id, channel, user, content));
        lock(&self.state).add(message);
        id
    }

    /// Edits a message as its author.
    pub fn edit(&self, channel: u64, id: u64, content: &str) {
        let mut state = lock(&self.state);
        if let Some(message) = state.world.message_mut(channel, id) {
            let mut message = message.clone();
            content.clone_into(&mut message.content);
            message.edited_ms = Some(crate::ids::now_ms());
            state.replace(message);
        }
    }

    /// Deletes a message.
    pub fn delete(&self, channel: u64, id: u64) {
        lock(&self.state).remove(channel, id);
    }

    /// Reacts to a message as `user`, with a Unicode emoji.
    pub fn react(&self, channel: u64, id: u64, user: u64, emoji: &str) {
        lock(&self.state).react(channel, id, user, (emoji, None), true);
    }

    /// Removes a reaction.
    pub fn unreact(&self, channel: u64, id: u64, user: u64, emoji: &str) {
        lock(&self.state).react(channel, id, user, (emoji, None), false);
    }

    /// Messages of a channel, oldest first.
    pub fn messages(&self, channel: u64) -> Vec<Message> {
        self.world(|world| {
            let messages = world.messages.get(&channel);
            messages
                .into_iter()
                .flat_map(|messages| messages.values().cloned())
                .collect()
        })
    }

    /// Messages that the bot sent, in all channels, oldest first.
    pub fn written_by_bot(&self) -> Vec<Message> {
        self.world(|world| {
            let all = world
                .messages
                .values()
                .flat_map(|messages| messages.values());
            let mut own: Vec<Message> = all
                .filter(|message| message.author_id == world.me)
                .cloned()
                .collect();
            own.sort_by_key(|message| message.id);
            own
        })
    }

    /// Creates a channel and dispatches the event.
    pub fn add_channel(&self, guild: u64, kind: Kind, name: &str) -> u64 {
        self.add_channel_or_thread(Event::ChannelCreate, |world| {
            world.channel(guild, kind, name)
        })
    }

    /// Starts a thread as `owner` and dispatches the event.
    pub fn add_thread(&self, parent: u64, kind: Kind, name: &str, owner: u64) -> u64 {
        self.add_channel_or_thread(Event::ThreadCreate, |world| {
            world.thread(parent, kind, name, owner)
        })
    }

    /// Uses a slash command as `user`, with `options` in Discord's form. Returns the interaction's id.
    pub fn command(&self, channel: u64, user: u64, name: &str, options: &Value) -> u64 {
        let mut state = lock(&self.state);
        let id = state.world.next_message_id();
        let token = format!("interaction-token-{id}");
        let known = state
            .commands
            .values()
            .flatten()
            .find(|command| command["name"] == name);
        let command = known.map_or_else(|| json!("1"), |command| command["id"].clone());
        let data = json!({"id": command, "name": name, "type": 1, "options": options});
        let event = payloads::interaction(&state.world, (id, &token), channel, user, &data);
        state.interactions.insert(
            id,
            Interaction {
                id,
                token,
                channel_id: channel,
                user_id: user,
                sent: Instant::now(),
                acknowledged: None,
                deferred: false,
                ephemeral: false,
                content: None,
                allowed_mentions: Value::Null,
                follow_ups: Vec::new(),
                deleted: false,
                message_id: 0,
            },
        );
        state.dispatch(Event::InteractionCreate, &event);
        id
    }

    /// The interaction `id` with its answers.
    pub fn interaction(&self, id: u64) -> Option<Interaction> {
        lock(&self.state).interactions.get(&id).cloned()
    }

    /// Slash commands of the application, for a guild or (0) for all.
    pub fn commands(&self, guild: u64) -> Vec<Value> {
        lock(&self.state)
            .commands
            .get(&guild)
            .cloned()
            .unwrap_or_default()
    }

    /// Makes a fault of the gateway's connections.
    pub fn trouble(&self, trouble: Trouble) {
        lock(&self.state).gateway.trouble(trouble);
    }

    /// Sets whether heartbeats are acknowledged.
    pub fn acknowledge(&self, acks: bool) {
        lock(&self.state).gateway.acks = acks;
    }

    /// Sets whether the gateway accepts connections.
    pub fn open_gateway(&self, open: bool) {
        lock(&self.state).gateway.open = open;
    }

    /// Sets the heartbeat interval of new connections.
    pub fn heartbeat(&self, interval: Duration) {
        lock(&self.state).gateway.heartbeat_ms = interval.as_millis() as u64;
    }

    /// Sets the privileged intents that the application has not been granted.
    pub fn disallow_intents(&self, bits: u64) {
        lock(&self.state).gateway.disallowed = bits;
    }

    /// Number of sessions with a connected client.
    pub fn connected(&self) -> usize {
        lock(&self.state).gateway.connected()
    }

    /// All IDENTIFY and RESUME messages, in order.
    pub fn identifies(&self) -> Vec<Identify> {
        lock(&self.state).gateway.identifies.clone()
    }

    /// Number of heartbeats so far.
    pub fn heartbeats(&self) -> u64 {
        lock(&self.state).gateway.heartbeats
    }

    /// Blocks the thread until `is_so` is true. Returns false if that takes longer than `patience`.
    pub fn until(&self, patience: Duration, mut is_so: impl FnMut(&Self) -> bool) -> bool {
        let started = Instant::now();
        while !is_so(self) {
            if started.elapsed() > patience {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    fn add_channel_or_thread(&self, event: Event, make: impl FnOnce(&mut World) -> u64) -> u64 {
        let mut state = lock(&self.state);
        let id = make(&mut state.world);
        let value = channels::channel(&state.world, &state.world.channels[&id]);
        state.dispatch(event, &value);
        id
    }

    fn author(&self, channel: u64, message: u64) -> Option<u64> {
        self.world(|world| Some(world.messages.get(&channel)?.get(&message)?.author_id))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
