//! From what the model wrote to what Discord is sent.

mod clean;
mod split;

pub use clean::{tidy, with_names};
pub use split::{MESSAGE_MAX, split};
