//! The application and its slash commands.

use serde_json::{Value, json};

use super::{Answer, Call, error};
use crate::{
    render::{id, user},
    state::ServerState,
};

pub(super) fn application(state: &mut ServerState, _: &Call<'_>) -> Answer {
    let owner = state
        .world
        .guilds
        .values()
        .next()
        .map_or(state.world.me, |guild| guild.owner_id);
    Answer::json(json!({
        "id": id(state.world.me),
        "name": "persona",
        "icon": null,
        "description": "",
        "type": null,
        "verify_key": "0000000000000000000000000000000000000000000000000000000000000000",
        "flags": if state.faults.empty_contents { 0 } else { 1 << 19 },
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": null,
        "role_connections_verification_url": null,
        "owner": user(&state.world, owner),
        "approximate_guild_count": state.world.guilds.len(),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": null,
        "eligible_oauth2_scopes": [],
        "bot_public": false,
        "bot_require_code_grant": false,
    }))
}

pub(super) fn list(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let commands = state.commands.get(&call.id("guild_id")).cloned();
    Answer::json(Value::Array(commands.unwrap_or_default()))
}

pub(super) fn replace(state: &mut ServerState, call: &Call<'_>) -> Answer {
    let application = state.world.me;
    if call.id("application_id") != application {
        return error(
            403,
            20_012,
            "You are not authorized to perform this action on this application",
        );
    }
    let guild = call.id("guild_id");
    let given = call
        .body
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let commands: Vec<Value> = given
        .into_iter()
        .map(|command| complete(state, guild, &command))
        .collect();
    state.commands.insert(guild, commands.clone());
    Answer::json(Value::Array(commands))
}

/// A command with the fields that the server adds.
fn complete(state: &mut ServerState, guild: u64, given: &Value) -> Value {
    let number = state.world.next_message_id();
    let kind = given["type"].as_u64().unwrap_or(1);
    let mut command = json!({
        "id": id(number),
        "application_id": id(state.world.me),
        "version": id(number),
        "default_member_permissions": given["default_member_permissions"]
            .as_u64()
            .map(|permissions| permissions.to_string())
            .or_else(|| given["default_member_permissions"].as_str().map(str::to_owned)),
        "type": kind,
        "name": given["name"],
        "description": given["description"].as_str().unwrap_or_default(),
        "contexts": null,
        "integration_types": [0],
        "nsfw": false,
    });
    if let Some(options) = given["options"].as_array() {
        command["options"] = options.iter().map(option).collect();
    }
    if guild != 0 {
        command["guild_id"] = id(guild);
    }
    command
}

/// An option without nulls, which requests may hold and answers may not.
fn option(given: &Value) -> Value {
    let fields = given.as_object().into_iter().flatten();
    fields
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}
