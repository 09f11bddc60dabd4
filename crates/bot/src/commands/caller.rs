//! Caller of an order.

use persona_core::{Author, Id};

/// Person who gives an order, and channel and server in which it is given.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) author: Author,
    pub(crate) channel: Id,
    pub(crate) guild: Option<Id>,
    pub(crate) is_admin: bool,
}
