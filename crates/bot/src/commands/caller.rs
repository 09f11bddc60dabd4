//! Who gives an order.

use persona_core::{Author, Id};

/// Who gives an order, and where.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) author: Author,
    pub(crate) channel: Id,
    pub(crate) guild: Option<Id>,
    pub(crate) is_admin: bool,
}
