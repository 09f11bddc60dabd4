//! Lists to choose from.

use std::ops::Deref;

use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

/// Non-empty list to choose from.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<T>")]
pub(crate) struct Choices<T>(Vec<T>);

impl<T> TryFrom<Vec<T>> for Choices<T> {
    type Error = &'static str;

    fn try_from(list: Vec<T>) -> Result<Self, Self::Error> {
        if list.is_empty() {
            return Err("the list is empty, expected at least one entry");
        }
        Ok(Self(list))
    }
}

impl<T> Choices<T> {
    /// Picks an element, all equally likely.
    pub(crate) fn pick(&self, rng: &mut ChaCha8Rng) -> &T {
        pick(&self.0, rng)
    }
}

impl<T> Deref for Choices<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

/// Picks one of `choices`, all equally likely.
pub(crate) fn pick<'a, T>(choices: &'a [T], rng: &mut ChaCha8Rng) -> &'a T {
    choices.choose(rng).expect("there is something to choose")
}
