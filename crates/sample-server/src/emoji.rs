//! Emoji of reactions and texts. Text holds custom emoji and mentions as private-use characters until it is exported.

use serde_json::{Value, json};

use crate::snowflake::snowflake;

/// Private-use character for a mention of the first author; the others follow.
pub(crate) const MENTION: u32 = 0xe000;
/// Private-use character for the first custom emoji; the others follow.
pub(crate) const CUSTOM: u32 = 0xe100;

/// Names of the custom emoji, and whether they are animated.
pub(crate) const CUSTOM_NAMES: [(&str, bool); 4] = [
    ("blobwave", false),
    ("blobheart", false),
    ("blobsweat", false),
    ("partygoose", true),
];

/// Emoji of a reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Emoji {
    /// 😂
    Joy,
    /// 🤣
    Rofl,
    /// 💀
    Skull,
    /// ❤️
    Heart,
    /// 🥰
    Hearts,
    /// 😻
    CatLove,
    /// 💪🏽
    Biceps,
    /// 🔥
    Fire,
    /// 🎉
    Tada,
    /// 😋
    Yum,
    /// 👍
    Thumb,
    /// ✅
    Check,
    /// 👀
    Eyes,
    /// Custom emoji of the server.
    BlobHeart,
}

impl Emoji {
    /// The emoji as an export has it.
    pub(crate) fn export(self, guild: u64) -> Value {
        match self.named() {
            Some((character, code)) => unicode(character, code),
            None => custom(1, guild),
        }
    }

    fn named(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Joy => ("😂", "joy"),
            Self::Rofl => ("🤣", "rofl"),
            Self::Skull => ("💀", "skull"),
            Self::Heart => ("❤️", "heart"),
            Self::Hearts => ("🥰", "smiling_face_with_3_hearts"),
            Self::CatLove => ("😻", "heart_eyes_cat"),
            Self::Biceps => ("💪🏽", "muscle_tone3"),
            Self::Fire => ("🔥", "fire"),
            Self::Tada => ("🎉", "tada"),
            Self::Yum => ("😋", "yum"),
            Self::Thumb => ("👍", "thumbsup"),
            Self::Check => ("✅", "white_check_mark"),
            Self::Eyes => ("👀", "eyes"),
            Self::BlobHeart => return None,
        })
    }
}

/// Emoji in texts, with their short names.
const WRITTEN: [(&str, &str); 12] = [
    ("😅", "sweat_smile"),
    ("🙈", "see_no_evil"),
    ("✨", "sparkles"),
    ("👍🏽", "thumbsup_tone3"),
    ("🤷🏽‍♀️", "woman_shrugging_tone3"),
    ("😂", "joy"),
    ("🧑‍💻", "technologist"),
    ("🤔", "thinking"),
    ("👀", "eyes"),
    ("☕", "coffee"),
    ("🏳️‍🌈", "rainbow_flag"),
    ("👩‍🍳", "woman_cook"),
];

/// Value of `inlineEmojis` for a text.
pub(crate) fn inline(text: &str, guild: u64) -> Vec<Value> {
    let mut found: Vec<Value> = (0..CUSTOM_NAMES.len())
        .filter(|&at| text.contains(custom_character(at)))
        .map(|at| custom(at, guild))
        .collect();
    found.extend(
        WRITTEN
            .iter()
            .filter(|(character, _)| text.contains(character))
            .map(|(character, code)| unicode(character, code)),
    );
    found
}

/// The private-use character of a custom emoji.
pub(crate) fn custom_character(at: usize) -> char {
    char::from_u32(CUSTOM + at as u32).expect("lies in the private use area")
}

/// Snowflake of a custom emoji.
pub(crate) fn custom_id(at: usize, guild: u64) -> u64 {
    snowflake(
        1_600_000_000_000 + ((guild >> 22) % 90_000_000) as i64,
        7 + at as u64,
    )
}

fn custom(at: usize, guild: u64) -> Value {
    let (name, animated) = CUSTOM_NAMES[at];
    let id = custom_id(at, guild);
    let ending = if animated { "gif" } else { "png" };
    json!({
        "id": id.to_string(),
        "name": name,
        "code": name,
        "isAnimated": animated,
        "imageUrl": format!("https://cdn.discordapp.com/emojis/{id}.{ending}"),
    })
}

fn unicode(character: &str, code: &str) -> Value {
    json!({ "id": "", "name": character, "code": code, "isAnimated": false, "imageUrl": null })
}
