//! How a reply is asked for: the system prompt and the context, in the form that the model was trained with.
//!
//! Training data, evaluation and the bot all build their messages here, so that the model meets the same form everywhere.
//! A context turn looks the same whichever reply it is the context of; that is what lets one computation of it
//! (a training trunk, a running KV cache) serve many replies.

use crate::{
    conversation::{Conversation, Turn},
    form::ConversationForm,
    role::ChatMessage,
};

/// The prompt for a reply at turn `target`: the system prompt and the context turns; the reply itself is not in it.
pub fn prompt_for(
    form: &ConversationForm,
    conversation: &Conversation,
    target: usize,
) -> Vec<ChatMessage> {
    let positions = conversation.context(target, form.context_turns);
    prompt_of(
        form,
        positions
            .iter()
            .map(|&position| &conversation.turns[position]),
    )
}

/// The prompt for a reply that sees `turns`, in this order.
pub fn prompt_of<'a>(
    form: &ConversationForm,
    turns: impl IntoIterator<Item = &'a Turn>,
) -> Vec<ChatMessage> {
    let turns = turns
        .into_iter()
        .map(|turn| form.context_message(&turn.author, &turn.text));
    std::iter::once(form.system_message())
        .chain(turns)
        .collect()
}
