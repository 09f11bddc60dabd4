//! What commands change: settings of the store over those of the configuration, read for every message.

use std::collections::{BTreeMap, BTreeSet};

use persona_core::{Id, Sampling};
use serde::{Serialize, de::DeserializeOwned};

use crate::config::{BotConfig, MAX_TOKENS_MAX, TEMPERATURE_MAX};

/// Names of the settings in the store.
pub mod key {
    /// How often the bot joins in.
    pub const PROBABILITY: &str = "probability";
    /// How freely tokens are drawn.
    pub const TEMPERATURE: &str = "temperature";
    /// The longest reply, in tokens.
    pub const MAX_TOKENS: &str = "max_tokens";
    /// Whether only mentions and replies are answered.
    pub const MENTIONS_ONLY: &str = "mentions_only";
    /// Whether direct messages are answered; read for guild 0.
    pub const DIRECT_MESSAGES: &str = "direct_messages";
    /// Channels in which the bot is silent: a list of ids.
    pub const SILENT_CHANNELS: &str = "silent_channels";
    /// Account ids of more admins.
    pub const ADMINS: &str = "admins";
}

/// The settings that hold for one message.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How often the bot joins in.
    pub probability: f64,
    /// How freely tokens are drawn.
    pub temperature: f64,
    /// The longest reply, in tokens.
    pub max_tokens: usize,
    /// Whether only mentions and replies are answered.
    pub mentions_only: bool,
    /// Whether direct messages are answered.
    pub direct_messages: bool,
    /// Channels in which the bot is silent.
    pub silent_channels: BTreeSet<Id>,
    /// Those who may give orders.
    pub admins: BTreeSet<Id>,
}

impl Settings {
    /// `stored` (JSON by key) over `config` and `sampling`. A stored value that makes no sense is passed over, with a line in the log.
    pub fn of(config: &BotConfig, sampling: &Sampling, stored: &BTreeMap<String, String>) -> Self {
        let mut admins: BTreeSet<Id> = config.admins.iter().copied().collect();
        admins.extend(read::<Vec<Id>>(stored, key::ADMINS, |_| true).unwrap_or_default());
        Self {
            probability: read(stored, key::PROBABILITY, |share| {
                (0.0..=1.0).contains(share)
            })
            .unwrap_or(config.probability),
            temperature: read(stored, key::TEMPERATURE, |value| {
                (0.0..=TEMPERATURE_MAX).contains(value)
            })
            .unwrap_or(sampling.temperature),
            max_tokens: read(stored, key::MAX_TOKENS, |tokens| {
                (1..=MAX_TOKENS_MAX).contains(tokens)
            })
            .unwrap_or(sampling.max_tokens),
            mentions_only: read(stored, key::MENTIONS_ONLY, |_| true)
                .unwrap_or(config.mentions_only),
            direct_messages: read(stored, key::DIRECT_MESSAGES, |_| true)
                .unwrap_or(config.direct_messages),
            silent_channels: read(stored, key::SILENT_CHANNELS, |_| true).unwrap_or_default(),
            admins,
        }
    }
}

/// A value as the store keeps it.
pub fn stored<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("numbers, switches and lists of them have a JSON form")
}

fn read<T: DeserializeOwned>(
    stored: &BTreeMap<String, String>,
    key: &str,
    makes_sense: impl Fn(&T) -> bool,
) -> Option<T> {
    let json = stored.get(key)?;
    let value = serde_json::from_str(json).ok().filter(makes_sense);
    if value.is_none() {
        tracing::warn!(key, value = json, "a setting in the store makes no sense");
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_goes_over_the_configuration_and_nonsense_does_not() {
        let config = BotConfig {
            admins: vec![1],
            ..BotConfig::default()
        };
        let stored: BTreeMap<String, String> = [
            (key::PROBABILITY, "0.5"),
            (key::TEMPERATURE, "-1"),
            (key::MAX_TOKENS, "\"many\""),
            (key::MENTIONS_ONLY, "true"),
            (key::SILENT_CHANNELS, "[7,8]"),
            (key::ADMINS, "[2]"),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
        let sampling = Sampling::default();
        let settings = Settings::of(&config, &sampling, &stored);
        assert!((settings.probability - 0.5).abs() < 1e-9);
        assert!((settings.temperature - sampling.temperature).abs() < 1e-9);
        assert_eq!(settings.max_tokens, sampling.max_tokens);
        assert!(settings.mentions_only && !settings.direct_messages);
        assert_eq!(settings.silent_channels, BTreeSet::from([7, 8]));
        assert_eq!(settings.admins, BTreeSet::from([1, 2]));
    }
}
