//! Split of a conversation, and which of its turns are targets.

use std::collections::BTreeSet;

use persona_conversation::{Assembler, Line, People, Replies};
use persona_core::{Conversation, ConversationForm, Id};

use crate::{config::Config, split::split};

/// Conversation with the facts about its turns that pairs depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BuiltConversation {
    pub(crate) conversation: Conversation,
    /// Whether a turn has any reaction, positive or not.
    pub(crate) reacted: Vec<bool>,
    /// Author of each turn.
    pub(crate) author_ids: Vec<Id>,
}

/// Builds conversations with split and targets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marker<'a> {
    pub(crate) config: &'a Config,
    pub(crate) form: &'a ConversationForm,
    pub(crate) seed: u64,
    pub(crate) people: &'a People,
    /// People to learn from; `None` for everybody.
    pub(crate) persona: Option<&'a BTreeSet<Id>>,
}

impl Marker<'_> {
    /// All conversations of one channel, oldest first. `lines` are sorted by time.
    pub(crate) fn channel(
        &self,
        channel_id: Id,
        lines: &[Line],
        replies: &mut Replies,
    ) -> Vec<BuiltConversation> {
        let assembler = Assembler {
            form: self.form,
            people: self.people,
        };
        let built = assembler.channel(lines, replies);
        built
            .into_iter()
            .map(|one| self.marked(channel_id, one))
            .collect()
    }

    fn marked(&self, channel_id: Id, built: persona_conversation::Assembled) -> BuiltConversation {
        let mut conversation = Conversation {
            id: built.id,
            channel_id,
            split: split(self.config, self.seed, built.id),
            turns: built.turns,
        };
        for (turn, &author) in conversation.turns.iter_mut().zip(&built.author_ids) {
            let opens = turn.message_ids[0] == built.id && turn.reply_to.is_none();
            turn.is_target = !turn.quoted && self.is_target(author, opens);
        }
        BuiltConversation {
            conversation,
            reacted: built.reacted,
            author_ids: built.author_ids,
        }
    }

    fn is_target(&self, author_id: Id, opens: bool) -> bool {
        (self.form.openers || !opens)
            && self
                .persona
                .is_none_or(|persona| persona.contains(&author_id))
    }
}

#[cfg(test)]
mod tests;
