//! Types of a script: acts, topics with their exchanges, lines of a conversation.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{choices::Choices, template::Template};

/// Act that a message performs, such as a question or a joke. Reactions depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Act {
    /// Asks.
    Ask,
    /// Answers, or gives an opinion or advice.
    Answer,
    /// Makes a joke of a kind the group knows.
    Joke,
    /// Agrees.
    Agree,
    /// Disagrees.
    Disagree,
    /// Proposes to do something together.
    Plan,
    /// Says hello or goodbye.
    Greet,
    /// Reports a win.
    Brag,
    /// Shows a meal.
    Feast,
    /// Shows or tells something sweet about an animal.
    Pet,
    /// Complains.
    Complain,
    /// Cheers somebody up or on.
    Encourage,
    /// Arranges who brings what, when and where.
    Logistics,
    /// Comments on the last message in one or two words.
    Nod,
}

/// Topic of conversations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Topic {
    /// Words of the topic, by slot.
    pub(crate) slots: BTreeMap<String, Choices<String>>,
    /// Exchanges about the topic.
    pub(crate) exchanges: Choices<Exchange>,
}

/// Opening line with replies and a closing line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    /// Opening line of the first speaker.
    pub(crate) lead: Saying,
    /// Replies of others.
    pub(crate) replies: Choices<Saying>,
    /// Closing line of the first speaker. Where there are as many replies or closing lines as leads, each belongs to
    /// the lead of the same index.
    pub(crate) close: Saying,
}

/// Act with the lines that can perform it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saying {
    /// Act of the lines.
    pub(crate) act: Act,
    /// Lines to choose from.
    pub(crate) lines: Choices<Template>,
}

/// Line of a conversation, before the author's style is applied.
#[derive(Debug)]
pub(crate) struct Line {
    /// Position of the author in the cast.
    pub(crate) author: usize,
    /// Act of the line.
    pub(crate) act: Act,
    /// Text of the line.
    pub(crate) text: String,
    /// Position of the line that is answered.
    pub(crate) answers: Option<usize>,
}

impl Topic {
    /// All templates of the topic.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.exchanges
            .iter()
            .flat_map(|exchange| {
                [&exchange.lead, &exchange.close]
                    .into_iter()
                    .chain(exchange.replies.iter())
            })
            .flat_map(|saying| saying.lines.iter())
    }
}
