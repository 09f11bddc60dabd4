//! Typed calls of the API, for ingest and the bot.

use std::num::NonZeroU64;

use persona_core::{Channel, Guild, Id};
use serde::{Deserialize, Serialize};
use serenity::{
    http::{LightMethod, Request, Route},
    model::id::{ApplicationId, ChannelId, GuildId, InteractionId, MessageId},
};

use crate::{
    error::Error,
    fields::{Code, Snowflake, optional_id},
    kinds,
    message::{self, DecodeError, DecodedMessage},
    page::{self, List, Page, PagePosition},
    request_label::request_label,
    rest::Rest,
};

/// Largest number of messages on a page.
pub const MESSAGES_PER_PAGE: u32 = 100;
const GUILDS_PER_PAGE: usize = 200;

/// The bot's own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Account id.
    pub id: Id,
    /// Account name.
    pub name: String,
}

/// The bot's application in the developer portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Application {
    /// Application id, under which commands are registered.
    pub id: Id,
    /// Whether the Message Content Intent is switched on.
    pub message_content: bool,
}

/// Address of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Gateway {
    /// Address, `wss://…`.
    pub url: String,
}

/// Channel or thread, as Discord's lists describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelInfo {
    /// The channel.
    pub channel: Channel,
    /// Newest message ever sent there, if the list tells it.
    pub last_message_id: Option<Id>,
    /// Time at which a thread was archived or last reopened.
    pub archived_at: Option<String>,
}

#[derive(Deserialize)]
struct UserField {
    id: Snowflake,
    #[serde(default)]
    username: String,
}

#[derive(Deserialize)]
struct ApplicationField {
    id: Snowflake,
    #[serde(default)]
    flags: u64,
}

#[derive(Deserialize)]
struct GuildField {
    id: Snowflake,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct ChannelField {
    id: Snowflake,
    #[serde(rename = "type")]
    kind: Code,
    name: Option<String>,
    topic: Option<String>,
    #[serde(default, deserialize_with = "optional_id")]
    parent_id: Option<Id>,
    #[serde(default, deserialize_with = "optional_id")]
    last_message_id: Option<Id>,
    thread_metadata: Option<ThreadField>,
}

#[derive(Deserialize)]
struct ThreadField {
    archive_timestamp: Option<String>,
}

#[derive(Deserialize)]
struct Sent {
    id: Snowflake,
}

impl ChannelInfo {
    /// Decodes one channel or thread of `guild`.
    pub fn decode(guild: Id, json: &[u8]) -> Result<Self, DecodeError> {
        let field: ChannelField = serde_json::from_slice(json)?;
        let (id, kind) = (field.id.0, &field.kind.0);
        if kind.parse::<u64>().is_err() {
            return Err(format!("the kind `{kind}` is no number").into());
        }
        Ok(Self {
            channel: Channel {
                id,
                guild_id: guild,
                parent_id: field.parent_id.filter(|id| *id != 0),
                kind: kinds::channel(Some(kind)),
                name: field.name.unwrap_or_else(|| id.to_string()),
                topic: field.topic.filter(|topic| !topic.is_empty()),
            },
            last_message_id: field.last_message_id,
            archived_at: field
                .thread_metadata
                .and_then(|thread| thread.archive_timestamp),
        })
    }
}

impl From<GuildField> for Guild {
    fn from(field: GuildField) -> Self {
        Self {
            id: field.id.0,
            name: field.name,
        }
    }
}

impl Rest {
    /// Requests the bot's own account.
    pub async fn me(&self) -> Result<Account, Error> {
        let field: UserField = self.get(Route::UserMe).await?;
        Ok(Account {
            id: field.id.0,
            name: field.username,
        })
    }

    /// Requests the bot's application.
    pub async fn application(&self) -> Result<Application, Error> {
        /// Application flags of the Message Content Intent: verified for many servers, and allowed without verification
        /// for few.
        const MESSAGE_CONTENT: u64 = 1 << 18 | 1 << 19;
        let field: ApplicationField = self.get(Route::Oauth2ApplicationCurrent).await?;
        Ok(Application {
            id: field.id.0,
            message_content: field.flags & MESSAGE_CONTENT != 0,
        })
    }

    /// Requests the address of the gateway.
    pub async fn gateway(&self) -> Result<Gateway, Error> {
        self.get(Route::GatewayBot).await
    }

    /// Requests all servers that the bot is in.
    pub async fn guilds(&self) -> Result<Vec<Guild>, Error> {
        let mut guilds: Vec<Guild> = Vec::new();
        loop {
            let mut params = vec![("limit", GUILDS_PER_PAGE.to_string())];
            let last = guilds.iter().map(|guild| guild.id).max();
            params.extend(last.map(|last| ("after", last.to_string())));
            let request = Request::new(Route::UserMeGuilds, LightMethod::Get).params(Some(params));
            let fields: Vec<GuildField> = self.fire_as(request).await?;
            let page: Vec<Guild> = fields.into_iter().map(Guild::from).collect();
            let more =
                page.len() == GUILDS_PER_PAGE && page.iter().map(|guild| guild.id).max() > last;
            guilds.extend(page);
            if !more {
                return Ok(guilds);
            }
        }
    }

    /// Requests a server.
    pub async fn guild(&self, guild: Id) -> Result<Guild, Error> {
        let guild_id = guild_id(guild)?;
        let field: GuildField = self.get(Route::Guild { guild_id }).await?;
        Ok(field.into())
    }

    /// Requests all channels of a server, without threads, whether or not the bot may read them.
    pub async fn channels(&self, guild: Id) -> Result<List<ChannelInfo>, Error> {
        let route = Route::GuildChannels {
            guild_id: guild_id(guild)?,
        };
        let request = Request::new(route, LightMethod::Get);
        let place = request_label(&request);
        let answer = self.fire(request).await?;
        page::list(&answer.body, |json| ChannelInfo::decode(guild, json)).map_err(|error| {
            Error::Answer {
                place,
                reason: error.to_string(),
            }
        })
    }

    /// Requests a page of a channel's history, of at most `limit` messages (1 to 100).
    pub async fn messages(
        &self,
        channel: Id,
        cursor: PagePosition,
        limit: u32,
    ) -> Result<Page, Error> {
        let route = Route::ChannelMessages {
            channel_id: channel_id(channel)?,
        };
        let limit = limit.clamp(1, MESSAGES_PER_PAGE);
        let mut params = vec![("limit", limit.to_string())];
        match cursor {
            PagePosition::After(id) => params.push(("after", id.to_string())),
            PagePosition::Before(id) => params.push(("before", id.to_string())),
            PagePosition::Latest => {}
        }
        let request = Request::new(route, LightMethod::Get).params(Some(params));
        let place = request_label(&request);
        let answer = self.fire(request).await?;
        Page::decode(channel, &answer.body).map_err(|error| Error::Answer {
            place,
            reason: error.to_string(),
        })
    }

    /// Requests one message.
    pub async fn message(&self, channel: Id, message: Id) -> Result<DecodedMessage, Error> {
        let request = Request::new(message_route(channel, message)?, LightMethod::Get);
        let place = request_label(&request);
        let answer = self.fire(request).await?;
        message::decode(Some(channel), &answer.body).map_err(|bad| Error::Answer {
            place,
            reason: bad.reason,
        })
    }

    /// Sends a message and returns its id. With `nonce` and `enforce_nonce` in the body the request is repeated after a
    /// lost answer; without them it is not, because the message might then be sent twice.
    pub async fn create_message(&self, channel: Id, body: &impl Serialize) -> Result<Id, Error> {
        let route = Route::ChannelMessages {
            channel_id: channel_id(channel)?,
        };
        let request = with_body(route, LightMethod::Post, body)?;
        let sent: Sent = self.fire_as(request).await?;
        Ok(sent.id.0)
    }

    /// Edits a message of the bot.
    pub async fn edit_message(
        &self,
        channel: Id,
        message: Id,
        body: &impl Serialize,
    ) -> Result<(), Error> {
        let route = message_route(channel, message)?;
        self.fire(with_body(route, LightMethod::Patch, body)?)
            .await?;
        Ok(())
    }

    /// Deletes a message. It is no error if the message is gone already.
    pub async fn delete_message(&self, channel: Id, message: Id) -> Result<(), Error> {
        let request = Request::new(message_route(channel, message)?, LightMethod::Delete);
        match self.fire(request).await {
            Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Shows the bot as typing for ten seconds.
    pub async fn typing(&self, channel: Id) -> Result<(), Error> {
        let channel_id = channel_id(channel)?;
        let request = Request::new(Route::ChannelTyping { channel_id }, LightMethod::Post);
        self.fire(request).await?;
        Ok(())
    }

    /// Registers exactly these slash commands, for one server or for all.
    pub async fn set_commands(
        &self,
        application: Id,
        guild: Option<Id>,
        commands: &impl Serialize,
    ) -> Result<(), Error> {
        let application_id = ApplicationId::from(nonzero("application", application)?);
        let route = match guild {
            Some(guild) => Route::GuildCommands {
                application_id,
                guild_id: guild_id(guild)?,
            },
            None => Route::Commands { application_id },
        };
        self.fire(with_body(route, LightMethod::Put, commands)?)
            .await?;
        Ok(())
    }

    /// Sends the first answer to a slash command; Discord waits three seconds for it.
    pub async fn respond(
        &self,
        interaction: Id,
        token: &str,
        body: &impl Serialize,
    ) -> Result<(), Error> {
        let interaction_id = InteractionId::from(nonzero("interaction", interaction)?);
        let route = Route::InteractionResponse {
            interaction_id,
            token,
        };
        self.fire(with_body(route, LightMethod::Post, body)?)
            .await?;
        Ok(())
    }

    /// Completes a first answer that was deferred; Discord waits fifteen minutes for it.
    pub async fn edit_response(
        &self,
        application: Id,
        token: &str,
        body: &impl Serialize,
    ) -> Result<(), Error> {
        let route = Route::WebhookOriginalInteractionResponse {
            application_id: ApplicationId::from(nonzero("application", application)?),
            token,
        };
        self.fire(with_body(route, LightMethod::Patch, body)?)
            .await?;
        Ok(())
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, route: Route<'_>) -> Result<T, Error> {
        self.fire_as(Request::new(route, LightMethod::Get)).await
    }
}

fn with_body<'route>(
    route: Route<'route>,
    method: LightMethod,
    body: &impl Serialize,
) -> Result<Request<'route>, Error> {
    let request = Request::new(route, method);
    match serde_json::to_vec(body) {
        Ok(body) => Ok(request.body(Some(body))),
        Err(error) => Err(Error::Request {
            place: request_label(&request),
            reason: error.to_string(),
        }),
    }
}

fn message_route(channel: Id, message: Id) -> Result<Route<'static>, Error> {
    Ok(Route::ChannelMessage {
        channel_id: channel_id(channel)?,
        message_id: MessageId::from(nonzero("message", message)?),
    })
}

pub(crate) fn channel_id(id: Id) -> Result<ChannelId, Error> {
    nonzero("channel", id).map(ChannelId::from)
}

pub(crate) fn guild_id(id: Id) -> Result<GuildId, Error> {
    nonzero("server", id).map(GuildId::from)
}

/// The id as a non-zero number: serenity's ids panic at 0.
fn nonzero(what: &'static str, id: Id) -> Result<NonZeroU64, Error> {
    NonZeroU64::new(id).ok_or(Error::Id { what, id })
}
