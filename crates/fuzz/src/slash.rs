//! Slash commands as Discord sends them, and orders that admins write as text.

use bot::{
    Order,
    config::{MAX_TOKENS_MAX, TEMPERATURE_MAX},
};

/// An order that was understood keeps to the bounds of what it sets.
pub fn slash(data: &[u8]) -> bool {
    let interaction = Order::of_interaction(data);
    let text = str::from_utf8(data).ok().map(Order::parse);
    let taken = [Some(interaction), text];
    let mut orders = taken.into_iter().flatten().flatten().peekable();
    let any = orders.peek().is_some();
    for order in orders {
        match order {
            Order::SetRate(share) => assert!((0.0..=1.0).contains(&share)),
            Order::SetTemperature(value) => assert!((0.0..=TEMPERATURE_MAX).contains(&value)),
            Order::SetMaxLength(tokens) => assert!((1..=MAX_TOKENS_MAX).contains(&tokens)),
            Order::Forget(id) => assert!(id > 0 && i64::try_from(id).is_ok()),
            _ => {}
        }
    }
    any
}
