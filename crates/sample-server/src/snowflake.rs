//! Snowflakes, Discord's ids.

/// Snowflake of time `at_ms`, in milliseconds since 1970-01-01 UTC. Its lower 22 bits, `low`, tell ids of the same
/// millisecond apart.
pub(crate) fn snowflake(at_ms: i64, low: u64) -> u64 {
    const EPOCH_MS: i64 = 1_420_070_400_000;
    ((at_ms - EPOCH_MS) as u64) << 22 | (low & 0x3f_ffff)
}
