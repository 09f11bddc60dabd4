//! World: people, guilds, channels, threads and messages.

use std::collections::BTreeMap;

use crate::{
    ids::{now_ms, snowflake},
    message::Message,
};

/// Token of the bot in a new world, in the shape of a real one.
pub const TOKEN: &str = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GtestA.a-made-up-token-for-loopback-tests-only00";

/// Account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Snowflake of the account.
    pub id: u64,
    /// Unique name of the account.
    pub name: String,
    /// Display name, where it differs from the user name.
    pub global_name: Option<String>,
    /// Whether the account is a bot.
    pub bot: bool,
    /// Nickname in guilds.
    pub nick: Option<String>,
    /// Whether the account may manage its guilds.
    pub admin: bool,
}

/// Guild, which users call a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guild {
    /// Snowflake of the guild, also that of the role `@everyone`.
    pub id: u64,
    /// Name of the guild.
    pub name: String,
    /// Owner of the guild.
    pub owner_id: u64,
}

/// Kinds of channels, with Discord's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are Discord's")]
pub enum Kind {
    Text = 0,
    Direct = 1,
    Voice = 2,
    Category = 4,
    Announcement = 5,
    AnnouncementThread = 10,
    PublicThread = 11,
    PrivateThread = 12,
    Stage = 13,
    Directory = 14,
    Forum = 15,
    /// Media channel, missing in Discord's description of its API, but sent by Discord.
    Media = 16,
}

impl Kind {
    /// Whether the channel is a thread, which belongs to another channel and is not in the guild's list.
    pub fn is_thread(self) -> bool {
        matches!(
            self,
            Self::AnnouncementThread | Self::PublicThread | Self::PrivateThread
        )
    }

    /// Whether the channel can hold messages.
    pub fn holds_messages(self) -> bool {
        !matches!(
            self,
            Self::Category | Self::Directory | Self::Forum | Self::Media
        )
    }
}

/// Permissions of the bot in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "permissions are independent of each other"
)]
pub struct Access {
    /// May see the channel; without it every request is answered with 403.
    pub view: bool,
    /// May read the history; without it the history is empty.
    pub history: bool,
    /// May write.
    pub send: bool,
    /// May see private threads that the bot is not in.
    pub manage_threads: bool,
}

impl Access {
    /// All permissions.
    pub const ALL: Self = Self {
        view: true,
        history: true,
        send: true,
        manage_threads: true,
    };
    /// No permissions.
    pub const NONE: Self = Self {
        view: false,
        history: false,
        send: false,
        manage_threads: false,
    };
}

/// Properties that only threads have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Owner of the thread.
    pub owner_id: u64,
    /// Time of archiving, in milliseconds since 1970-01-01 UTC; `None` for an active thread.
    pub archived_ms: Option<i64>,
    /// Whether the bot is a member of the thread.
    pub joined: bool,
}

/// Channel, thread or direct-message channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Snowflake of the channel.
    pub id: u64,
    /// Guild of the channel; `None` for direct messages.
    pub guild_id: Option<u64>,
    /// Kind of the channel.
    pub kind: Kind,
    /// Name of the channel.
    pub name: String,
    /// Category of a channel, or channel of a thread.
    pub parent_id: Option<u64>,
    /// Position in the guild's list.
    pub position: i32,
    /// Topic of the channel.
    pub topic: Option<String>,
    /// Permissions of the bot.
    pub access: Access,
    /// Properties of a thread; `None` for other channels.
    pub thread: Option<Thread>,
    /// The other person of a direct-message channel.
    pub recipient_id: Option<u64>,
}

/// Everything that exists on the server.
#[derive(Clone, Debug)]
pub struct World {
    /// Token of the bot.
    pub token: String,
    /// Account of the bot. Its application has the same id.
    pub me: u64,
    /// Accounts by id.
    pub users: BTreeMap<u64, User>,
    /// Guilds by id.
    pub guilds: BTreeMap<u64, Guild>,
    /// Channels, threads and direct messages by id.
    pub channels: BTreeMap<u64, Channel>,
    /// Messages by channel and id.
    pub messages: BTreeMap<u64, BTreeMap<u64, Message>>,
    last_id: u64,
}

impl World {
    /// World with the bot and nothing else.
    pub fn new() -> Self {
        // 2024-01-01: accounts, guilds and channels are older than the messages of tests.
        let mut world = Self {
            token: TOKEN.to_owned(),
            me: 0,
            users: BTreeMap::new(),
            guilds: BTreeMap::new(),
            channels: BTreeMap::new(),
            messages: BTreeMap::new(),
            last_id: snowflake(1_704_067_200_000),
        };
        world.me = world.user("persona");
        world.user_mut(world.me).bot = true;
        world
    }

    /// Creates an account of a person. Returns its id.
    pub fn user(&mut self, name: &str) -> u64 {
        let id = self.next_id();
        let user = User {
            id,
            name: name.to_owned(),
            global_name: None,
            bot: false,
            nick: None,
            admin: false,
        };
        self.users.insert(id, user);
        id
    }

    /// Creates an account of a bot. Returns its id.
    pub fn bot(&mut self, name: &str) -> u64 {
        let id = self.user(name);
        self.user_mut(id).bot = true;
        id
    }

    /// Creates a guild, owned by a new account. Returns its id.
    pub fn guild(&mut self, name: &str) -> u64 {
        let owner_id = self.user(&format!("owner-of-{}", name.to_lowercase()));
        self.user_mut(owner_id).admin = true;
        let id = self.next_id();
        self.guilds.insert(
            id,
            Guild {
                id,
                name: name.to_owned(),
                owner_id,
            },
        );
        id
    }

    /// Creates a channel of a guild, with all permissions for the bot. Returns its id.
    pub fn channel(&mut self, guild: u64, kind: Kind, name: &str) -> u64 {
        let position = self
            .channels
            .values()
            .filter(|channel| channel.guild_id == Some(guild))
            .count();
        self.add_channel(Some(guild), kind, name, position as i32)
    }

    /// Creates an active thread. Posts of a forum are threads too. Returns its id.
    pub fn thread(&mut self, parent: u64, kind: Kind, name: &str, owner: u64) -> u64 {
        let guild = self.channels[&parent].guild_id;
        let id = self.add_channel(guild, kind, name, 0);
        let channel = self.channel_mut(id);
        channel.parent_id = Some(parent);
        channel.thread = Some(Thread {
            owner_id: owner,
            archived_ms: None,
            joined: false,
        });
        id
    }

    /// Archives a thread at `time_ms`, in milliseconds since 1970-01-01 UTC.
    pub fn archive(&mut self, thread: u64, time_ms: i64) {
        if let Some(thread) = &mut self.channel_mut(thread).thread {
            thread.archived_ms = Some(time_ms);
        }
    }

    /// Channel of direct messages between `user` and the bot, created if there is none.
    pub fn direct(&mut self, user: u64) -> u64 {
        let known = self
            .channels
            .values()
            .find(|channel| channel.recipient_id == Some(user));
        if let Some(channel) = known {
            return channel.id;
        }
        let id = self.add_channel(None, Kind::Direct, "", 0);
        self.channel_mut(id).recipient_id = Some(user);
        id
    }

    /// Sends a message now. Returns its id.
    pub fn message(&mut self, channel: u64, author: u64, content: &str) -> u64 {
        let id = self.next_message_id();
        self.put(Message::new(id, channel, author, content));
        id
    }

    /// Adds a message to its channel.
    pub fn put(&mut self, message: Message) {
        self.messages
            .entry(message.channel_id)
            .or_default()
            .insert(message.id, message);
    }

    /// Account `id`, to be changed.
    pub fn user_mut(&mut self, id: u64) -> &mut User {
        self.users.get_mut(&id).expect("an account of this world")
    }

    /// Channel `id`, to be changed.
    pub fn channel_mut(&mut self, id: u64) -> &mut Channel {
        self.channels.get_mut(&id).expect("a channel of this world")
    }

    /// Message `id` of `channel`, to be changed.
    pub fn message_mut(&mut self, channel: u64, id: u64) -> Option<&mut Message> {
        self.messages.get_mut(&channel)?.get_mut(&id)
    }

    /// Permissions of the bot in a channel; a thread has those of its parent.
    pub fn access(&self, channel: u64) -> Access {
        let Some(channel) = self.channels.get(&channel) else {
            return Access::NONE;
        };
        let parent = channel
            .parent_id
            .filter(|_| channel.kind.is_thread())
            .and_then(|parent| self.channels.get(&parent));
        let mut access = parent.map_or(channel.access, |parent| parent.access);
        let joined = channel.thread.is_some_and(|thread| thread.joined);
        if channel.kind == Kind::PrivateThread && !access.manage_threads && !joined {
            access.view = false;
        }
        if parent.is_some() && !channel.access.view {
            access = channel.access;
        }
        access
    }

    /// Returns an id that is newer than all others.
    pub fn next_message_id(&mut self) -> u64 {
        self.last_id = (self.last_id + 1).max(snowflake(now_ms()));
        self.last_id
    }

    /// Returns the next id for accounts, guilds and channels, long before now.
    fn next_id(&mut self) -> u64 {
        self.last_id += 1 << 22;
        self.last_id
    }

    fn add_channel(&mut self, guild_id: Option<u64>, kind: Kind, name: &str, position: i32) -> u64 {
        let id = self.next_id();
        self.channels.insert(
            id,
            Channel {
                id,
                guild_id,
                kind,
                name: name.to_owned(),
                parent_id: None,
                position,
                topic: None,
                access: Access::ALL,
                thread: None,
                recipient_id: None,
            },
        );
        id
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}
