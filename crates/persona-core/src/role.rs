//! Messages of a prompt: who speaks, and what.

use serde::{Deserialize, Serialize};

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
