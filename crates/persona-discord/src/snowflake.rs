//! Snowflakes: ids that hold the time of their making.

use persona_core::Id;

/// Start of Discord's ids, 2015-01-01 UTC, in milliseconds since 1970-01-01 UTC.
const EPOCH_MS: i64 = 1_420_070_400_000;
const TIME_SHIFT: u32 = 22;

/// Time at which the id was made, in milliseconds since 1970-01-01 UTC.
pub fn timestamp_ms(id: Id) -> i64 {
    (id >> TIME_SHIFT).cast_signed() + EPOCH_MS
}

/// Smallest id of the time `timestamp_ms`, in milliseconds since 1970-01-01 UTC; 0 for times before Discord's ids.
pub fn at(timestamp_ms: i64) -> Id {
    let since = timestamp_ms.saturating_sub(EPOCH_MS).max(0).cast_unsigned();
    // The store's ids have 63 bits.
    since.min((1 << (63 - TIME_SHIFT)) - 1) << TIME_SHIFT
}

#[cfg(test)]
mod tests {
    use super::{at, timestamp_ms};

    #[test]
    fn times_and_ids() {
        // The example of Discord's documentation.
        assert_eq!(timestamp_ms(175_928_847_299_117_063), 1_462_015_105_796);
        assert_eq!(at(1_462_015_105_796), 175_928_847_299_117_063 >> 22 << 22);
        assert_eq!(at(0), 0);
        assert_eq!(at(i64::MIN), 0);
        assert!(i64::try_from(at(i64::MAX)).is_ok());
    }
}
