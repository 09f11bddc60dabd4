//! Dispatch of events to sessions.

use serde_json::{Value, json};

use super::{Event, intents};
use crate::{render, rest::gaps, schema::description, state::ServerState};

impl ServerState {
    /// Sends an event to every session with the intent for it.
    pub(crate) fn dispatch(&mut self, event: Event, data: &Value) {
        let channel = data["channel_id"].as_str().and_then(|id| id.parse().ok());
        if channel.is_some_and(|channel| !self.world.access(channel).view) {
            return;
        }
        if event.carries_message() {
            let errors =
                description().component_errors("MessageResponse", &gaps::answer(data.clone()));
            let name = event.name();
            self.violations
                .extend(errors.into_iter().map(|error| format!("{name}: {error}")));
        }
        let direct = data["guild_id"].is_null();
        let mut hidden = data.clone();
        if event.carries_message() && !self.is_visible(data) {
            render::without_contents(&mut hidden);
        }
        let names: Vec<(String, u64)> = self
            .gateway
            .sessions
            .iter()
            .map(|(name, session)| (name.clone(), session.intents))
            .collect();
        for (name, granted) in names {
            let wanted = event
                .intent()
                .is_none_or(|(guild, two)| granted & if direct { two } else { guild } != 0);
            if wanted {
                let whole = granted & intents::MESSAGE_CONTENT != 0 && !self.faults.empty_contents;
                self.gateway
                    .send(&name, event.name(), if whole { data } else { &hidden });
            }
        }
    }

    /// Whether the content is visible without the intent too.
    fn is_visible(&self, data: &Value) -> bool {
        let me = json!(self.world.me.to_string());
        let mentions = data["mentions"].as_array();
        data["guild_id"].is_null()
            || data["author"]["id"] == me
            || mentions.is_some_and(|mentions| mentions.iter().any(|user| user["id"] == me))
    }
}
