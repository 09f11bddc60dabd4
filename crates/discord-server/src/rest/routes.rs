//! Handlers by operation.

use super::{
    Answer, Call, channels, commands, error, history, interactions, messages, reactions, users,
};
use crate::{schema::Operation, state::ServerState};

/// Runs the handler of an operation.
pub(super) fn route(state: &mut ServerState, operation: &Operation, call: &Call<'_>) -> Answer {
    let handler: fn(&mut ServerState, &Call<'_>) -> Answer =
        match (operation.method.as_str(), operation.template.as_str()) {
            ("GET", "/users/@me") => users::me,
            ("GET", "/users/{user_id}") => users::user,
            ("GET", "/users/@me/guilds") => users::guilds,
            ("POST", "/users/@me/channels") => users::direct,
            ("GET", "/gateway") => users::gateway,
            ("GET", "/gateway/bot") => users::gateway_bot,
            ("GET", "/guilds/{guild_id}") => users::guild,
            ("GET", "/guilds/{guild_id}/members/{user_id}") => users::member,
            ("GET", "/guilds/{guild_id}/channels") => channels::of_guild,
            ("GET", "/guilds/{guild_id}/threads/active") => channels::active_threads,
            ("GET", "/channels/{channel_id}") => channels::one,
            ("GET", "/channels/{channel_id}/threads/archived/public") => channels::archived_public,
            ("GET", "/channels/{channel_id}/threads/archived/private") => {
                channels::archived_private
            }
            ("GET", "/channels/{channel_id}/users/@me/threads/archived/private") => {
                channels::archived_joined
            }
            ("PUT", "/channels/{channel_id}/thread-members/@me") => channels::join_thread,
            ("GET", "/channels/{channel_id}/messages") => history::page,
            ("GET", "/channels/{channel_id}/messages/{message_id}") => history::one,
            ("POST", "/channels/{channel_id}/messages") => messages::create,
            ("PATCH", "/channels/{channel_id}/messages/{message_id}") => messages::edit,
            ("DELETE", "/channels/{channel_id}/messages/{message_id}") => messages::delete,
            ("POST", "/channels/{channel_id}/typing") => messages::typing,
            ("GET", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}") => {
                reactions::list
            }
            ("PUT", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me") => {
                reactions::add
            }
            (
                "DELETE",
                "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me",
            ) => reactions::remove,
            ("GET", "/applications/@me" | "/oauth2/applications/@me") => commands::application,
            (
                "GET",
                "/applications/{application_id}/commands"
                | "/applications/{application_id}/guilds/{guild_id}/commands",
            ) => commands::list,
            (
                "PUT",
                "/applications/{application_id}/commands"
                | "/applications/{application_id}/guilds/{guild_id}/commands",
            ) => commands::replace,
            ("POST", "/interactions/{interaction_id}/{interaction_token}/callback") => {
                interactions::callback
            }
            ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original") => {
                interactions::edit
            }
            ("GET", "/webhooks/{webhook_id}/{webhook_token}/messages/@original") => {
                interactions::original
            }
            ("DELETE", "/webhooks/{webhook_id}/{webhook_token}/messages/@original") => {
                interactions::delete
            }
            ("POST", "/webhooks/{webhook_id}/{webhook_token}") => interactions::follow_up,
            (method, template) => {
                state.violations.push(format!(
                    "request: {method} {template}: this server does not serve it"
                ));
                return error(404, 0, "404: Not Found");
            }
        };
    handler(state, call)
}
