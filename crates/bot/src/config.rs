//! The `[bot]` section of `persona.toml`. Settings that orders change are in the store and override it.

use persona_core::Id;
use persona_engine::RemoteConfig;
use serde::{Deserialize, Serialize};

use crate::{error::Error, logging::LogConfig, supervise::SuperviseConfig};

/// Settings of the bot. Keys that have an order are only the initial values: `!help` lists the orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the file"
)]
pub struct BotConfig {
    /// Account ids of the admins, who may give all orders. To find an id in Discord: Settings, Advanced, Developer Mode;
    /// then right-click a name, Copy User ID.
    pub admins: Vec<Id>,
    /// Backend of the replies: `embedded`, or the address of an OpenAI-compatible server such as `http://127.0.0.1:8080/v1`.
    pub engine: String,
    /// Share of the messages that the bot answers without being asked, 0 to 1.
    pub probability: f64,
    /// Whether only mentions of the bot and replies to it are answered.
    pub mentions_only: bool,
    /// Whether direct messages are answered too.
    pub direct_messages: bool,
    /// Minutes after a reply for which the bot goes on answering the same person without being asked; 0 switches this off.
    pub active_minutes: u32,
    /// Messages that may lie between the bot's last reply to a person and their next message for the conversation to count
    /// as active.
    pub active_messages: u32,
    /// Turns to which the context may grow before it is cut back to the `context_turns` of training; until then only new
    /// tokens are computed. Not set: three more than `context_turns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_turns_max: Option<usize>,
    /// Past messages, similar to the latest ones of the channel, that a prompt may hold; 0: none. Needs an `embedder`.
    pub retrieved: usize,
    /// Smallest similarity of such a past message, from 0 to 1; 1 is the same text.
    pub retrieved_similarity_min: f64,
    /// Whether past messages may come from any allowed channel. Otherwise they come from the channel of the reply, its
    /// parent and its threads, so that nobody reads there what was said elsewhere.
    pub retrieve_everywhere: bool,
    /// Pseudonym of the bot's own turns in a context. `u0` is nobody of the training data; a model of one person takes that
    /// person's.
    pub pseudonym: String,
    /// Messages of a channel that may wait for an answer; when another comes, the oldest is dropped.
    pub queue_max: usize,
    /// Seconds between two answers to the same person, at least.
    pub pause_seconds: f64,
    /// Age, in minutes, up to which missed messages are answered.
    pub answer_within_minutes: u32,
    /// Messages that are read as context, and not answered, in a channel that is new to the bot.
    pub first_messages: u32,
    /// Messages of a channel that are kept as its live memory.
    pub memory_messages: usize,
    /// Whether a reply is shown while it is generated, by editing it once a second.
    pub stream: bool,
    /// Reactions to the bot's messages that praise.
    pub positive: Vec<String>,
    /// Reactions to the bot's messages that disapprove. From an admin, they also delete the message.
    pub negative: Vec<String>,
    /// Seconds that replies in progress get to finish when the bot is asked to stop.
    pub stop_seconds: u64,
    /// Settings of the remote server that `engine` names.
    pub remote: RemoteConfig,
    /// Settings of the log.
    pub log: LogConfig,
    /// Settings of `persona-bot supervise`.
    pub supervise: SuperviseConfig,
}

impl Default for BotConfig {
    fn default() -> Self {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        Self {
            admins: Vec::new(),
            engine: "embedded".to_owned(),
            probability: 0.05,
            mentions_only: false,
            direct_messages: false,
            active_minutes: 3,
            active_messages: 4,
            context_turns_max: None,
            retrieved: 4,
            retrieved_similarity_min: 0.4,
            retrieve_everywhere: false,
            pseudonym: "u0".to_owned(),
            queue_max: 3,
            pause_seconds: 2.0,
            answer_within_minutes: 10,
            first_messages: 30,
            memory_messages: 200,
            stream: false,
            positive: words("👍 ❤️ 😂 🔥 💯"),
            negative: words("👎"),
            stop_seconds: 60,
            remote: RemoteConfig::default(),
            log: LogConfig::default(),
            supervise: SuperviseConfig::default(),
        }
    }
}

impl BotConfig {
    /// Refuses values that make no sense.
    pub fn check(&self) -> Result<(), Error> {
        self.supervise.check()?;
        let share = "a share between 0 and 1";
        refuse_unless(
            in_unit(self.probability),
            "probability",
            self.probability,
            share,
        )?;
        refuse_unless(
            in_unit(self.retrieved_similarity_min),
            "retrieved_similarity_min",
            self.retrieved_similarity_min,
            share,
        )?;
        refuse_unless(
            self.queue_max > 0,
            "queue_max",
            self.queue_max,
            "at least 1",
        )?;
        refuse_unless(
            self.pause_seconds.is_finite() && self.pause_seconds >= 0.0,
            "pause_seconds",
            self.pause_seconds,
            "0 or more",
        )?;
        let form = self.pseudonym.strip_prefix('u').is_some_and(|number| {
            !number.is_empty() && number.chars().all(|char| char.is_ascii_digit())
        });
        refuse_unless(
            form,
            "pseudonym",
            &self.pseudonym,
            "`u` and a number, such as `u0`",
        )
    }

    /// Whether `engine` names the engine in this process.
    pub fn is_embedded(&self) -> bool {
        self.engine == "embedded"
    }
}

/// Highest temperature that can be set.
pub const TEMPERATURE_MAX: f64 = 5.0;
/// Longest reply that can be set, in tokens.
pub const MAX_TOKENS_MAX: usize = 4_000;

fn in_unit(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "numbers and texts are handed over alike"
)]
fn refuse_unless(
    good: bool,
    key: &'static str,
    value: impl ToString,
    expected: &'static str,
) -> Result<(), Error> {
    if good {
        return Ok(());
    }
    Err(Error::Config {
        key,
        value: value.to_string(),
        expected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_pass_and_nonsense_is_refused_by_name() {
        BotConfig::default().check().unwrap();
        let refused = |config: BotConfig| config.check().unwrap_err().to_string();
        let config = BotConfig {
            probability: f64::NAN,
            ..BotConfig::default()
        };
        assert_eq!(
            refused(config),
            "`bot.probability` is `NaN`, expected a share between 0 and 1"
        );
        let config = BotConfig {
            pseudonym: "Mara".to_owned(),
            ..BotConfig::default()
        };
        assert_eq!(
            refused(config),
            "`bot.pseudonym` is `Mara`, expected `u` and a number, such as `u0`"
        );
    }
}
