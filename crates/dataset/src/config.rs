//! Section `[dataset]` of `persona.toml`, and the other inputs of the stage.

use std::path::PathBuf;

use persona_core::ConversationForm;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Inputs of the stage besides its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Path of the store.
    pub store: PathBuf,
    /// Folder to write to.
    pub out: PathBuf,
    /// Use only the latest `limit` messages of the allowed channels, counted before filtering.
    pub limit: Option<usize>,
    /// Use only this many conversations, chosen so that every stage has something to work on, and split anew.
    pub conversations: Option<usize>,
    /// How conversations are cut, and how prompts are made of them.
    pub form: ConversationForm,
    /// Seed of splits, copies, and the choice between equally good counterparts of a pair.
    pub seed: u64,
}

/// Section `[dataset]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// People that the model shall talk like: account names, display names, pseudonyms (`u7`) or ids. Empty: the whole
    /// server.
    pub persona: Vec<String>,
    /// Bots and webhooks to keep, named as in `persona`: bridges that relay people's messages from elsewhere.
    pub keep_bots: Vec<String>,
    /// Share of the conversations to train on.
    pub train_share: f64,
    /// Share of the conversations to validate on while training. The rest is the test split.
    pub validation_share: f64,
    /// Balance of authors in training.
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

/// Balance of authors in training, so that the most frequent ones do not drown the rest.
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
    /// Smallest epoch, as a share of the training targets, to which it may shrink when small authors cannot fill what
    /// the cap leaves to them. If that is not enough, the cap rises instead.
    pub epoch_share_min: f64,
    /// Weight that one positive reaction adds to a message among its author's own.
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
    /// Largest number of reactions that counts; more reactions count as this many.
    pub reactions_max: u32,
    /// Shortest message that is worth preferring, in words and punctuation marks.
    pub chosen_tokens_min: usize,
    /// Largest ratio of the lengths of a pair's sides when only the conversation is the same.
    pub length_ratio_max: f64,
    /// Largest number of pairs that reject the same message.
    pub rejected_uses_max: u32,
    /// With more pairs than this, those with the most reactions stay.
    pub count_max: usize,
    /// With fewer pairs than this there is a warning.
    pub count_warn: usize,
}

/// Emoji that praise on most servers. `✅` often means "done", `💀` and `😭` can mean anything, so they are left out.
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
    /// Checks that a dataset can be built with these values.
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
