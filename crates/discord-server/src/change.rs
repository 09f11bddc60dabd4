//! Changes by the bot and by the people of a test.

use serde_json::Value;

use crate::{
    gateway::{Event, payloads},
    message::{Message, Reaction},
    render,
    state::ServerState,
};

impl ServerState {
    /// Adds a message and dispatches the event.
    pub(crate) fn add(&mut self, message: Message) {
        let event = message
            .odd
            .is_none()
            .then(|| render::dispatched(&self.world, &message));
        self.world.put(message);
        if let Some(event) = event {
            self.dispatch(Event::MessageCreate, &event);
        }
    }

    /// Replaces a message by its changed version and dispatches the event. Returns the message as an answer holds it.
    pub(crate) fn replace(&mut self, message: Message) -> Value {
        let value = self.message_value(&message);
        let event = render::dispatched(&self.world, &message);
        self.changed(message.channel_id);
        self.world.put(message);
        self.dispatch(Event::MessageUpdate, &event);
        value
    }

    /// Deletes a message and dispatches the event. Returns whether there was one.
    pub(crate) fn remove(&mut self, channel: u64, id: u64) -> bool {
        let messages = self.world.messages.get_mut(&channel);
        if messages.and_then(|messages| messages.remove(&id)).is_none() {
            return false;
        }
        self.changed(channel);
        let event = payloads::deletion(&self.world, channel, id);
        self.dispatch(Event::MessageDelete, &event);
        true
    }

    /// Adds or removes a reaction and dispatches the event. Returns whether the message exists.
    pub(crate) fn react(
        &mut self,
        channel: u64,
        id: u64,
        user: u64,
        emoji: (&str, Option<u64>),
        add: bool,
    ) -> bool {
        let Some(message) = self.world.message_mut(channel, id) else {
            return false;
        };
        let changed = change_reaction(&mut message.reactions, user, emoji, add);
        if changed {
            self.changed(channel);
            let event = payloads::reaction(&self.world, channel, id, user, emoji);
            let kind = if add {
                Event::ReactionAdd
            } else {
                Event::ReactionRemove
            };
            self.dispatch(kind, &event);
        }
        true
    }
}

fn change_reaction(
    reactions: &mut Vec<Reaction>,
    user: u64,
    (emoji, emoji_id): (&str, Option<u64>),
    add: bool,
) -> bool {
    let found = reactions
        .iter_mut()
        .find(|one| one.emoji_id == emoji_id && (emoji_id.is_some() || one.emoji == emoji));
    match (found, add) {
        (Some(one), true) if one.users.contains(&user) => return false,
        (Some(one), true) => one.users.push(user),
        (Some(one), false) => {
            let before = one.users.len();
            one.users.retain(|other| *other != user);
            let changed = one.users.len() < before;
            reactions.retain(|one| !one.users.is_empty());
            return changed;
        }
        (None, true) => reactions.push(Reaction {
            emoji: emoji.to_owned(),
            emoji_id,
            users: vec![user],
        }),
        (None, false) => return false,
    }
    true
}
