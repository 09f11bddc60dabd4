//! How a reply is asked for: the system prompt, and how speakers are told apart.
//!
//! Training data, evaluation and the bot all build their messages here, so that the model meets the same form everywhere.
//! A context turn looks the same whichever reply it is the context of; that is what lets one computation of it
//! (a training trunk, a running KV cache) serve many replies.

use crate::{
    conversation::{Conversation, Turn},
    role::ChatMessage,
};

/// The system prompt of training and serving.
pub const SYSTEM_PROMPT: &str = "You're a regular on this Discord server. Chat naturally.";

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

/// The prompt for a reply that sees `turns`, in this order.
pub fn prompt_of<'a>(turns: impl IntoIterator<Item = &'a Turn>) -> Vec<ChatMessage> {
    let turns = turns
        .into_iter()
        .map(|turn| ChatMessage::context(&turn.author, &turn.text));
    std::iter::once(ChatMessage::system(SYSTEM_PROMPT))
        .chain(turns)
        .collect()
}
