//! The plain types of what people say: acts, topics and their exchanges, lines of a conversation.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{choices::Choices, template::Template};

/// What somebody does by saying something. Reactions follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Act {
    /// Asks.
    Ask,
    /// Answers, or gives an opinion or advice.
    Answer,
    /// Makes a joke of a kind the group knows.
    Joke,
    /// Is of the same mind.
    Agree,
    /// Is not of the same mind.
    Disagree,
    /// Proposes to do something together.
    Plan,
    /// Says hello or goodbye.
    Greet,
    /// Reports a win.
    Brag,
    /// Shows what was cooked.
    Feast,
    /// Shows or tells something sweet about an animal.
    Pet,
    /// Complains.
    Complain,
    /// Cheers somebody up or on.
    Encourage,
    /// Arranges who brings what, when and where.
    Logistics,
    /// Says one or two words to what was just said.
    Nod,
}

/// One subject of talk.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Topic {
    /// Words of this subject, by slot.
    pub(crate) slots: BTreeMap<String, Choices<String>>,
    /// What people say about it.
    pub(crate) exchanges: Choices<Exchange>,
}

/// A message and what others say to it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    /// What the first speaker says.
    pub(crate) lead: Saying,
    /// What others say to that.
    pub(crate) replies: Choices<Saying>,
    /// What the first speaker says in the end. Where there are as many replies or closing lines as there are leads,
    /// each belongs to the lead in the same place.
    pub(crate) close: Saying,
}

/// An act, and ways to put it into words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saying {
    /// What is done by saying it.
    pub(crate) act: Act,
    /// The ways.
    pub(crate) lines: Choices<Template>,
}

/// Something said, before its author's style is put on it.
#[derive(Debug)]
pub(crate) struct Line {
    /// Position of the author in the cast.
    pub(crate) author: usize,
    /// What they do by saying it.
    pub(crate) act: Act,
    /// The words.
    pub(crate) text: String,
    /// Position of the line it answers.
    pub(crate) answers: Option<usize>,
}

impl Topic {
    /// Every template of this subject.
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
