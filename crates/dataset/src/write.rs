//! Files of the dataset as JSON lines.

use std::path::Path;

use persona_core::{
    ChatMessage, Conversation, ConversationForm, FileError, PreferencePair, Split, jsonl, layout,
    prompt,
};
use serde::Serialize;

/// Row of the flattened form that TRL, axolotl and LLaMA-Factory read.
#[derive(Debug, Serialize)]
struct FlatRow<'a> {
    messages: Vec<ChatMessage>,
    author: &'a str,
    /// Id of the reply's first message, as text: it does not fit the numbers of JavaScript and pandas.
    message_id: String,
    /// Number of times that the row stands in the file.
    copies: u32,
}

/// File name of the flattened form of a split.
pub(crate) fn flattened_name(split: Split) -> String {
    format!("sft-{}.jsonl", split.name())
}

pub(crate) fn conversations<'a>(
    out: &Path,
    conversations: impl IntoIterator<Item = &'a Conversation>,
) -> Result<(), FileError> {
    jsonl::write(&out.join(layout::dataset::CONVERSATIONS), conversations)
}

pub(crate) fn pairs(
    out: &Path,
    pairs: impl IntoIterator<Item = PreferencePair>,
) -> Result<(), FileError> {
    jsonl::write(&out.join(layout::dataset::PAIRS), pairs)
}

/// Writes one row per target. The training file repeats a row for each of its draws, so that other trainers, which
/// shuffle anyway, see the balance too; targets without a draw are not in it.
pub(crate) fn flattened<'a>(
    out: &Path,
    conversations: impl IntoIterator<Item = &'a Conversation>,
    split: Split,
    form: &ConversationForm,
) -> Result<(), FileError> {
    let targets = conversations
        .into_iter()
        .filter(|conversation| conversation.split == split)
        .flat_map(|conversation| {
            conversation
                .targets()
                .map(move |target| (conversation, target))
        });
    let rows = targets.flat_map(|(conversation, target)| {
        let turn = &conversation.turns[target];
        let copies = if split == Split::Train {
            turn.copies
        } else {
            1
        };
        (0..copies).map(move |_| {
            let mut messages = prompt::prompt_for(form, conversation, target);
            messages.push(ChatMessage::reply(&turn.text));
            FlatRow {
                messages,
                author: &turn.author,
                message_id: turn.message_ids[0].to_string(),
                copies,
            }
        })
    });
    jsonl::write(&out.join(flattened_name(split)), rows)
}
