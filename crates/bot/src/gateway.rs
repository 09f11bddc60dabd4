//! The connection that Discord tells its events over. serenity keeps it, and resumes it when it breaks.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use persona_core::Id;
use persona_discord::{ChannelInfo, DecodedMessage, Rest, Token, decode};
use serenity::{
    all::{
        ChannelId, Client, CommandInteraction, Context, EventHandler, GatewayIntents, Guild,
        GuildChannel, GuildId, Interaction, Message, MessageId, MessageUpdateEvent, Reaction,
        ReactionType, Ready, ResumedEvent,
    },
    async_trait,
    client::ClientBuilder,
    gateway::GatewayError,
    http::HttpBuilder,
};
use tokio::sync::mpsc;

use crate::error::Error;

/// Events that may wait to be dealt with. When more come, they are lost, and found again by catching up.
pub(crate) const EVENTS_MAX: usize = 4_096;

/// A message that somebody wrote, seen live or when catching up.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) record: DecodedMessage,
    /// The server; `None` in private.
    pub(crate) guild: Option<Id>,
    /// Whether the gateway told it, and not the history.
    pub(crate) live: bool,
    /// Who wrote the message that it answers, where that is known.
    pub(crate) answered: Option<Id>,
}

/// What the gateway tells.
#[derive(Debug)]
pub(crate) enum Event {
    /// A new session: what came before it may have been missed.
    Ready { application: Id, guilds: Vec<Id> },
    /// The bot came to a server, or a server came back.
    Guild(Id),
    /// A channel or thread is new.
    Channel(Box<ChannelInfo>),
    /// Somebody wrote.
    Message(Box<Seen>),
    /// Somebody changed what they wrote.
    Edited(Box<DecodedMessage>),
    /// Messages are gone.
    Deleted { channel: Id, messages: Vec<Id> },
    /// Reactions under a message changed; `by` and `emoji` are known where one was added.
    Reacted {
        channel: Id,
        message: Id,
        added: Option<(Id, persona_core::Reaction)>,
    },
    /// A slash command.
    Command(Box<CommandInteraction>),
}

/// What the bot asks the gateway for.
pub(crate) fn intents(direct_messages: bool) -> GatewayIntents {
    let least = GatewayIntents::GUILDS
        | GatewayIntents::GUILD_MESSAGES
        | GatewayIntents::GUILD_MESSAGE_REACTIONS
        | GatewayIntents::MESSAGE_CONTENT;
    if direct_messages {
        least | GatewayIntents::DIRECT_MESSAGES | GatewayIntents::DIRECT_MESSAGE_REACTIONS
    } else {
        least
    }
}

/// Makes a client that sends what happens to `events`. It connects when it is started.
pub(crate) async fn connect(
    token: &Token,
    rest: &Rest,
    intents: GatewayIntents,
    events: mpsc::Sender<Event>,
    lost: Arc<AtomicBool>,
) -> Result<Client, Error> {
    // Asked for here, because serenity would go to Discord's own address when its request fails.
    let gateway = rest.gateway().await?;
    let http = HttpBuilder::new(token.reveal())
        .client(client(rest.api())?)
        .proxy(rest.api())
        .ratelimiter_disabled(true)
        .build();
    let client = ClientBuilder::new_with_http(http, intents)
        .event_handler(Handler { events, lost })
        .await
        .map_err(refused)?;
    *client.ws_url.lock().await = gateway.url;
    Ok(client)
}

/// serenity's own has no timeout.
fn client(api: &str) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(20));
    if api.contains("//127.") || api.contains("//localhost") || api.contains("//[::1]") {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| Error::Gateway {
        reason: error.without_url().to_string(),
    })
}

/// Why the gateway is gone for good.
pub(crate) fn refused(error: serenity::Error) -> Error {
    match error {
        serenity::Error::Gateway(
            GatewayError::DisallowedGatewayIntents | GatewayError::InvalidGatewayIntents,
        ) => Error::Intents,
        serenity::Error::Gateway(GatewayError::InvalidAuthentication) => Error::GatewayToken,
        // Its own words only: what a library's error holds may hold what it was given.
        serenity::Error::Gateway(error) => Error::Gateway {
            reason: error.to_string(),
        },
        _ => Error::Gateway {
            reason: "the client could not go on".to_owned(),
        },
    }
}

struct Handler {
    events: mpsc::Sender<Event>,
    /// Set when an event was lost.
    lost: Arc<AtomicBool>,
}

impl fmt::Debug for Handler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Handler")
    }
}

impl Handler {
    /// Never waits: the gateway must not be held up.
    fn send(&self, event: Event) {
        if self.events.try_send(event).is_err() && !self.lost.swap(true, Ordering::SeqCst) {
            tracing::warn!("more events than can be dealt with: some are lost, and read again");
        }
    }

    fn new_channel(&self, channel: &GuildChannel) {
        let json = serde_json::to_vec(channel).unwrap_or_default();
        if let Ok(info) = ChannelInfo::decode(channel.guild_id.get(), &json) {
            self.send(Event::Channel(Box::new(info)));
        }
    }
}

#[async_trait]
impl EventHandler for Handler {
    async fn ready(&self, _: Context, ready: Ready) {
        self.send(Event::Ready {
            application: ready.application.id.get(),
            guilds: ready.guilds.iter().map(|guild| guild.id.get()).collect(),
        });
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        tracing::info!("the connection with the gateway was resumed: nothing was missed");
    }

    async fn guild_create(&self, _: Context, guild: Guild, _: Option<bool>) {
        self.send(Event::Guild(guild.id.get()));
    }

    async fn channel_create(&self, _: Context, channel: GuildChannel) {
        self.new_channel(&channel);
    }

    async fn thread_create(&self, _: Context, thread: GuildChannel) {
        self.new_channel(&thread);
    }

    async fn message(&self, _: Context, message: Message) {
        if let Some(seen) = seen(&message) {
            self.send(Event::Message(Box::new(seen)));
        }
    }

    async fn message_update(
        &self,
        _: Context,
        _: Option<Message>,
        _: Option<Message>,
        event: MessageUpdateEvent,
    ) {
        // Without text it is the preview of a link that came later.
        if event.content.is_none() {
            return;
        }
        let json = serde_json::to_vec(&event).unwrap_or_default();
        if let Ok(record) = decode(None, &json) {
            self.send(Event::Edited(Box::new(record)));
        }
    }

    async fn message_delete(
        &self,
        _: Context,
        channel: ChannelId,
        message: MessageId,
        _: Option<GuildId>,
    ) {
        self.send(Event::Deleted {
            channel: channel.get(),
            messages: vec![message.get()],
        });
    }

    async fn message_delete_bulk(
        &self,
        _: Context,
        channel: ChannelId,
        messages: Vec<MessageId>,
        _: Option<GuildId>,
    ) {
        self.send(Event::Deleted {
            channel: channel.get(),
            messages: messages.into_iter().map(MessageId::get).collect(),
        });
    }

    async fn reaction_add(&self, _: Context, reaction: Reaction) {
        let added = reaction
            .user_id
            .map(|user| (user.get(), emoji(&reaction.emoji)));
        self.send(Event::Reacted {
            channel: reaction.channel_id.get(),
            message: reaction.message_id.get(),
            added,
        });
    }

    async fn reaction_remove(&self, _: Context, reaction: Reaction) {
        self.send(gone(reaction.channel_id, reaction.message_id));
    }

    async fn reaction_remove_all(&self, _: Context, channel: ChannelId, message: MessageId) {
        self.send(gone(channel, message));
    }

    async fn reaction_remove_emoji(&self, _: Context, reaction: Reaction) {
        self.send(gone(reaction.channel_id, reaction.message_id));
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        if let Interaction::Command(command) = interaction {
            self.send(Event::Command(Box::new(command)));
        }
    }
}

fn gone(channel: ChannelId, message: MessageId) -> Event {
    Event::Reacted {
        channel: channel.get(),
        message: message.get(),
        added: None,
    }
}

/// One decoder for messages of the gateway and of the history.
fn seen(message: &Message) -> Option<Seen> {
    let json = serde_json::to_vec(message).ok()?;
    let record = decode(None, &json)
        .inspect_err(|bad| {
            tracing::warn!(
                message_id = message.id.get(),
                reason = bad.reason,
                "a message could not be understood"
            );
        })
        .ok()?;
    Some(Seen {
        record,
        guild: message.guild_id.map(GuildId::get),
        live: true,
        answered: message
            .referenced_message
            .as_ref()
            .map(|answered| answered.author.id.get()),
    })
}

fn emoji(emoji: &ReactionType) -> persona_core::Reaction {
    let (name, id) = match emoji {
        ReactionType::Custom { id, name, .. } => (name.clone().unwrap_or_default(), Some(id.get())),
        ReactionType::Unicode(character) => (character.clone(), None),
        _ => (String::new(), None),
    };
    persona_core::Reaction {
        emoji: name,
        emoji_id: id,
        count: 1,
    }
}
