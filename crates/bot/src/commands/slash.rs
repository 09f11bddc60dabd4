//! The orders as slash commands.

use persona_core::Id;
use serde_json::Value;
use serenity::all::{
    CommandDataOptionValue as Given, CommandInteraction, CommandOptionType as Kind, CreateCommand,
    CreateCommandOption, Interaction, Permissions,
};

use super::order::{self, ChannelOrder, NAMES, Order};
use crate::config::{MAX_TOKENS_MAX, TEMPERATURE_MAX};

/// What is registered with Discord.
pub(crate) fn definitions(direct_messages: bool) -> Vec<Value> {
    NAMES
        .iter()
        .map(|named| {
            let command = CreateCommand::new(named.name)
                .description(named.about)
                .dm_permission(direct_messages)
                .set_options(options(named.name));
            let mut command =
                serde_json::to_value(command).expect("texts and numbers have a JSON form");
            if named.for_admins {
                // Hides them from everybody else. Who may use them is decided by the bot. It stands here as a number, as
                // Discord's description of its API has it, which the builder writes as a text.
                command["default_member_permissions"] = Permissions::MANAGE_GUILD.bits().into();
            }
            command
        })
        .collect()
}

fn options(name: &str) -> Vec<CreateCommandOption> {
    let option = |kind, name, about| CreateCommandOption::new(kind, name, about);
    match name {
        "setrate" => vec![
            option(Kind::Number, "percent", "Of all messages, in percent")
                .required(true)
                .min_number_value(0.0)
                .max_number_value(100.0),
        ],
        "settemp" => vec![
            option(Kind::Number, "value", "0: always the likeliest word")
                .required(true)
                .min_number_value(0.0)
                .max_number_value(TEMPERATURE_MAX),
        ],
        "setmaxlen" => vec![
            option(
                Kind::Integer,
                "tokens",
                "A token is about three quarters of a word",
            )
            .required(true)
            .min_int_value(1)
            .max_int_value(MAX_TOKENS_MAX as u64),
        ],
        "mentions-only" => {
            vec![option(Kind::Boolean, "on", "Only mentions and replies").required(true)]
        }
        "channels" => vec![
            option(
                Kind::Boolean,
                "on",
                "Speak there, or be silent; without it, a list",
            ),
            option(Kind::Channel, "channel", "Where; without it, here"),
        ],
        "forget" => vec![option(Kind::User, "member", "Who is removed").required(true)],
        _ => Vec::new(),
    }
}

impl Order {
    /// The order that an interaction gives, in the JSON that Discord sends for it; otherwise what is wrong with it.
    pub fn of_interaction(json: &[u8]) -> Result<Self, String> {
        match serde_json::from_slice(json) {
            Ok(Interaction::Command(command)) => order(&command),
            Ok(other) => Err(format!("an interaction of kind {:?}", other.kind())),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The order that a command gives.
pub(super) fn order(command: &CommandInteraction) -> Result<Order, String> {
    let data = &command.data;
    let value = |name: &str| {
        let option = data.options.iter().find(|option| option.name == name);
        option.map(|option| &option.value)
    };
    let number = |name: &str| match value(name) {
        Some(Given::Number(number)) => Some(*number),
        Some(Given::Integer(number)) => Some(*number as f64),
        _ => None,
    };
    let switch = |name: &str| match value(name) {
        Some(Given::Boolean(on)) => Some(*on),
        _ => None,
    };
    let missing = || format!("`/{}` needs a value", data.name);
    match &*data.name {
        "setrate" => {
            let percent = number("percent").ok_or_else(missing)?;
            Ok(Order::SetRate(order::check_rate(percent / 100.0)?))
        }
        "settemp" => {
            let value = number("value").ok_or_else(missing)?;
            Ok(Order::SetTemperature(order::check_temperature(value)?))
        }
        "setmaxlen" => {
            let tokens = number("tokens").ok_or_else(missing)?;
            Ok(Order::SetMaxLength(order::check_max_length(
                tokens.max(0.0) as usize,
            )?))
        }
        "mentions-only" => Ok(Order::MentionsOnly(switch("on").ok_or_else(missing)?)),
        "channels" => {
            let channel: Option<Id> = match value("channel") {
                Some(Given::Channel(channel)) => Some(channel.get()),
                _ => None,
            };
            Ok(Order::Channels(match switch("on") {
                None => ChannelOrder::List,
                Some(true) => ChannelOrder::On(channel),
                Some(false) => ChannelOrder::Off(channel),
            }))
        }
        "forget" => match value("member") {
            Some(Given::User(user)) => Ok(Order::Forget(user.get())),
            _ => Err(missing()),
        },
        other => Order::parse(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_keep_to_what_discord_takes() {
        let definitions = definitions(false);
        assert_eq!(definitions.len(), NAMES.len());
        for command in &definitions {
            let name = command["name"].as_str().unwrap();
            assert!(
                name.len() <= 32
                    && name
                        .chars()
                        .all(|char| char.is_ascii_lowercase() || char == '-'),
                "{name}"
            );
            let about = command["description"].as_str().unwrap();
            assert!((1..=100).contains(&about.chars().count()), "{name}");
            let hidden = command["default_member_permissions"].is_number();
            let named = NAMES.iter().find(|named| named.name == name).unwrap();
            assert_eq!(hidden, named.for_admins, "{name}");
        }
    }
}
