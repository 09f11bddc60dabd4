//! Generated text as it is sent to Discord.

mod clean;
mod split;

pub use clean::{tidy, with_names};
pub use split::{MESSAGE_MAX, split};
