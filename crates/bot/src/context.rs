//! What the model sees of a channel when it answers: turns as in training, and how they become a prompt.

use std::collections::BTreeMap;

use persona_conversation::{Assembler, Line, People, Replies};
use persona_core::{ChatMessage, ConversationForm, Id, Turn, conversation, prompt};
use persona_store::Memory;

use crate::config::BotConfig;

/// Messages that are followed back from reply to answered message.
const CHAIN_MAX: usize = 3;

/// What stands before a reply, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Messages that are answered further back than the turns reach.
    pub chain: Vec<Turn>,
    /// The latest turns of the conversation; the last one holds the message that is answered.
    pub turns: Vec<Turn>,
}

impl Context {
    /// What the model reads: `retrieved` messages, the chain and the turns, in the form that it was trained on.
    pub fn prompt(&self, form: &ConversationForm, retrieved: &[Turn]) -> Vec<ChatMessage> {
        prompt::prompt_of(form, retrieved.iter().chain(&self.chain).chain(&self.turns))
    }

    /// The messages in it.
    pub fn message_ids(&self) -> impl Iterator<Item = Id> + '_ {
        let turns = self.chain.iter().chain(&self.turns);
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
    /// what they answer, whenever they were finished.
    pub fn build(&self, memory: &[Memory], message: Id) -> Option<Context> {
        let asked = memory.iter().find(|memory| memory.message_id == message)?;
        let mut remembered: Vec<&Memory> = memory
            .iter()
            .filter(|memory| memory.message_id == message || self.position(memory).0 < message)
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
        let turns: Vec<Turn> = conversation::context(&built, target, self.window(before))
            .into_iter()
            .map(|position| built[position].clone())
            .collect();
        let chain = self.chain(&lines, &turns, message);
        Some(Context { chain, turns })
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
    fn position(&self, memory: &Memory) -> (Id, Id) {
        match memory.reply_to {
            Some(answered) if memory.author_id == self.me && answered < memory.message_id => {
                (answered, memory.message_id)
            }
            _ => (memory.message_id, 0),
        }
    }

    /// What `message` answers, what that answers, and so on, as far as it is not in `turns`. Oldest first.
    fn chain(&self, lines: &[Line], turns: &[Turn], message: Id) -> Vec<Turn> {
        let by_id: BTreeMap<Id, &Line> = lines.iter().map(|line| (line.id, line)).collect();
        let mut found = Vec::new();
        let mut line = by_id.get(&message);
        for _ in 0..CHAIN_MAX {
            line = line
                .and_then(|line| line.reply_to)
                .and_then(|answered| by_id.get(&answered));
            let Some(answered) = line else {
                break;
            };
            if !turns
                .iter()
                .any(|turn| turn.message_ids.contains(&answered.id))
            {
                found.push(self.turn_of(answered));
            }
        }
        found.sort_by_key(|turn| turn.message_ids[0]);
        found.dedup_by_key(|turn| turn.message_ids[0]);
        found
    }

    fn turn_of(&self, line: &Line) -> Turn {
        single_turn(
            self.people,
            line.id,
            line.author_id,
            line.timestamp_ms,
            line.text.clone(),
        )
    }
}

/// A single message as a turn of context.
pub(crate) fn single_turn(
    people: &People,
    message: Id,
    author: Id,
    timestamp_ms: i64,
    text: String,
) -> Turn {
    Turn {
        message_ids: vec![message],
        author: people
            .get(author)
            .map_or_else(|| format!("u{author}"), |person| person.pseudonym.clone()),
        text,
        timestamp_ms,
        reply_to: None,
        is_target: false,
        quoted: true,
        copies: 0,
        reactions: 0,
    }
}

fn line(memory: &Memory) -> Line {
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
