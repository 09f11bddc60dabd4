//! What can go wrong when people are looked for by name.

use persona_core::Hint;

/// An error of the conversations' foundation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody goes by this name.
    #[error("nobody in the store is called `{name}`")]
    UnknownPerson {
        /// The name, pseudonym or id that was asked for.
        name: String,
        /// Names that look like it, best first.
        near: Vec<String>,
    },
    /// Several people go by this name.
    #[error("`{name}` is the name of {} people: {}", .people.len(), .people.join(", "))]
    AmbiguousPerson {
        /// The name.
        name: String,
        /// Pseudonym and account name of each.
        people: Vec<String>,
    },
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownPerson { near, .. } if !near.is_empty() => {
                Some(format!("did you mean {}?", near.join(", ")))
            }
            Self::UnknownPerson { .. } => Some(
                "give an account name, a display name, a pseudonym such as `u1`, or an id"
                    .to_owned(),
            ),
            Self::AmbiguousPerson { .. } => Some("name one by pseudonym or id".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
