//! What the model sees of a channel when it answers: turns as in training, and how they become a prompt.

use persona_conversation::{Assembler, Line, People, Replies};
use persona_core::{ChatMessage, ConversationForm, Id, Turn, conversation, prompt};
use persona_store::RememberedMessage;

use crate::config::BotConfig;

/// What stands before a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The turns in front, which a new message does not move.
    pub trunk: Vec<Turn>,
    /// What was said further back and is answered, and last the turn that holds the message that is answered.
    pub branch: Vec<Turn>,
}

impl Context {
    /// What the model reads, in the form that it was trained on. `retrieved` messages stand between trunk and branch.
    pub fn prompt(&self, form: &ConversationForm, retrieved: &[Turn]) -> Vec<ChatMessage> {
        let turns = self.trunk.iter().chain(retrieved).chain(&self.branch);
        prompt::prompt_of(form, turns)
    }

    /// The messages in it.
    pub fn message_ids(&self) -> impl Iterator<Item = Id> + '_ {
        let turns = self.trunk.iter().chain(&self.branch);
        turns.flat_map(|turn| turn.message_ids.iter().copied())
    }
}

/// How contexts are built.
#[derive(Clone, Copy, Debug)]
pub struct Builder<'a> {
    /// How fast people talk, and how much context there is: what the model was trained with.
    pub form: &'a ConversationForm,
    /// How far the context may grow.
    pub config: &'a BotConfig,
    /// The authors; the bot is among them, by its pseudonym.
    pub people: &'a People,
    /// The bot.
    pub me: Id,
}

impl Builder<'_> {
    /// The context of an answer to `message`, from the `memory` of its channel; `None` where the message is not in it any more.
    ///
    /// What came after the message stays out, and so does an answer that it has already. The bot's other replies stand behind
    /// what they answer, whenever they were finished. Of those who opted out, only the message itself is read.
    pub fn build(&self, memory: &[RememberedMessage], message: Id) -> Option<Context> {
        let asked = memory.iter().find(|memory| memory.message_id == message)?;
        let mut remembered: Vec<&RememberedMessage> = memory
            .iter()
            .filter(|memory| memory.message_id == message || self.is_before(memory, message))
            .collect();
        remembered.sort_by_key(|memory| self.position(memory));
        let mut lines: Vec<Line> = remembered.into_iter().map(line).collect();
        // The reply, which is still to be written: its context is found by the rule of training.
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
        let seen = conversation::context(&built, target, self.window(before));
        let turns = |positions: Vec<usize>| {
            let turns = positions.into_iter();
            turns.map(|position| built[position].clone()).collect()
        };
        Some(Context {
            trunk: turns(seen.trunk),
            branch: turns(seen.branch),
        })
    }

    /// Whether a message may be read as what came before `message`.
    fn is_before(&self, memory: &RememberedMessage, message: Id) -> bool {
        let author = self.people.get(memory.author_id);
        self.position(memory).0 < message && !author.is_some_and(|person| person.opted_out)
    }

    /// How many of the `before` turns of a conversation are context. The first of them changes only every few turns,
    /// so that what was computed of them can be used again.
    fn window(&self, before: usize) -> usize {
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

    /// Where a message stands: by its id, but the bot's replies behind what they answer.
    fn position(&self, memory: &RememberedMessage) -> (Id, Id) {
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
