//! Conversations: speakers, lines, and which line answers which.

use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    authors::Author,
    choices::{Choices, pick},
    scene::{Scene, UsedLines},
    schedule::PlannedConversation,
    script::{Act, Exchange, Line},
    template::Template,
    words::Words,
};

/// Lines of the `planned` conversation.
pub(crate) fn talk<'a>(
    words: &'a Words,
    planned: PlannedConversation<'a>,
    used: &mut UsedLines<'a>,
    rng: &mut ChaCha8Rng,
) -> Vec<Line> {
    let PlannedConversation {
        topic,
        hour,
        friends,
        length,
        ..
    } = planned;
    let mut talk = Talk {
        scene: Scene::new(words, topic, friends),
        lines: Vec::new(),
        used,
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
        talk.say(speaker, Act::Greet, &words.small_talk.byes, None);
    }
    talk.lines
}

struct Talk<'a, 'b> {
    scene: Scene<'a>,
    lines: Vec<Line>,
    used: &'b mut UsedLines<'a>,
    rng: &'b mut ChaCha8Rng,
}

impl<'a> Talk<'a, '_> {
    fn greet(&mut self, hour: u32) {
        let lead = self.scene.lead;
        let small_talk = &self.scene.words.small_talk;
        let hello = self.say(lead, Act::Greet, small_talk.hello(hour), None);
        let other = self.other(&[lead.index]);
        self.say(other, Act::Greet, &small_talk.hello_back, Some(hello));
    }

    fn exchange(&mut self, exchange: &'a Exchange, length: usize) {
        if !self.lines.is_empty() {
            self.scene.lead = self.other(&[self.lines[self.lines.len() - 1].author]);
        }
        let lead = self.scene.lead;
        let leads = &exchange.lead.lines;
        let said = self.used.choose(leads, self.rng);
        let opened = self.tell(lead, exchange.lead.act, &leads[said], None);
        self.nod(opened);
        let mut order: Vec<_> = exchange.replies.iter().collect();
        for _ in 0..self.rng.random_range(2..=4) {
            if order.is_empty() || self.lines.len() > length + 2 {
                break;
            }
            let reply = order.swap_remove(self.rng.random_range(0..order.len()));
            let last = self.lines[self.lines.len() - 1].author;
            let speaker = self.other(&[lead.index, last]);
            let template = self.matching(&reply.lines, leads.len(), said);
            let told = self.tell(speaker, reply.act, template, Some(opened));
            self.nod(told);
            self.aside(opened);
        }
        let last = self.lines.len() - 1;
        if self.lines[last].author != lead.index && self.rng.random_bool(0.75) {
            let template = self.matching(&exchange.close.lines, leads.len(), said);
            self.tell(lead, exchange.close.act, template, Some(last));
        }
    }

    /// Line that belongs to the lead of index `said`, mostly, where there are as many `lines` as `leads`; otherwise any
    /// line.
    fn matching(&mut self, lines: &'a [Template], leads: usize, said: usize) -> &'a Template {
        if lines.len() == leads && self.rng.random_bool(0.9) {
            &lines[said]
        } else {
            &lines[self.used.choose(lines, self.rng)]
        }
    }

    /// Adds a comment of a word or two on the last line, sometimes a joke about a joke.
    fn nod(&mut self, to: usize) {
        let act = self.lines[to].act;
        let chance = match act {
            Act::Joke | Act::Pet | Act::Brag | Act::Feast => 0.42,
            Act::Encourage => 0.35,
            Act::Complain | Act::Plan | Act::Logistics | Act::Disagree => 0.2,
            _ => 0.12,
        };
        let author = self.lines[to].author;
        let small_talk = &self.scene.words.small_talk;
        if act == Act::Joke && self.rng.random_bool(0.12) {
            let speaker = self.other(&[author, self.scene.lead.index]);
            self.say(speaker, Act::Joke, &small_talk.banter, Some(to));
        } else if self.rng.random_bool(chance) {
            let speaker = if act == Act::Encourage && author != self.scene.lead.index {
                self.scene.lead
            } else {
                self.other(&[author])
            };
            self.say(speaker, Act::Nod, small_talk.nods(act), Some(to));
        }
    }

    /// Adds a remark that fits any topic.
    fn aside(&mut self, opened: usize) {
        let cheer = self.lines[opened].act == Act::Complain;
        let roll = self.rng.random_range(0..100);
        let small_talk = &self.scene.words.small_talk;
        let (act, lines) = match roll {
            0..10 => (Act::Joke, &small_talk.jokes),
            10..17 if cheer => (Act::Encourage, &small_talk.cheer),
            17..20 => (Act::Agree, &small_talk.agree),
            20..23 => (Act::Disagree, &small_talk.disagree),
            23..27 => (Act::Complain, &small_talk.grumbles),
            27..31 => (Act::Logistics, &small_talk.errands),
            _ => return,
        };
        let last = self.lines[self.lines.len() - 1].author;
        let speaker = self.other(&[self.scene.lead.index, last]);
        let said = self.say(speaker, act, lines, None);
        self.nod(said);
    }

    fn say(
        &mut self,
        speaker: &'a Author,
        act: Act,
        lines: &'a Choices<Template>,
        answers: Option<usize>,
    ) -> usize {
        let template = &lines[self.used.choose(lines, self.rng)];
        self.tell(speaker, act, template, answers)
    }

    fn tell(
        &mut self,
        speaker: &'a Author,
        act: Act,
        template: &'a Template,
        answers: Option<usize>,
    ) -> usize {
        let mut text = self.used.say(template, &mut self.scene, speaker, self.rng);
        let dull = matches!(
            act,
            Act::Answer | Act::Agree | Act::Disagree | Act::Plan | Act::Complain | Act::Logistics
        );
        if dull && !text.ends_with('?') && text.len() < 70 && self.rng.random_bool(0.55) {
            let tails = &self.scene.words.small_talk.tails;
            let tail = &tails[self.used.choose(tails, self.rng)];
            text += &self.used.say(tail, &mut self.scene, speaker, self.rng);
        }
        self.lines.push(Line {
            author: speaker.index,
            act,
            text,
            answers,
        });
        self.lines.len() - 1
    }

    /// Participant who is, if possible, none of `not`.
    fn other(&mut self, not: &[usize]) -> &'a Author<'a> {
        let last = not[not.len() - 1];
        for excluded in [not, &[last], &not[..1]] {
            let others: Vec<&'a Author<'a>> = self
                .scene
                .friends
                .iter()
                .copied()
                .filter(|friend| !excluded.contains(&friend.index))
                .collect();
            if !others.is_empty() {
                return pick::<&'a Author<'a>>(&others, self.rng);
            }
        }
        self.scene.lead
    }
}
