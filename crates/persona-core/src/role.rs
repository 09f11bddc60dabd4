//! Messages of a chat prompt and their roles.

use serde::{Deserialize, Serialize};

/// Role of a chat message, as ChatML names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions: the system prompt.
    System,
    /// Turns of people.
    User,
    /// Replies of the persona.
    Assistant,
}

impl Role {
    /// Name of the role in ChatML.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// Message of a chat prompt, in the common form of chat libraries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Role of the speaker.
    pub role: Role,
    /// Text of the message.
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

    /// What people say. A turn of the context names its speaker: [`crate::ConversationForm::context_message`].
    pub fn user(content: &str) -> Self {
        Self {
            role: Role::User,
            content: content.to_owned(),
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
