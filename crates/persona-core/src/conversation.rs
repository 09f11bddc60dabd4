//! What the dataset stage hands to training and evaluation: conversations of turns, and preference pairs.

use serde::{Deserialize, Serialize};

use crate::{chat::Id, role::ChatMessage};

/// Which part of the data a conversation belongs to. It never changes while the history grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Trained on.
    Train,
    /// Watched while training.
    Validation,
    /// Never seen before evaluation.
    Test,
}

impl Split {
    /// All of them, in the order they are reported in.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The lower-case name, as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// Consecutive messages of one author within a short gap, joined by newlines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The messages it is made of, in order; never empty.
    pub message_ids: Vec<Id>,
    /// The author's stable pseudonym.
    pub author: String,
    /// The text, mentions and custom emoji normalised.
    pub text: String,
    /// When the first of the messages was written, in milliseconds since 1970-01-01 UTC.
    pub timestamp_ms: i64,
    /// Position, in the same conversation, of the turn that this one answers.
    pub reply_to: Option<usize>,
    /// Whether the model may learn or be judged on this turn.
    pub is_target: bool,
    /// Whether the turn comes from an earlier conversation, because one of this conversation answers it, or answers what answers it.
    /// It is context for those answers only, and never a target.
    pub quoted: bool,
    /// How often the balanced sampler takes this target per epoch; 0 outside the training split.
    pub copies: u32,
    /// Reactions with a positive emoji, summed over the messages.
    pub reactions: u32,
}

/// Turns of one channel or thread, without a long silence between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Snowflake of its first message (not counting quoted turns).
    pub id: Id,
    /// The channel or thread.
    pub channel_id: Id,
    /// Which part of the data it belongs to.
    pub split: Split,
    /// The turns, oldest first. Quoted turns stand before the turn that they were quoted for, each behind what it answers.
    pub turns: Vec<Turn>,
}

impl Conversation {
    /// Positions of the turns that a reply at `target` sees, in the order in which they are read: see [`context`].
    ///
    /// # Panics
    /// When `target` is out of range.
    pub fn context(&self, target: usize, context_turns: usize) -> Vec<usize> {
        context(&self.turns, target, context_turns)
            .positions()
            .collect()
    }

    /// Positions of the targets.
    pub fn targets(&self) -> impl Iterator<Item = usize> + '_ {
        self.turns
            .iter()
            .enumerate()
            .filter(|(_, turn)| turn.is_target)
            .map(|(position, _)| position)
    }
}

/// Answers that are followed back from the turn that a reply answers.
pub const ANSWERED_HOPS_MAX: usize = 3;

/// What a reply sees, as positions of turns, in the order in which it is read: the trunk, what was looked up (by the bot only),
/// the branch.
///
/// A new message makes the trunk longer and moves nothing in it, so that one computation of it serves many replies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The running turns, oldest first, without one that stands at the end of the branch.
    pub trunk: Vec<usize>,
    /// The pulled-in turns, oldest first. The turn that is answered stands last of all: a pulled-in one, or the last running turn.
    pub branch: Vec<usize>,
}

impl Context {
    /// All positions, in the order in which they are read.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.trunk.iter().chain(&self.branch).copied()
    }
}

/// What a reply at `target` sees.
///
/// - *Running turns*: the `context_turns` turns before it that are not quoted.
/// - *Pulled-in turns*: the turn that it answers (without one, the last running turn), what that answers, and so on, at most
///   [`ANSWERED_HOPS_MAX`] answers back; of these, the turns that are not among the running ones.
///
/// # Panics
/// When `target` is out of range.
pub fn context(turns: &[Turn], target: usize, context_turns: usize) -> Context {
    let mut trunk: Vec<usize> = (0..target)
        .rev()
        .filter(|&position| !turns[position].quoted)
        .take(context_turns)
        .collect();
    trunk.reverse();
    let earlier = |position: usize| {
        turns[position]
            .reply_to
            .filter(|&answered| answered < position)
    };
    let answered = earlier(target).or(trunk.last().copied());
    let mut branch: Vec<usize> = std::iter::successors(answered, |&position| earlier(position))
        .take(1 + ANSWERED_HOPS_MAX)
        .filter(|position| !trunk.contains(position))
        .collect();
    branch.reverse();
    if answered.is_none_or(|answered| trunk.contains(&answered)) {
        branch.extend(trunk.pop());
    }
    Context { trunk, branch }
}

/// How the rejected side of a pair was found, in order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairRule {
    /// Another real reply in the same context, with no reaction.
    SameContext,
    /// A message of the same conversation with no reaction and of like length.
    SameConversation,
    /// The SFT model's own bland answer to the same prompt.
    Generated,
    /// Feedback of people on the bot's own messages.
    Feedback,
}

/// Two answers to one prompt, of which people liked the first better.
///
/// As JSON it is a row of the conversational preference format that TRL reads, with more columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreferencePair {
    /// The same context an SFT example would have: system prompt and context turns.
    pub prompt: Vec<ChatMessage>,
    /// One assistant message.
    pub chosen: Vec<ChatMessage>,
    /// One assistant message.
    pub rejected: Vec<ChatMessage>,
    /// The split of the conversation it comes from.
    pub split: Split,
    /// Which rule found the rejected side.
    pub rule: PairRule,
    /// Positive reactions of the chosen side.
    pub reactions: u32,
    /// First message of the chosen side.
    pub chosen_id: Id,
    /// First message of the rejected side; `None` where a model wrote it and nobody sent it.
    pub rejected_id: Option<Id>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turns of one conversation, by what they answer; those of `quoted` come from earlier ones.
    fn turns(answered: &[Option<usize>], quoted: &[usize]) -> Vec<Turn> {
        let turn = |(position, &reply_to): (usize, &Option<usize>)| Turn {
            message_ids: vec![position as Id],
            author: "u1".to_owned(),
            text: position.to_string(),
            timestamp_ms: 0,
            reply_to,
            is_target: true,
            quoted: quoted.contains(&position),
            copies: 1,
            reactions: 0,
        };
        answered.iter().enumerate().map(turn).collect()
    }

    /// What the last of the turns sees.
    fn seen(
        answered: &[Option<usize>],
        quoted: &[usize],
        context_turns: usize,
    ) -> (Vec<usize>, Vec<usize>) {
        let found = context(&turns(answered, quoted), answered.len() - 1, context_turns);
        (found.trunk, found.branch)
    }

    #[test]
    fn the_last_running_turn_is_answered_where_nothing_else_is() {
        assert_eq!(seen(&[None], &[], 5), (vec![], vec![]));
        assert_eq!(seen(&[None; 2], &[], 5), (vec![], vec![0]));
        assert_eq!(seen(&[None; 5], &[], 3), (vec![1, 2], vec![3]));
        assert_eq!(seen(&[None; 5], &[], 0), (vec![], vec![]));
    }

    #[test]
    fn an_answered_turn_further_back_stands_last() {
        let answered = [None, None, None, None, Some(0)];
        assert_eq!(seen(&answered, &[], 2), (vec![2, 3], vec![0]));
        assert_eq!(seen(&answered, &[0], 5), (vec![1, 2, 3], vec![0]));
        let running = [None, None, None, None, Some(1)];
        assert_eq!(seen(&running, &[], 3), (vec![1, 2], vec![3]));
    }

    #[test]
    fn what_the_answered_turn_answers_stands_before_it() {
        // The last running turn, 4, answers 1, which answers 0.
        let answered = [None, Some(0), None, None, Some(1), None];
        assert_eq!(seen(&answered, &[], 2), (vec![3], vec![0, 1, 4]));
        // The target answers 3, which is running, and answers 0, which is not; 2 stands between.
        let through = [None, None, Some(0), Some(2), None, Some(3)];
        assert_eq!(seen(&through, &[], 3), (vec![2, 3], vec![0, 4]));
    }

    #[test]
    fn answers_are_followed_back_a_few_times_only() {
        let answered: Vec<_> = (0..9_usize)
            .map(|position| position.checked_sub(1))
            .collect();
        assert_eq!(seen(&answered, &[], 1), (vec![], vec![4, 5, 6, 7]));
        let first_six: Vec<usize> = (0..6).collect();
        let mut far = vec![None; 9];
        far[..6].copy_from_slice(&answered[..6]);
        far[8] = Some(5);
        assert_eq!(seen(&far, &first_six, 5), (vec![6, 7], vec![2, 3, 4, 5]));
    }
}
