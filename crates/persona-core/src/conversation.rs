//! What the dataset stage hands to training and evaluation: conversations of turns, and preference pairs.

use serde::{Deserialize, Serialize};

use crate::{chat::Id, role::ChatMessage};

/// Which part of the data a conversation belongs to. It never changes while the history grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Trained on.
    Train,
    /// Watched while training.
    Validation,
    /// Never seen before evaluation.
    Test,
}

impl Split {
    /// All of them, in the order they are reported in.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The lower-case name, as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// Consecutive messages of one author within a short gap, joined by newlines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The messages it is made of, in order; never empty.
    pub message_ids: Vec<Id>,
    /// The author's stable pseudonym.
    pub author: String,
    /// The text, mentions and custom emoji normalised.
    pub text: String,
    /// When the first of the messages was written, in milliseconds since 1970-01-01 UTC.
    pub timestamp_ms: i64,
    /// Position, in the same conversation, of the turn that this one answers.
    pub reply_to: Option<usize>,
    /// Whether the model may learn or be judged on this turn.
    pub is_target: bool,
    /// Whether the turn was pulled in from an earlier conversation because a later one answers it.
    /// It is context for that answer only, and never a target.
    pub quoted: bool,
    /// How often the balanced sampler takes this target per epoch; 0 outside the training split.
    pub copies: u32,
    /// Reactions with a positive emoji, summed over the messages.
    pub reactions: u32,
}

/// Turns of one channel or thread, without a long silence between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Snowflake of its first message (not counting quoted turns).
    pub id: Id,
    /// The channel or thread.
    pub channel_id: Id,
    /// Which part of the data it belongs to.
    pub split: Split,
    /// The turns, oldest first. Quoted turns stand before the first turn that answers them.
    pub turns: Vec<Turn>,
}

impl Conversation {
    /// [`context`] of the turn at `target`.
    ///
    /// # Panics
    /// When `target` is out of range.
    pub fn context(&self, target: usize, context_turns: usize) -> Vec<usize> {
        context(&self.turns, target, context_turns)
    }

    /// Positions of the targets.
    pub fn targets(&self) -> impl Iterator<Item = usize> + '_ {
        self.turns
            .iter()
            .enumerate()
            .filter(|(_, turn)| turn.is_target)
            .map(|(position, _)| position)
    }
}

/// Positions of the turns that a reply at `target` sees: the `context_turns` turns before it that are not quoted,
/// and before them the turn it answers when that one is further back. Oldest first.
///
/// # Panics
/// When `target` is out of range.
pub fn context(turns: &[Turn], target: usize, context_turns: usize) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..target)
        .rev()
        .filter(|&position| !turns[position].quoted)
        .take(context_turns)
        .collect();
    if let Some(answered) = turns[target].reply_to
        && answered < target
        && !positions.contains(&answered)
    {
        positions.push(answered);
    }
    positions.reverse();
    positions
}

/// How the rejected side of a pair was found, in order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairRule {
    /// Another real reply in the same context, with no reaction.
    SameContext,
    /// A message of the same conversation with no reaction and of like length.
    SameConversation,
    /// The SFT model's own bland answer to the same prompt.
    Generated,
    /// Feedback of people on the bot's own messages.
    Feedback,
}

/// Two answers to one prompt, of which people liked the first better.
///
/// As JSON it is a row of the conversational preference format that TRL reads, with more columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreferencePair {
    /// The same context an SFT example would have: system prompt and context turns.
    pub prompt: Vec<ChatMessage>,
    /// One assistant message.
    pub chosen: Vec<ChatMessage>,
    /// One assistant message.
    pub rejected: Vec<ChatMessage>,
    /// The split of the conversation it comes from.
    pub split: Split,
    /// Which rule found the rejected side.
    pub rule: PairRule,
    /// Positive reactions of the chosen side.
    pub reactions: u32,
    /// First message of the chosen side.
    pub chosen_id: Id,
    /// First message of the rejected side; `None` where a model wrote it and nobody sent it.
    pub rejected_id: Option<Id>,
}
