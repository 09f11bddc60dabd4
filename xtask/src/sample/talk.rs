//! Conversations: who says what, and to whom.

use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    authors::Author,
    grammar::{Act, Exchange, Lines, Memory, Scene, Topic, pick},
    lexicon,
    nods::nods,
};

/// Something said, before its author's style is put on it.
#[derive(Debug)]
pub(super) struct Line {
    /// Position of the author in the cast.
    pub(super) author: usize,
    /// What they do by saying it.
    pub(super) act: Act,
    /// The words.
    pub(super) text: String,
    /// Position of the line it answers.
    pub(super) answers: Option<usize>,
}

/// A conversation about `topic` of about `length` lines, begun at `hour` by the first of `friends`.
pub(super) fn talk(
    topic: &'static Topic,
    friends: Vec<&Author>,
    hour: u32,
    length: usize,
    memory: &mut Memory,
    rng: &mut ChaCha8Rng,
) -> Vec<Line> {
    let mut talk = Talk {
        scene: Scene::new(topic, friends),
        lines: Vec::new(),
        memory,
        rng,
    };
    if talk.rng.random_bool(0.2) {
        talk.greet(hour);
    }
    let mut told = Vec::new();
    while talk.lines.len() < length {
        let untold: Vec<_> = (0..topic.exchanges.len())
            .filter(|at| !told.contains(at))
            .collect();
        let Some(&at) = untold.choose(talk.rng) else {
            break;
        };
        told.push(at);
        talk.exchange(&topic.exchanges[at], length);
        talk.scene.drift(talk.rng);
    }
    if talk.rng.random_bool(0.12) {
        let speaker = talk.scene.lead;
        talk.say(speaker, Act::Greet, lexicon::BYES, None);
    }
    talk.lines
}

struct Talk<'a, 'b> {
    scene: Scene<'a>,
    lines: Vec<Line>,
    memory: &'b mut Memory,
    rng: &'b mut ChaCha8Rng,
}

impl<'a> Talk<'a, '_> {
    fn greet(&mut self, hour: u32) {
        let lead = self.scene.lead;
        let hello = self.say(lead, Act::Greet, lexicon::hello(hour), None);
        let other = self.other(&[lead.index]);
        self.say(other, Act::Greet, lexicon::HELLO_BACK, Some(hello));
    }

    fn exchange(&mut self, exchange: &'static Exchange, length: usize) {
        if !self.lines.is_empty() {
            self.scene.lead = self.other(&[self.lines[self.lines.len() - 1].author]);
        }
        let lead = self.scene.lead;
        let said = self.memory.choose(exchange.lead.1, self.rng);
        let leads = exchange.lead.1.len();
        let opened = self.tell(lead, exchange.lead.0, exchange.lead.1[said], None);
        self.nod(opened);
        let mut order: Vec<_> = exchange.replies.iter().collect();
        for _ in 0..self.rng.random_range(2..=4) {
            if order.is_empty() || self.lines.len() > length + 2 {
                break;
            }
            let (act, lines) = *order.swap_remove(self.rng.random_range(0..order.len()));
            let last = self.lines[self.lines.len() - 1].author;
            let speaker = self.other(&[lead.index, last]);
            let template = self.matching(lines, leads, said);
            let reply = self.tell(speaker, act, template, Some(opened));
            self.nod(reply);
            self.aside(opened);
        }
        let last = self.lines.len() - 1;
        if self.lines[last].author != lead.index && self.rng.random_bool(0.75) {
            let template = self.matching(exchange.close.1, leads, said);
            self.tell(lead, exchange.close.0, template, Some(last));
        }
    }

    /// The line of `lines` that belongs to the lead at `said`, or any of them.
    fn matching(&mut self, lines: Lines, leads: usize, said: usize) -> &'static str {
        if lines.len() == leads && self.rng.random_bool(0.9) {
            lines[said]
        } else {
            lines[self.memory.choose(lines, self.rng)]
        }
    }

    /// A word or two about what was just said, sometimes a joke on the joke.
    fn nod(&mut self, to: usize) {
        let act = self.lines[to].act;
        let chance = match act {
            Act::Joke | Act::Pet | Act::Brag | Act::Feast => 0.42,
            Act::Encourage => 0.35,
            Act::Complain | Act::Plan | Act::Logistics | Act::Disagree => 0.2,
            _ => 0.12,
        };
        let author = self.lines[to].author;
        if act == Act::Joke && self.rng.random_bool(0.12) {
            let speaker = self.other(&[author, self.scene.lead.index]);
            self.say(speaker, Act::Joke, lexicon::BANTER, Some(to));
        } else if self.rng.random_bool(chance) {
            let speaker = if act == Act::Encourage && author != self.scene.lead.index {
                self.scene.lead
            } else {
                self.other(&[author])
            };
            self.say(speaker, Act::Nod, nods(act), Some(to));
        }
    }

    /// Something that any subject invites.
    fn aside(&mut self, opened: usize) {
        let cheer = self.lines[opened].act == Act::Complain;
        let roll = self.rng.random_range(0..100);
        let (act, lines): (Act, Lines) = match roll {
            0..10 => (Act::Joke, lexicon::JOKES),
            10..17 if cheer => (Act::Encourage, lexicon::CHEER),
            17..20 => (Act::Agree, lexicon::AGREE),
            20..23 => (Act::Disagree, lexicon::DISAGREE),
            23..27 => (Act::Complain, lexicon::GRUMBLES),
            27..31 => (Act::Logistics, lexicon::ERRANDS),
            _ => return,
        };
        let last = self.lines[self.lines.len() - 1].author;
        let speaker = self.other(&[self.scene.lead.index, last]);
        let said = self.say(speaker, act, lines, None);
        self.nod(said);
    }

    fn say(&mut self, speaker: &Author, act: Act, lines: Lines, answers: Option<usize>) -> usize {
        let template = lines[self.memory.choose(lines, self.rng)];
        self.tell(speaker, act, template, answers)
    }

    fn tell(
        &mut self,
        speaker: &Author,
        act: Act,
        template: &str,
        answers: Option<usize>,
    ) -> usize {
        let mut text = self
            .memory
            .say(template, &mut self.scene, speaker, self.rng);
        let dull = matches!(
            act,
            Act::Answer | Act::Agree | Act::Disagree | Act::Plan | Act::Complain | Act::Logistics
        );
        if dull && !text.ends_with('?') && text.len() < 70 && self.rng.random_bool(0.55) {
            let tail = lexicon::TAILS[self.memory.choose(lexicon::TAILS, self.rng)];
            text += &self.memory.say(tail, &mut self.scene, speaker, self.rng);
        }
        self.lines.push(Line {
            author: speaker.index,
            act,
            text,
            answers,
        });
        self.lines.len() - 1
    }

    /// Somebody who takes part and is, if possible, none of `not`.
    fn other(&mut self, not: &[usize]) -> &'a Author {
        let last = not[not.len() - 1];
        for excluded in [not, &[last], &not[..1]] {
            let others: Vec<&'a Author> = self
                .scene
                .friends
                .iter()
                .copied()
                .filter(|friend| !excluded.contains(&friend.index))
                .collect();
            if !others.is_empty() {
                return pick(&others, self.rng);
            }
        }
        self.scene.lead
    }
}
