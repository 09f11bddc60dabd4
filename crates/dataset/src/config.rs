//! The `[dataset]` section of `persona.toml`.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How the store becomes a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whom the model shall talk like: account names, display names, pseudonyms (`u7`) or ids. Empty: the whole server.
    pub persona: Vec<String>,
    /// Bots and webhooks to keep, named like in `persona`: bridges that relay what people say elsewhere.
    pub keep_bots: Vec<String>,
    /// Share of the conversations to train on.
    pub train_share: f64,
    /// Share of the conversations to watch while training. The rest is the test split.
    pub validation_share: f64,
    /// How much each author counts in training.
    pub balance: Balance,
    /// Preference pairs from reactions.
    pub pairs: Pairs,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            persona: Vec::new(),
            keep_bots: Vec::new(),
            train_share: 0.85,
            validation_share: 0.10,
            balance: Balance::default(),
            pairs: Pairs::default(),
        }
    }
}

/// How much each author counts in training, so that the loudest do not drown the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Balance {
    /// No author gets more than this share of an epoch.
    pub cap: f64,
    /// Shares up to this one stay as they are before normalising.
    pub keep_up_to: f64,
    /// Shares up to this one are moved half-way to `keep_up_to`; larger ones become `cap`.
    pub halve_up_to: f64,
    /// No message is repeated more often than this in an epoch.
    pub max_copies: u32,
    /// When small authors cannot fill what the cap leaves to them, the epoch shrinks, but not below this share of the
    /// training targets. If that is not enough, the cap rises instead.
    pub epoch_share_min: f64,
    /// What one positive reaction adds to the weight of a message among its author's own.
    pub boost_per_reaction: f64,
    /// Reactions beyond this number add nothing.
    pub boost_reactions_max: u32,
}

impl Default for Balance {
    fn default() -> Self {
        Self {
            cap: 0.12,
            keep_up_to: 0.05,
            halve_up_to: 0.20,
            max_copies: 4,
            epoch_share_min: 0.25,
            boost_per_reaction: 0.1,
            boost_reactions_max: 5,
        }
    }
}

/// Preference pairs from reactions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pairs {
    /// Emoji that praise. Custom emoji are written `:name:`. Skin tones and variation selectors make no difference.
    pub positive: Vec<String>,
    /// More reactions than this count as this many.
    pub reactions_max: u32,
    /// Shortest message that is worth preferring, in words and punctuation marks.
    pub chosen_tokens_min: usize,
    /// How much longer one side of a pair may be than the other when only the conversation is the same.
    pub length_ratio_max: f64,
    /// How many pairs may reject the same message.
    pub rejected_uses_max: u32,
    /// With more pairs than this, those with the most reactions stay.
    pub count_max: usize,
    /// With fewer pairs than this there is a warning.
    pub count_warn: usize,
}

/// Emoji that praise on most servers. `✅` often means "done", `💀` and `😭` mean anything: they are not here.
const POSITIVE: &str = "👍 ❤️ 🧡 💛 💚 💙 💜 🤎 🖤 🤍 🩷 🩵 ♥️ ❣️ 💕 💖 💗 💘 💝 💞 😍 🥰 😘 😻 😂 🤣 😆 😄 😁 😃 😀 😊 🙂 😹 😎 🤩 🥳 🎉 🎊 🔥 💯 👏 🙌 🙏 💪 👌 🤌 🤝 🫶 🫡 ⭐ 🌟 ✨ 🏆 🥇 🚀 ➕ ⬆️ 🔝 🤗 😇 🐐 👑 🎯 💎";

impl Default for Pairs {
    fn default() -> Self {
        Self {
            positive: POSITIVE.split(' ').map(str::to_owned).collect(),
            reactions_max: 5,
            chosen_tokens_min: 4,
            length_ratio_max: 2.0,
            rejected_uses_max: 2,
            count_max: 5_000,
            count_warn: 1_000,
        }
    }
}

impl Config {
    /// Refuses values that no dataset can be built with.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |key: &'static str, value: String, expected: &'static str| {
            Err(Error::Config {
                key,
                value,
                expected,
            })
        };
        for (key, share) in [
            ("train_share", self.train_share),
            ("validation_share", self.validation_share),
            ("balance.epoch_share_min", self.balance.epoch_share_min),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return refuse(key, share.to_string(), "a share between 0 and 1");
            }
        }
        if self.train_share <= 0.0 {
            return refuse("train_share", self.train_share.to_string(), "more than 0");
        }
        if self.train_share + self.validation_share > 1.0 + 1e-9 {
            let value = self.validation_share.to_string();
            return refuse("validation_share", value, "at most 1 - `train_share`");
        }
        self.balance.check()?;
        if self.pairs.length_ratio_max.is_nan() || self.pairs.length_ratio_max < 1.0 {
            let value = self.pairs.length_ratio_max.to_string();
            return refuse("pairs.length_ratio_max", value, "at least 1");
        }
        Ok(())
    }
}

impl Balance {
    fn check(&self) -> Result<(), Error> {
        let refuse = |key: &'static str, value: f64, expected: &'static str| {
            Err(Error::Config {
                key,
                value: value.to_string(),
                expected,
            })
        };
        if !(self.cap > 0.0 && self.cap <= 1.0) {
            return refuse("balance.cap", self.cap, "more than 0 and at most 1");
        }
        if !(self.keep_up_to >= 0.0 && self.keep_up_to <= self.halve_up_to) {
            let expected = "at least 0 and at most `balance.halve_up_to`";
            return refuse("balance.keep_up_to", self.keep_up_to, expected);
        }
        if self.max_copies == 0 {
            return refuse("balance.max_copies", 0.0, "at least 1");
        }
        if !(self.boost_per_reaction >= 0.0 && self.boost_per_reaction.is_finite()) {
            let value = self.boost_per_reaction;
            return refuse("balance.boost_per_reaction", value, "at least 0");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use persona_conversation::Positive;
    use persona_core::Reaction;

    #[test]
    fn done_is_not_praise_by_default() {
        let positive = Positive::new(&super::Pairs::default().positive);
        let count = |emoji: &str| {
            positive.count(&[Reaction {
                emoji: emoji.to_owned(),
                emoji_id: None,
                count: 1,
            }])
        };
        assert_eq!((count("✅"), count("👍🏿"), count("❤️")), (0, 1, 1));
    }
}
