//! Which messages are answered, and why.

use persona_core::{Id, random};

use crate::settings::Settings;

/// Why a message is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// It was written to the bot in private.
    Direct,
    /// It names the bot.
    Mention,
    /// It answers a message of the bot.
    Reply,
    /// It goes on with a conversation that the bot is in.
    Active,
    /// By chance.
    Chance,
}

impl Trigger {
    /// The name as logs write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct message",
            Self::Mention => "mention",
            Self::Reply => "reply",
            Self::Active => "active conversation",
            Self::Chance => "chance",
        }
    }
}

/// What decides about a message. Its channel is allowed, its author is a person, and it has text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four answers to four questions, all of which may be yes"
)]
pub struct Facts {
    /// The message.
    pub id: Id,
    /// Whether it was written in private.
    pub direct: bool,
    /// Whether it names the bot.
    pub mentions_me: bool,
    /// Whether it answers a message of the bot.
    pub answers_me: bool,
    /// Whether the bot is in a conversation with its author.
    pub active: bool,
}

/// Why a message is to be answered; `None`: it is not. The same message gets the same decision again.
pub fn decide(facts: &Facts, settings: &Settings, seed: u64) -> Option<Trigger> {
    if facts.direct {
        return settings.direct_messages.then_some(Trigger::Direct);
    }
    if facts.mentions_me {
        return Some(Trigger::Mention);
    }
    if facts.answers_me {
        return Some(Trigger::Reply);
    }
    if settings.mentions_only {
        return None;
    }
    if facts.active {
        return Some(Trigger::Active);
    }
    let drawn = random::unit_interval(seed, &format!("answer {}", facts.id));
    (drawn < settings.probability).then_some(Trigger::Chance)
}

/// A message of the bot's memory, as far as it says whether a conversation is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Who wrote it.
    pub author_id: Id,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub timestamp_ms: i64,
    /// Whom it answers.
    pub to: Option<Id>,
}

/// Whether the bot `me` is talking with `author`: among the latest messages, oldest first, is one of the bot's to them
/// that is no older than `within_ms`. Nobody else's conversation with the bot is carried on by a stranger.
pub fn is_active(latest: &[Spoken], me: Id, author: Id, now_ms: i64, within_ms: i64) -> bool {
    latest.iter().any(|spoken| {
        spoken.author_id == me
            && spoken.to == Some(author)
            && now_ms.saturating_sub(spoken.timestamp_ms) <= within_ms
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::BotConfig;

    fn settings(probability: f64, mentions_only: bool) -> Settings {
        Settings {
            probability,
            mentions_only,
            ..Settings::of(
                &BotConfig::default(),
                &persona_core::Sampling::default(),
                &std::collections::BTreeMap::new(),
            )
        }
    }

    #[test]
    fn each_trigger_fires_and_the_plainest_is_named() {
        let facts = Facts {
            id: 1,
            ..Facts::default()
        };
        let quiet = settings(0.0, false);
        let decided = |facts: Facts| decide(&facts, &quiet, 1);
        assert_eq!(decided(facts), None);
        assert_eq!(
            decided(Facts {
                mentions_me: true,
                answers_me: true,
                active: true,
                ..facts
            }),
            Some(Trigger::Mention)
        );
        assert_eq!(
            decided(Facts {
                answers_me: true,
                ..facts
            }),
            Some(Trigger::Reply)
        );
        assert_eq!(
            decided(Facts {
                active: true,
                ..facts
            }),
            Some(Trigger::Active)
        );
        assert_eq!(
            decide(&facts, &settings(1.0, false), 1),
            Some(Trigger::Chance)
        );
    }

    #[test]
    fn direct_messages_are_switched_on() {
        let facts = Facts {
            direct: true,
            mentions_me: true,
            ..Facts::default()
        };
        let off = settings(1.0, false);
        assert_eq!(decide(&facts, &off, 1), None);
        let on = Settings {
            direct_messages: true,
            ..off
        };
        assert_eq!(decide(&facts, &on, 1), Some(Trigger::Direct));
    }

    #[test]
    fn mentions_only_leaves_mentions_and_replies() {
        let strict = settings(1.0, true);
        let facts = Facts {
            active: true,
            ..Facts::default()
        };
        assert_eq!(decide(&facts, &strict, 1), None);
        let mention = Facts {
            mentions_me: true,
            ..facts
        };
        assert_eq!(decide(&mention, &strict, 1), Some(Trigger::Mention));
    }

    #[test]
    fn a_conversation_is_with_somebody_and_ends() {
        let said = |author_id, timestamp_ms, to| Spoken {
            author_id,
            timestamp_ms,
            to,
        };
        let latest = [
            said(5, 0, None),
            said(9, 1_000, Some(5)),
            said(6, 2_000, None),
        ];
        assert!(is_active(&latest, 9, 5, 11_000, 10_000));
        assert!(!is_active(&latest, 9, 5, 11_001, 10_000));
        assert!(!is_active(&latest, 9, 6, 3_000, 10_000));
    }

    proptest! {
        #[test]
        fn chance_repeats_and_grows_with_the_probability(id in any::<u64>(), seed in any::<u64>(), low in 0.0..1.0_f64, high in 0.0..1.0_f64) {
            let (low, high) = if low < high { (low, high) } else { (high, low) };
            let facts = Facts { id, ..Facts::default() };
            let answered = |probability| decide(&facts, &settings(probability, false), seed).is_some();
            prop_assert_eq!(answered(low), answered(low));
            prop_assert!(!answered(low) || answered(high));
            prop_assert!(!answered(0.0) && answered(1.0));
        }
    }

    #[test]
    fn chance_meets_its_probability() {
        let settings = settings(0.05, false);
        let answered = (0..20_000)
            .filter(|&id| {
                decide(
                    &Facts {
                        id,
                        ..Facts::default()
                    },
                    &settings,
                    7,
                )
                .is_some()
            })
            .count();
        assert!(answered.abs_diff(1_000) < 120, "{answered}");
    }
}
