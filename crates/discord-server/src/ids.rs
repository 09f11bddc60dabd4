//! Snowflakes, and the times in them.

use jiff::Timestamp;

/// Start of Discord's ids, 2015-01-01 UTC, in milliseconds since 1970-01-01 UTC.
const EPOCH_MS: i64 = 1_420_070_400_000;

/// First snowflake of `time_ms`, in milliseconds since 1970-01-01 UTC.
pub fn snowflake(time_ms: i64) -> u64 {
    ((time_ms - EPOCH_MS).max(0) as u64) << 22
}

/// Time of a snowflake, in milliseconds since 1970-01-01 UTC.
pub fn time_of(id: u64) -> i64 {
    (id >> 22) as i64 + EPOCH_MS
}

/// Current time, in milliseconds since 1970-01-01 UTC.
pub fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Time in Discord's form: with microseconds, and an offset instead of `Z`.
pub fn iso(time_ms: i64) -> String {
    Timestamp::from_millisecond(time_ms)
        .expect("times of tests lie in this era")
        .strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")
        .to_string()
}

/// Parses a time of RFC 3339, as milliseconds since 1970-01-01 UTC.
pub fn parse_iso(text: &str) -> Option<i64> {
    text.parse::<Timestamp>()
        .ok()
        .map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive_the_way_through_ids_and_text() {
        // The example of Discord's documentation.
        assert_eq!(time_of(175_928_847_299_117_063), 1_462_015_105_796);
        assert_eq!(iso(1_462_015_105_796), "2016-04-30T11:18:25.796000+00:00");
        assert_eq!(
            parse_iso("2016-04-30T11:18:25.796Z"),
            Some(1_462_015_105_796)
        );
        assert_eq!(
            parse_iso("2016-04-30T13:18:25.796000+02:00"),
            Some(1_462_015_105_796)
        );
        assert_eq!(parse_iso("2016-04-30T11:18:25.796000 00:00"), None);
        assert_eq!(time_of(snowflake(1_462_015_105_796)), 1_462_015_105_796);
    }
}
