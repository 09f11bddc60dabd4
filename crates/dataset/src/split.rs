//! Split of a conversation.

use persona_core::{Id, Split, random};

use crate::config::Config;

/// Split of the conversation that begins with message `id`. It depends on nothing else in the history, so that a
/// conversation keeps its split while the history grows.
pub(crate) fn split(config: &Config, seed: u64, id: Id) -> Split {
    let draw = random::unit_interval(seed, &format!("split {id}"));
    if draw < config.train_share {
        Split::Train
    } else if draw < config.train_share + config.validation_share {
        Split::Validation
    } else {
        Split::Test
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_met_and_the_seed_matters() {
        let config = Config::default();
        let count = |seed, wanted| {
            (0..10_000)
                .filter(|&id| split(&config, seed, id) == wanted)
                .count()
        };
        for (wanted, expected) in [
            (Split::Train, 8_500),
            (Split::Validation, 1_000),
            (Split::Test, 500),
        ] {
            assert!(
                count(1, wanted).abs_diff(expected) < 120,
                "{wanted:?}: {}",
                count(1, wanted)
            );
        }
        assert!((0..100).any(|id| split(&config, 1, id) != split(&config, 2, id)));
    }
}
