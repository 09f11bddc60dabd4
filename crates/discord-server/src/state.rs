//! State of the server, behind one lock.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use serde_json::Value;

use crate::{
    faults::Faults, gateway::Gateway, interaction::Interaction, message::Message, record::Request,
    render, rest::gaps, schema::description, world::World,
};

/// Answers that are checked against Discord's description. Requests are always checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// All answers. An unchanged message is checked once.
    Full,
    /// All answers except messages in pages, for measuring speed.
    NotPages,
}

/// Rendered message.
#[derive(Clone)]
struct Rendered {
    text: Arc<str>,
    checked: bool,
}

pub(crate) struct ServerState {
    pub(crate) world: World,
    pub(crate) faults: Faults,
    pub(crate) validation: Validation,
    pub(crate) requests: Vec<Request>,
    pub(crate) violations: Vec<String>,
    /// Slash commands by guild; those for all guilds at 0.
    pub(crate) commands: BTreeMap<u64, Vec<Value>>,
    pub(crate) interactions: BTreeMap<u64, Interaction>,
    pub(crate) gateway: Gateway,
    /// Times of requests by channel, for the limit.
    pub(crate) recent: BTreeMap<u64, VecDeque<Instant>>,
    rendered: BTreeMap<u64, HashMap<u64, Rendered>>,
}

impl ServerState {
    pub(crate) fn new(world: World) -> Self {
        Self {
            world,
            faults: Faults::default(),
            validation: Validation::Full,
            requests: Vec::new(),
            violations: Vec::new(),
            commands: BTreeMap::new(),
            interactions: BTreeMap::new(),
            gateway: Gateway::default(),
            recent: BTreeMap::new(),
            rendered: BTreeMap::new(),
        }
    }

    /// Renders and checks every message.
    pub(crate) fn prepare(&mut self) {
        let all: Vec<(u64, u64)> = self
            .world
            .messages
            .iter()
            .flat_map(|(channel, messages)| messages.keys().map(|id| (*channel, *id)))
            .collect();
        for (channel, id) in all {
            self.text_of(channel, id);
        }
    }

    /// Messages of a channel as a JSON list.
    pub(crate) fn page(&mut self, channel: u64, ids: &[u64]) -> String {
        let mut page = String::from("[");
        for (index, id) in ids.iter().enumerate() {
            if index > 0 {
                page.push(',');
            }
            page.push_str(&self.text_of(channel, *id));
        }
        page.push(']');
        page
    }

    /// Drops the rendered messages of a channel: one of them changed, and answers hold what they answer.
    pub(crate) fn changed(&mut self, channel: u64) {
        self.rendered.remove(&channel);
    }

    /// Drops all rendered messages.
    pub(crate) fn changed_all(&mut self) {
        self.rendered.clear();
    }

    fn text_of(&mut self, channel: u64, id: u64) -> Arc<str> {
        let full = self.validation == Validation::Full;
        let cached = self
            .rendered
            .get(&channel)
            .and_then(|cached| cached.get(&id));
        if let Some(rendered) = cached.filter(|rendered| rendered.checked || !full) {
            return rendered.text.clone();
        }
        let Some(message) = self
            .world
            .messages
            .get(&channel)
            .and_then(|messages| messages.get(&id))
        else {
            return Arc::from("null");
        };
        let (text, errors) = self.render(message, full);
        self.violations.extend(errors);
        let rendered = Rendered {
            text: Arc::from(text),
            checked: full,
        };
        let text = rendered.text.clone();
        self.rendered
            .entry(channel)
            .or_default()
            .insert(id, rendered);
        text
    }

    fn render(&self, message: &Message, check: bool) -> (String, Vec<String>) {
        if let Some(odd) = &message.odd {
            return (odd.clone(), Vec::new());
        }
        let value = self.message_value(message);
        let errors = if check {
            description().component_errors("MessageResponse", &gaps::answer(value.clone()))
        } else {
            Vec::new()
        };
        let named = errors
            .into_iter()
            .map(|error| format!("answer: message {}: {error}", message.id));
        (value.to_string(), named.collect())
    }

    /// A message as JSON, as far as the bot may see it.
    pub(crate) fn message_value(&self, message: &Message) -> Value {
        let mut value = render::message(&self.world, message);
        if self.faults.empty_contents && !render::always_visible(&self.world, message) {
            render::without_contents(&mut value);
        }
        value
    }
}
