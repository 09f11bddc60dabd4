//! The `[bot]` section of `persona.toml`. What the commands change stands in the store and goes over it.

use persona_core::Id;
use persona_engine::RemoteConfig;
use serde::{Deserialize, Serialize};

use crate::{error::Error, logging::LogConfig, supervise::SuperviseConfig};

/// How the bot behaves. Those keys that have a command are only where it starts from: `!help` lists them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the file"
)]
pub struct BotConfig {
    /// Account ids of those who may give orders. In Discord: Settings, Advanced, Developer Mode; then right-click a name, Copy User ID.
    pub admins: Vec<Id>,
    /// Where replies are computed: `embedded`, or the address of an OpenAI-compatible server such as `http://127.0.0.1:8080/v1`.
    pub engine: String,
    /// How often it joins in without being asked: the share of messages that it answers.
    pub probability: f64,
    /// Answer only mentions of it and replies to it.
    pub mentions_only: bool,
    /// Answer direct messages too.
    pub direct_messages: bool,
    /// It goes on talking with whom it answered: for so many minutes; 0 switches this off.
    pub active_minutes: u32,
    /// It goes on talking with whom it answered: while no more messages than this lie between.
    pub active_messages: u32,
    /// Number of turns to which the context grows before it is cut back to the `context_turns` of training: until then, only what
    /// is new is computed. Where it is not set, it grows by three.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_turns_max: Option<usize>,
    /// Number of past messages resembling what is talked about that are read too, where an `embedder` is set; 0: none.
    pub retrieved: usize,
    /// Past messages that resemble it less than this stay out; 1 is the same message.
    pub retrieved_similarity_min: f64,
    /// Past messages may come from any allowed channel. Otherwise they come from the channel that is answered in and its threads, and
    /// nobody reads there what was said elsewhere.
    pub retrieve_everywhere: bool,
    /// What the bot is called where it is itself context. `u0` is nobody of the training data; for a model of one person, theirs.
    pub pseudonym: String,
    /// So many messages of a channel wait for an answer; when another comes, the oldest is dropped.
    pub queue_max: usize,
    /// Between two answers to one person lie at least so many seconds.
    pub pause_seconds: f64,
    /// Messages that it missed are answered up to this age.
    pub answer_within_minutes: u32,
    /// So many messages are read, and not answered, where it comes to a channel for the first time.
    pub first_messages: u32,
    /// So many messages of a channel are kept as its live memory.
    pub memory_messages: usize,
    /// Show a reply while it is being written, by editing it once a second.
    pub stream: bool,
    /// Reactions to its messages that praise.
    pub positive: Vec<String>,
    /// Reactions to its messages that disapprove. From an admin, they also delete the message.
    pub negative: Vec<String>,
    /// When it is asked to stop, so long it may take to finish the replies it is writing.
    pub stop_seconds: u64,
    /// The server behind `engine`, where that is an address.
    pub remote: RemoteConfig,
    /// What it says, and where.
    pub log: LogConfig,
    /// How `persona-bot supervise` keeps it running.
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

    /// Whether `engine` is the one in this process.
    pub fn is_embedded(&self) -> bool {
        self.engine == "embedded"
    }
}

/// The highest temperature that can be set.
pub const TEMPERATURE_MAX: f64 = 5.0;
/// The longest reply that can be set, in tokens.
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
