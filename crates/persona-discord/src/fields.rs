//! JSON fields that Discord and the exporters write in more than one way.

use std::fmt;

use persona_core::{Id, Reaction};
use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, SeqAccess, Visitor},
};

/// Id from a string or a number, small enough for the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snowflake(pub Id);

impl<'de> Deserialize<'de> for Snowflake {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        optional_id(deserializer)?
            .map(Self)
            .ok_or_else(|| de::Error::custom("an id is missing"))
    }
}

/// Reads an id that may be null or empty.
pub fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Id>, D::Error> {
    deserializer.deserialize_any(IdVisitor)
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Option<Id>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an id up to 9223372036854775807, as a string or a number")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        if i64::try_from(value).is_err() {
            return Err(E::invalid_value(de::Unexpected::Unsigned(value), &self));
        }
        Ok(Some(value))
    }

    /// Configuration files have signed numbers only.
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        let id = u64::try_from(value)
            .map_err(|_| E::invalid_value(de::Unexpected::Signed(value), &self))?;
        Ok(Some(id))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        if value.is_empty() {
            return Ok(None);
        }
        // The parser would accept a sign.
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        match value.parse() {
            Ok(id) if digits && i64::try_from(id).is_ok() => Ok(Some(id)),
            _ => Err(E::invalid_value(de::Unexpected::Str(value), &self)),
        }
    }
}

/// Name or number, kept as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(pub String);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CodeVisitor)
    }
}

struct CodeVisitor;

impl Visitor<'_> for CodeVisitor {
    type Value = Code;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name or a number")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Code(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Code(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Code(value.to_owned()))
    }
}

/// Length of a list whose elements are not read; null counts as an empty list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Length(pub u32);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LengthVisitor)
    }
}

struct LengthVisitor;

impl<'de> Visitor<'de> for LengthVisitor {
    type Value = Length;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Length(0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut length = 0;
        while sequence.next_element::<IgnoredAny>()?.is_some() {
            length += 1;
        }
        Ok(Length(length))
    }
}

/// Reactions with one emoji.
#[derive(Clone, Debug, Deserialize)]
pub struct ReactionField {
    emoji: EmojiField,
    count: u32,
}

#[derive(Clone, Debug, Deserialize)]
struct EmojiField {
    #[serde(default, deserialize_with = "optional_id")]
    id: Option<Id>,
    name: Option<String>,
}

/// Reactions with a count above 0.
pub fn reactions(fields: Option<Vec<ReactionField>>) -> Vec<Reaction> {
    let fields = fields.into_iter().flatten();
    fields
        .filter(|field| field.count > 0)
        .map(|field| Reaction {
            // A deleted custom emoji has no name; exporters write this one.
            emoji: field
                .emoji
                .name
                .unwrap_or_else(|| "Unknown Emoji".to_owned()),
            emoji_id: field.emoji.id,
            count: field.count,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Code, Length, Snowflake};

    #[test]
    fn ids() {
        let id = |json: &str| serde_json::from_str::<Snowflake>(json).map(|id| id.0);
        assert_eq!(
            id("\"469641859543728149\"").unwrap(),
            469_641_859_543_728_149
        );
        assert_eq!(id("469641859543728149").unwrap(), 469_641_859_543_728_149);
        for wrong in [
            "\"\"",
            "null",
            "\"+1\"",
            "-1",
            "1.5",
            "\"9223372036854775808\"",
            "18446744073709551615",
            "[]",
        ] {
            let message = id(wrong).unwrap_err().to_string();
            assert!(message.contains("an id"), "{wrong}: {message}");
        }
    }

    #[test]
    fn codes_and_lengths() {
        assert_eq!(
            serde_json::from_str::<Code>("19").unwrap(),
            Code("19".to_owned())
        );
        assert_eq!(
            serde_json::from_str::<Code>("\"Reply\"").unwrap(),
            Code("Reply".to_owned())
        );
        assert_eq!(
            serde_json::from_str::<Length>("[{}, 1, [2]]").unwrap(),
            Length(3)
        );
        assert_eq!(serde_json::from_str::<Length>("null").unwrap(), Length(0));
        assert!(serde_json::from_str::<Length>("3").is_err());
    }
}
