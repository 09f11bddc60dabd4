//! How a reply is asked for: the system prompt, and how speakers are told apart.
//!
//! Training data, evaluation and the bot all build their messages here, so that the model meets the same form everywhere.
//! A context turn looks the same whichever reply it is the context of; that is what lets one computation of it
//! (a training trunk, a running KV cache) serve many replies.

use serde::{Deserialize, Serialize};

use crate::conversation::{Conversation, Turn};

/// The system prompt of training and serving.
pub const SYSTEM_PROMPT: &str = "You're a regular on this Discord server. Chat naturally.";

/// Who speaks in ChatML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions.
    System,
    /// People.
    User,
    /// The persona.
    Assistant,
}

impl Role {
    /// The name as ChatML writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One message of a chat prompt, in the shape every chat library knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: Role,
    /// The text.
    pub content: String,
}

impl ChatMessage {
    /// The system prompt as a message.
    pub fn system(content: &str) -> Self {
        Self {
            role: Role::System,
            content: content.to_owned(),
        }
    }

    /// A context turn: the speaker's pseudonym stands before the text.
    pub fn context(author: &str, text: &str) -> Self {
        Self {
            role: Role::User,
            content: format!("{author}: {text}"),
        }
    }

    /// A reply of the persona: the bare text.
    pub fn reply(text: &str) -> Self {
        Self {
            role: Role::Assistant,
            content: text.to_owned(),
        }
    }
}

/// The prompt for a reply at turn `target`: the system prompt and the context turns; the reply itself is not in it.
pub fn prompt_for(
    conversation: &Conversation,
    target: usize,
    context_turns: usize,
) -> Vec<ChatMessage> {
    let positions = conversation.context(target, context_turns);
    prompt_of(
        positions
            .iter()
            .map(|&position| &conversation.turns[position]),
    )
}

/// The prompt for a reply that sees `turns`, oldest first.
pub fn prompt_of<'a>(turns: impl IntoIterator<Item = &'a Turn>) -> Vec<ChatMessage> {
    let turns = turns
        .into_iter()
        .map(|turn| ChatMessage::context(&turn.author, &turn.text));
    std::iter::once(ChatMessage::system(SYSTEM_PROMPT))
        .chain(turns)
        .collect()
}
