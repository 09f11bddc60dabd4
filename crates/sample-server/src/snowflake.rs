//! Discord's ids.

/// A Discord id: milliseconds since 2015, then 22 bits that tell apart what happened in the same one.
pub(crate) fn snowflake(at_ms: i64, low: u64) -> u64 {
    const EPOCH_MS: i64 = 1_420_070_400_000;
    ((at_ms - EPOCH_MS) as u64) << 22 | (low & 0x3f_ffff)
}
