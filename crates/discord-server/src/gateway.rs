//! The gateway: sessions, and the events for them.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Instant,
};

use serde_json::{Value, json};
use tokio::sync::mpsc;

pub(crate) mod connection;
mod dispatch;
pub(crate) mod payloads;

/// Intents, with Discord's bits.
pub mod intents {
    /// Guilds, channels and threads.
    pub const GUILDS: u64 = 1;
    /// Messages in guilds.
    pub const GUILD_MESSAGES: u64 = 1 << 9;
    /// Reactions in guilds.
    pub const GUILD_MESSAGE_REACTIONS: u64 = 1 << 10;
    /// Direct messages.
    pub const DIRECT_MESSAGES: u64 = 1 << 12;
    /// Reactions in direct messages.
    pub const DIRECT_MESSAGE_REACTIONS: u64 = 1 << 13;
    /// Content of messages; privileged.
    pub const MESSAGE_CONTENT: u64 = 1 << 15;
}

/// Number of events that a session keeps for a resume.
const KEPT: usize = 4096;

/// Event of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    MessageCreate,
    MessageUpdate,
    MessageDelete,
    ReactionAdd,
    ReactionRemove,
    InteractionCreate,
    ThreadCreate,
    ChannelCreate,
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Self::MessageCreate => "MESSAGE_CREATE",
            Self::MessageUpdate => "MESSAGE_UPDATE",
            Self::MessageDelete => "MESSAGE_DELETE",
            Self::ReactionAdd => "MESSAGE_REACTION_ADD",
            Self::ReactionRemove => "MESSAGE_REACTION_REMOVE",
            Self::InteractionCreate => "INTERACTION_CREATE",
            Self::ThreadCreate => "THREAD_CREATE",
            Self::ChannelCreate => "CHANNEL_CREATE",
        }
    }

    /// Intents that the event needs, in guilds and in direct messages.
    fn intent(self) -> Option<(u64, u64)> {
        match self {
            Self::MessageCreate | Self::MessageUpdate | Self::MessageDelete => {
                Some((intents::GUILD_MESSAGES, intents::DIRECT_MESSAGES))
            }
            Self::ReactionAdd | Self::ReactionRemove => Some((
                intents::GUILD_MESSAGE_REACTIONS,
                intents::DIRECT_MESSAGE_REACTIONS,
            )),
            Self::ThreadCreate | Self::ChannelCreate => Some((intents::GUILDS, intents::GUILDS)),
            Self::InteractionCreate => None,
        }
    }

    fn carries_message(self) -> bool {
        matches!(self, Self::MessageCreate | Self::MessageUpdate)
    }
}

/// Fault of the gateway's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Connections are cut without a close frame; the session can be resumed.
    Cut,
    /// Opcode 7: the client is asked to reconnect; the session can be resumed.
    Reconnect,
    /// Opcode 9, `true`: the session may be resumed.
    InvalidResumable,
    /// Opcode 9, `false`: the session is gone.
    Invalid,
    /// Connections are closed with this code.
    Close(u16),
    /// Connections are cut, and all sessions are lost.
    LoseSessions,
}

/// Order to a connection.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    Send(String),
    Close(u16),
    Cut,
}

/// An IDENTIFY or RESUME of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identify {
    /// Time of the message.
    pub at: Instant,
    /// Intents that the client asked for.
    pub intents: u64,
    /// Whether the message was a RESUME.
    pub resumed: bool,
}

struct Session {
    intents: u64,
    sequence: u64,
    sent: VecDeque<(u64, String)>,
    line: Option<mpsc::UnboundedSender<Order>>,
}

/// All sessions, and the switches of the gateway.
pub(crate) struct Gateway {
    pub(crate) url: String,
    pub(crate) heartbeat_ms: u64,
    /// Whether heartbeats are acknowledged.
    pub(crate) acks: bool,
    /// Whether connections are accepted.
    pub(crate) open: bool,
    /// Privileged intents that the application has not been granted.
    pub(crate) disallowed: u64,
    pub(crate) identifies: Vec<Identify>,
    pub(crate) heartbeats: u64,
    sessions: BTreeMap<String, Session>,
    started: u64,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            url: String::new(),
            heartbeat_ms: 41_250,
            acks: true,
            open: true,
            disallowed: 0,
            identifies: Vec::new(),
            heartbeats: 0,
            sessions: BTreeMap::new(),
            started: 0,
        }
    }
}

impl Gateway {
    /// Number of sessions with a connected client.
    pub(crate) fn connected(&self) -> usize {
        self.sessions
            .values()
            .filter(|session| session.line.is_some())
            .count()
    }

    /// Opens a session. Returns its name.
    pub(crate) fn open_session(
        &mut self,
        intents: u64,
        line: mpsc::UnboundedSender<Order>,
    ) -> String {
        self.started += 1;
        let name = format!("session-{}", self.started);
        let session = Session {
            intents,
            sequence: 0,
            sent: VecDeque::new(),
            line: Some(line),
        };
        self.sessions.insert(name.clone(), session);
        self.note(intents, false);
        name
    }

    /// Resumes a session after `sequence`. Returns false if it is unknown, or if too many events were missed.
    pub(crate) fn resume(
        &mut self,
        name: &str,
        sequence: u64,
        line: mpsc::UnboundedSender<Order>,
    ) -> bool {
        let Some(session) = self.sessions.get_mut(name) else {
            return false;
        };
        let first = session
            .sent
            .front()
            .map_or(session.sequence + 1, |(first, _)| *first);
        if sequence > session.sequence || sequence + 1 < first {
            return false;
        }
        for (_, text) in session.sent.iter().filter(|(number, _)| *number > sequence) {
            let _ = line.send(Order::Send(text.clone()));
        }
        session.line = Some(line);
        let intents = session.intents;
        self.send(name, "RESUMED", &json!({}));
        self.note(intents, true);
        true
    }

    /// Detaches the client; further events wait for its resume.
    pub(crate) fn leave(&mut self, name: &str, line: &mpsc::UnboundedSender<Order>) {
        if let Some(session) = self.sessions.get_mut(name)
            && session
                .line
                .as_ref()
                .is_some_and(|own| own.same_channel(line))
        {
            session.line = None;
        }
    }

    /// Ends a session.
    pub(crate) fn end(&mut self, name: &str) {
        self.sessions.remove(name);
    }

    /// Sends an event to one session.
    pub(crate) fn send(&mut self, name: &str, event: &str, data: &Value) {
        let Some(session) = self.sessions.get_mut(name) else {
            return;
        };
        session.sequence += 1;
        let text = json!({"op": 0, "s": session.sequence, "t": event, "d": data}).to_string();
        session.sent.push_back((session.sequence, text.clone()));
        if session.sent.len() > KEPT {
            session.sent.pop_front();
        }
        if let Some(line) = &session.line {
            let _ = line.send(Order::Send(text));
        }
    }

    pub(crate) fn trouble(&mut self, trouble: Trouble) {
        let op = |op: u8, data: Value| {
            Order::Send(json!({"op": op, "s": null, "t": null, "d": data}).to_string())
        };
        let order = match trouble {
            Trouble::Cut | Trouble::LoseSessions => Order::Cut,
            Trouble::Reconnect => op(7, Value::Null),
            Trouble::InvalidResumable => op(9, json!(true)),
            Trouble::Invalid => op(9, json!(false)),
            Trouble::Close(code) => Order::Close(code),
        };
        for session in self.sessions.values() {
            if let Some(line) = &session.line {
                let _ = line.send(order.clone());
            }
        }
        if matches!(trouble, Trouble::Invalid | Trouble::LoseSessions) {
            self.sessions.clear();
        }
    }

    fn note(&mut self, intents: u64, resumed: bool) {
        self.identifies.push(Identify {
            at: Instant::now(),
            intents,
            resumed,
        });
    }
}
