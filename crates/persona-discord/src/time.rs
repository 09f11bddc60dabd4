//! Times as Discord and the exporters write them.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Current time, in milliseconds since 1970-01-01 UTC.
pub fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// ISO 8601 time as milliseconds since 1970-01-01 UTC. A time without an offset is in UTC.
pub fn parse(text: &str) -> Result<i64, String> {
    let text = text.trim();
    text.parse::<Timestamp>()
        .or_else(|error| {
            let local: DateTime = text.parse().map_err(|_| error)?;
            local.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp())
        })
        .map(Timestamp::as_millisecond)
        .map_err(|_| format!("`{text}` is not a time such as `2024-01-31T12:00:00.123+00:00`"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn every_form_seen_in_exports() {
        let expected = 1_531_040_944_960;
        for text in [
            "2018-07-08T09:09:04.96+00:00",
            "2018-07-08T09:09:04.9600000+00:00",
            "2018-07-08T04:09:04.96-05:00",
            "2018-07-08T09:09:04.960000+00:00",
            "2018-07-08 09:09:04.960000+00:00",
            "2018-07-08T09:09:04.96Z",
            "2018-07-08 09:09:04.96",
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
        assert_eq!(parse("2018-07-08T09:09:04+00:00"), Ok(1_531_040_944_000));
        assert_eq!(parse("1969-12-31T23:59:59.999+00:00"), Ok(-1));
        insta::assert_snapshot!(parse("yesterday").unwrap_err(), @"`yesterday` is not a time such as `2024-01-31T12:00:00.123+00:00`");
        assert!(parse("").is_err());
    }
}
