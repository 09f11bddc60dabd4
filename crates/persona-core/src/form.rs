//! The form of conversations: how a history becomes prompts. A model must be served with the form that it was trained with.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{
    atomic,
    error::{FileError, SettingError},
    layout,
    role::ChatMessage,
    speaker::SpeakerForm,
};

/// Most turns that a context may have. More than any model reads; it keeps numbers from foreign files small.
const CONTEXT_TURNS_MAX: usize = 10_000;

/// Section `[conversation]`: how conversations are cut and shown to the model, in training, evaluation, chat and on Discord.
///
/// A model that was trained keeps the form that it was trained with: it lies in the adapter's folder and in the GGUF file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConversationForm {
    /// The text that opens every prompt: it tells the model what it is.
    pub system_prompt: String,
    /// How a turn of the context stands in the prompt; `{speaker}` is the author's pseudonym, such as `u7`.
    pub speaker_form: SpeakerForm,
    /// How many turns before a reply it sees. More costs training time.
    pub context_turns: usize,
    /// Whether the first turn of a conversation is learnt too, from the bare system prompt. It answers nobody.
    pub openers: bool,
    /// Messages of one author become one turn while no more than this lies between them.
    pub turn_gap_minutes: u32,
    /// A conversation ends when nobody writes for longer than this.
    pub silence_minutes: u32,
}

impl Default for ConversationForm {
    fn default() -> Self {
        Self {
            system_prompt: "You're a regular on this Discord server. Chat naturally.".to_owned(),
            speaker_form: SpeakerForm::default(),
            context_turns: 5,
            openers: false,
            turn_gap_minutes: 7,
            silence_minutes: 30,
        }
    }
}

impl ConversationForm {
    /// Refuses values that no prompt can be made with.
    pub fn check(&self) -> Result<(), SettingError> {
        let refuse = |key: &str, found: String, expected| {
            Err(SettingError {
                key: format!("conversation.{key}"),
                found,
                expected,
            })
        };
        if self.system_prompt.trim().is_empty() || self.system_prompt.contains("\"\"\"") {
            let expected =
                "some text, without three double quotes in a row: they would end it in a Modelfile";
            return refuse(
                "system_prompt",
                format!("`{}`", self.system_prompt),
                expected,
            );
        }
        if !(1..=CONTEXT_TURNS_MAX).contains(&self.context_turns) {
            return refuse(
                "context_turns",
                self.context_turns.to_string(),
                "1 to 10000",
            );
        }
        if self.turn_gap_minutes > self.silence_minutes {
            let found = self.turn_gap_minutes.to_string();
            return refuse("turn_gap_minutes", found, "at most `silence_minutes`");
        }
        Ok(())
    }

    /// The message that opens every prompt.
    pub fn system_message(&self) -> ChatMessage {
        ChatMessage::system(&self.system_prompt)
    }

    /// A turn of the context.
    pub fn context_message(&self, speaker: &str, text: &str) -> ChatMessage {
        ChatMessage::user(&self.speaker_form.render(speaker, text))
    }

    /// Whether `prompt` was made in this form, as far as its messages show.
    pub fn is_of(&self, prompt: &[ChatMessage]) -> bool {
        let Some((system, context)) = prompt.split_first() else {
            return false;
        };
        let (before, between) = (self.speaker_form.before(), self.speaker_form.between());
        let names_speaker = |message: &ChatMessage| {
            let named = message.content.strip_prefix(before).unwrap_or_default();
            let end = named.find(|char: char| !char.is_alphanumeric());
            end.is_some_and(|end| end > 0 && named[end..].starts_with(between))
        };
        *system == self.system_message() && context.iter().all(names_speaker)
    }

    /// Writes it into the folder of an adapter or a model, whose training it belongs to.
    pub fn save(&self, folder: &Path) -> Result<(), FileError> {
        atomic::write_json(&folder.join(layout::CONVERSATION_FORM), self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_of_another_form_are_told_apart() {
        let form = ConversationForm::default();
        let prompt = |form: &ConversationForm| {
            vec![form.system_message(), form.context_message("u7", "hi: all")]
        };
        assert!(form.is_of(&prompt(&form)) && !form.is_of(&[]));
        let brief = ConversationForm {
            system_prompt: "Be brief.".to_owned(),
            ..form.clone()
        };
        let bracketed = ConversationForm {
            speaker_form: "<{speaker}> {text}".to_owned().try_into().unwrap(),
            ..form.clone()
        };
        for other in [brief, bracketed] {
            assert!(other.is_of(&prompt(&other)));
            assert!(!form.is_of(&prompt(&other)) && !other.is_of(&prompt(&form)));
        }
    }

    #[test]
    fn values_that_make_no_prompt_are_refused_by_name() {
        ConversationForm::default().check().unwrap();
        let refused = |change: fn(&mut ConversationForm)| {
            let mut form = ConversationForm::default();
            change(&mut form);
            form.check().unwrap_err().to_string()
        };
        insta::assert_snapshot!(refused(|form| form.context_turns = 0), @"`conversation.context_turns` is 0, expected 1 to 10000");
        insta::assert_snapshot!(refused(|form| form.turn_gap_minutes = 60), @"`conversation.turn_gap_minutes` is 60, expected at most `silence_minutes`");
        insta::assert_snapshot!(refused(|form| form.system_prompt = " ".to_owned()), @"`conversation.system_prompt` is ` `, expected some text, without three double quotes in a row: they would end it in a Modelfile");
    }
}
