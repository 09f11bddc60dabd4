//! Training examples from conversations.

use std::path::Path;

use persona_core::{
    ChatMessage, Conversation, ConversationForm, Split, jsonl, layout, prompt::prompt_for,
};
use persona_model::{
    Tokenizer,
    chatml::{Cut, Form, encode_fitting},
};
use rayon::prelude::*;

use crate::{batch::Example, error::Error};

/// Options for cutting conversations into examples.
#[derive(Clone, Copy, Debug)]
pub struct ExampleOptions<'a> {
    /// How prompts are made.
    pub form: &'a ConversationForm,
    /// Largest number of tokens in an example.
    pub max_tokens: usize,
}

/// Examples of one split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples {
    /// Distinct examples, one per target.
    pub examples: Vec<Example>,
    /// Positions in `examples` that an epoch draws, each as often as its target has copies.
    pub draws: Vec<usize>,
    /// Number of examples that were cut to `max_tokens`.
    pub shortened: usize,
}

impl Examples {
    /// Loads the examples of `split` from the dataset folder `folder`.
    pub fn load(
        folder: &Path,
        split: Split,
        tokenizer: &Tokenizer,
        options: ExampleOptions<'_>,
    ) -> Result<Self, Error> {
        let path = folder.join(layout::dataset::CONVERSATIONS);
        let conversations: Vec<Conversation> = jsonl::read(&path)?;
        Self::encode(&conversations, split, tokenizer, options)
    }

    /// Encodes the targets of `split` in `conversations`, in their order.
    pub fn encode(
        conversations: &[Conversation],
        split: Split,
        tokenizer: &Tokenizer,
        options: ExampleOptions<'_>,
    ) -> Result<Self, Error> {
        let targets: Vec<(&Conversation, usize)> = conversations
            .iter()
            .filter(|conversation| conversation.split == split)
            .flat_map(|conversation| {
                conversation
                    .targets()
                    .map(move |target| (conversation, target))
            })
            .collect();
        let encoded = targets
            .par_iter()
            .map(|(conversation, target)| {
                let mut messages = prompt_for(options.form, conversation, *target);
                messages.push(ChatMessage::reply(&conversation.turns[*target].text));
                encode_fitting(tokenizer, &messages, options.max_tokens, Form::Example)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut result = Self::default();
        for ((conversation, target), fitted) in targets.into_iter().zip(encoded) {
            let copies = match split {
                Split::Train => conversation.turns[target].copies as usize,
                Split::Validation | Split::Test => 1,
            };
            let example = Example {
                ids: fitted.encoded.ids,
                mask: fitted.encoded.mask,
            };
            if copies == 0 || example.targets() == 0 {
                continue;
            }
            result
                .draws
                .extend(std::iter::repeat_n(result.examples.len(), copies));
            result.shortened += usize::from(fitted.cut != Cut::default());
            result.examples.push(example);
        }
        Ok(result)
    }

    /// Number of tokens of one epoch, copies counted.
    pub fn tokens(&self) -> usize {
        self.draws
            .iter()
            .map(|&index| self.examples[index].ids.len())
            .sum()
    }
}
