//! Reactions, which depend on the acts of messages and not on their length.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::{emoji::Emoji, script::Act};

/// Probability that an act gets a reaction.
pub(crate) fn appeal(act: Act) -> f64 {
    match act {
        Act::Joke | Act::Pet | Act::Brag | Act::Feast => 0.85,
        Act::Encourage => 0.8,
        _ => 0.012,
    }
}

/// Reactions to a message with this `act`, by an author with this `charm`.
pub(crate) fn react(act: Act, charm: f64, rng: &mut ChaCha8Rng) -> Vec<(Emoji, u32)> {
    if !rng.random_bool((appeal(act) * charm).min(0.95)) {
        return Vec::new();
    }
    let choices: &[Emoji] = match act {
        Act::Joke => &[
            Emoji::Joy,
            Emoji::Joy,
            Emoji::Joy,
            Emoji::Rofl,
            Emoji::Skull,
        ],
        Act::Pet => &[Emoji::Heart, Emoji::Heart, Emoji::Hearts, Emoji::CatLove],
        Act::Encourage => &[
            Emoji::Heart,
            Emoji::Heart,
            Emoji::Hearts,
            Emoji::BlobHeart,
            Emoji::Biceps,
        ],
        Act::Brag => &[Emoji::Fire, Emoji::Fire, Emoji::Tada],
        Act::Feast => &[Emoji::Fire, Emoji::Fire, Emoji::Yum],
        _ => &[Emoji::Thumb, Emoji::Check, Emoji::Eyes],
    };
    let first = rng.random_range(0..choices.len());
    let mut reactions = vec![(choices[first], count(rng))];
    let second = choices[rng.random_range(0..choices.len())];
    if second != choices[first] && rng.random_bool(0.25) {
        reactions.push((second, 1));
    }
    reactions
}

/// Number of people who react: 1 to 5, mostly 1 or 2.
fn count(rng: &mut ChaCha8Rng) -> u32 {
    let mut count = 1;
    while count < 5 && rng.random_bool(0.35) {
        count += 1;
    }
    count
}
