//! Input of an evaluation from the dataset stage.

use persona_core::{
    ChatMessage, Conversation, ConversationForm, FileError, PreferencePair, Split, jsonl, layout,
    prompt::prompt_for,
};
use rand::seq::SliceRandom;

use crate::{
    config::{Config, Inputs},
    error::Error,
    resample,
};

/// A real reply and the prompt it answers.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) prompt: Vec<ChatMessage>,
    pub(crate) reply: String,
    pub(crate) message_id: u64,
}

impl Target {
    /// Prompt and reply as messages, to measure perplexity on.
    pub(crate) fn example(&self) -> Vec<ChatMessage> {
        let mut messages = self.prompt.clone();
        messages.push(ChatMessage::reply(&self.reply));
        messages
    }

    /// Context turns as plain text.
    pub(crate) fn context(&self) -> Vec<&str> {
        let context = self.prompt.iter().skip(1);
        context.map(|message| message.content.as_str()).collect()
    }
}

/// Held-out part of a dataset, and the training part that it is compared with.
#[derive(Debug)]
pub(crate) struct Data {
    /// Split that `targets` come from: test, or validation where there is no test target.
    pub(crate) split: Split,
    /// Targets of `split`, in an order drawn from the seed.
    pub(crate) targets: Vec<Target>,
    /// Texts of all turns of the training split.
    pub(crate) training_texts: Vec<String>,
    /// Texts of the training targets.
    pub(crate) training_replies: Vec<String>,
    /// Held-out pairs.
    pub(crate) pairs: Vec<PreferencePair>,
}

impl Data {
    pub(crate) fn load(config: &Config, inputs: &Inputs) -> Result<Self, Error> {
        let path = inputs.dataset.join(layout::dataset::CONVERSATIONS);
        let mut training_texts = Vec::new();
        let mut training_replies = Vec::new();
        let (mut validation, mut test) = (Vec::new(), Vec::new());
        for conversation in jsonl::records::<Conversation>(&path)? {
            let conversation = conversation?;
            match conversation.split {
                Split::Train => {
                    let targets = conversation.targets();
                    training_replies.extend(targets.map(|at| conversation.turns[at].text.clone()));
                    training_texts.extend(conversation.turns.into_iter().map(|turn| turn.text));
                }
                Split::Validation => validation.extend(targets(&conversation, &inputs.form)),
                Split::Test => test.extend(targets(&conversation, &inputs.form)),
            }
        }
        let (split, mut targets) = match (test.is_empty(), validation.is_empty()) {
            (false, _) => (Split::Test, test),
            (true, false) => (Split::Validation, validation),
            (true, true) => return Err(Error::NothingToEvaluate { path }),
        };
        targets.shuffle(&mut resample::stream(inputs.seed, "order of targets"));
        Ok(Self {
            split,
            targets,
            training_texts,
            training_replies,
            pairs: held_out_pairs(config, inputs)?,
        })
    }
}

fn targets<'a>(
    conversation: &'a Conversation,
    form: &'a ConversationForm,
) -> impl Iterator<Item = Target> + 'a {
    conversation.targets().map(|position| {
        let turn = &conversation.turns[position];
        Target {
            prompt: prompt_for(form, conversation, position),
            reply: turn.text.clone(),
            message_id: turn.message_ids.first().copied().unwrap_or_default(),
        }
    })
}

/// Reads the pairs of the validation and test splits; none where the dataset has no pairs file.
fn held_out_pairs(config: &Config, inputs: &Inputs) -> Result<Vec<PreferencePair>, Error> {
    let path = inputs.dataset.join(layout::dataset::PAIRS);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let mut pairs: Vec<PreferencePair> = jsonl::records::<PreferencePair>(&path)?
        .filter(|pair| !matches!(pair, Ok(pair) if pair.split == Split::Train))
        .collect::<Result<_, FileError>>()?;
    pairs.shuffle(&mut resample::stream(inputs.seed, "order of pairs"));
    pairs.truncate(config.max_pairs);
    Ok(pairs)
}
