//! Context of the bot's reply: turns as in training, and the prompt made of them.

use persona_conversation::{Assembler, Line, People, Replies};
use persona_core::{ChatMessage, ConversationForm, Id, Turn, conversation, prompt};
use persona_store::RememberedMessage;

use crate::config::BotConfig;

/// Context of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Running turns before the last one. A new message does not move them, so that their KV cache can be used again.
    pub trunk: Vec<Turn>,
    /// Pulled-in turns, which are answered from further back, and at the end the turn that holds the answered message.
    pub branch: Vec<Turn>,
}

impl Context {
    /// The prompt, in the form of training. `retrieved` messages stand between trunk and branch.
    pub fn prompt(&self, form: &ConversationForm, retrieved: &[Turn]) -> Vec<ChatMessage> {
        let turns = self.trunk.iter().chain(retrieved).chain(&self.branch);
        prompt::prompt_of(form, turns)
    }

    /// Ids of the messages in the context.
    pub fn message_ids(&self) -> impl Iterator<Item = Id> + '_ {
        let turns = self.trunk.iter().chain(&self.branch);
        turns.flat_map(|turn| turn.message_ids.iter().copied())
    }
}

/// Builds contexts.
#[derive(Clone, Copy, Debug)]
pub struct Builder<'a> {
    /// Form of conversations that the model was trained with.
    pub form: &'a ConversationForm,
    /// Section `[bot]`, which says how far the context may grow.
    pub config: &'a BotConfig,
    /// The authors, the bot with its pseudonym among them.
    pub people: &'a People,
    /// The bot's account id.
    pub me: Id,
}

impl Builder<'_> {
    /// The context of a reply to `message`, from the live `memory` of its channel; `None` where the message is not in it any
    /// more.
    ///
    /// Later messages stay out, and so does a reply that `message` has already. The bot's other replies come right behind
    /// what they answer, whenever they were finished. Of people who opted out, only `message` itself is read.
    pub fn build(&self, memory: &[RememberedMessage], message: Id) -> Option<Context> {
        let asked = memory.iter().find(|memory| memory.message_id == message)?;
        let mut remembered: Vec<&RememberedMessage> = memory
            .iter()
            .filter(|memory| memory.message_id == message || self.is_before(memory, message))
            .collect();
        remembered.sort_by_key(|memory| self.sort_key(memory));
        let mut lines: Vec<Line> = remembered.into_iter().map(line).collect();
        // Stands for the reply that is still to be written, so that its context follows the rule of training.
        lines.push(Line {
            id: Id::MAX,
            author_id: self.me,
            timestamp_ms: asked.timestamp_ms,
            reply_to: Some(message),
            ..Line::default()
        });
        let assembler = Assembler {
            form: self.form,
            people: self.people,
        };
        let built = assembler
            .channel(&lines, &mut Replies::default())
            .pop()?
            .turns;
        let target = built.len() - 1;
        let before = built[..target].iter().filter(|turn| !turn.quoted).count();
        let context = conversation::context(&built, target, self.turns_of_context(before));
        let turns = |positions: Vec<usize>| {
            let turns = positions.into_iter();
            turns.map(|position| built[position].clone()).collect()
        };
        Some(Context {
            trunk: turns(context.trunk),
            branch: turns(context.branch),
        })
    }

    /// Whether a remembered message may be in the context of a reply to `message`.
    fn is_before(&self, memory: &RememberedMessage, message: Id) -> bool {
        let author = self.people.get(memory.author_id);
        self.sort_key(memory).0 < message && !author.is_some_and(|person| person.opted_out)
    }

    /// Number of the last `before` turns that are context. The first of them changes only every few turns, so that the KV
    /// cache can be used again.
    fn turns_of_context(&self, before: usize) -> usize {
        let least = self.form.context_turns;
        let most = self
            .config
            .context_turns_max
            .unwrap_or(least + 3)
            .max(least);
        match before.checked_sub(least) {
            Some(more) => least + more % (most - least + 1),
            None => before,
        }
    }

    /// Sort key of a message: its id, but a reply of the bot comes right behind what it answers.
    fn sort_key(&self, memory: &RememberedMessage) -> (Id, Id) {
        match memory.reply_to {
            Some(answered) if memory.author_id == self.me && answered < memory.message_id => {
                (answered, memory.message_id)
            }
            _ => (memory.message_id, 0),
        }
    }
}

fn line(memory: &RememberedMessage) -> Line {
    Line {
        id: memory.message_id,
        author_id: memory.author_id,
        timestamp_ms: memory.timestamp_ms,
        text: memory.content.clone(),
        reply_to: memory.reply_to,
        ..Line::default()
    }
}

#[cfg(test)]
mod tests;
