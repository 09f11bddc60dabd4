//! The `SQLite` store of Persona: schema, migrations and queries.
//!
//! Ids are snowflakes. Storing something twice changes nothing. Where two sources disagree, the later observation wins,
//! and between equally late ones a fixed order of the facts decides. The content therefore does not depend on the order
//! of the sources; only pseudonym numbers do, because they count authors in the order of their first insertion.
//!
//! Beside the history, the store holds the bot's data: settings, live memory, claims, figures, feedback, and vectors of
//! messages. Of a [forgotten](Store::forget) person only a salted hash stays, which keeps them out.
//!
//! Invariant: no type of the database library is part of the interface, except as the source of an error.

mod batch;
mod clear;
mod codes;
mod cursors;
mod embeddings;
mod error;
mod facts;
mod feedback;
mod figures;
mod forget;
mod hash;
mod lookup;
mod marks;
mod memory;
mod people;
mod read;
mod resync;
mod rewrite;
mod schema;
mod settings;
mod sql;
mod store;
mod traces;
mod vectors;

#[cfg(test)]
mod tests;

pub use batch::{Batch, Change, Rejected};
pub use cursors::Cursor;
pub use embeddings::{Neighbour, Scope};
pub use error::Error;
pub use feedback::FeedbackRow;
pub use forget::Forgotten;
pub use memory::{Claim, RememberedMessage};
pub use resync::Reread;
pub use store::{Counts, Store, StoredAuthor, StoredChannel};
