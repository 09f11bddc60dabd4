//! Evidence whether Discord shows the bot the content of messages.
//!
//! Without the Message Content Intent, messages of others arrive with empty text and without attachments, and look like
//! messages that were empty from the start. One message of somebody else with text in it shows that the bot has the intent.

use persona_core::{Id, MessageKind};
use persona_discord::{DecodedMessage, Page};

/// Number of empty messages after which Discord is asked whether the Message Content Intent is on.
pub(super) const EMPTY_MAX: u64 = 20;

/// Evidence, from the pages of this run, about the Message Content Intent.
#[derive(Debug)]
pub(super) struct Evidence {
    me: Id,
    shown: bool,
    empty_messages: u64,
    first: Option<String>,
}

impl Evidence {
    pub(super) fn new(me: Id) -> Self {
        Self {
            me,
            shown: false,
            empty_messages: 0,
            first: None,
        }
    }

    /// Looks at a page of the channel `label`. Returns whether it may be stored.
    pub(super) fn check_page(&mut self, page: &Page, label: &str) -> bool {
        self.shown |= page.messages.iter().any(|record| self.is_text(record));
        if self.shown {
            return true;
        }
        let empty = page.messages.iter().filter(|record| self.is_empty(record));
        let empty = empty.count() as u64;
        if empty > 0 {
            self.empty_messages += empty;
            self.first.get_or_insert_with(|| label.to_owned());
        }
        empty == 0
    }

    /// Whether a message with content was seen, so that nothing needs to be held back.
    pub(super) fn is_shown(&self) -> bool {
        self.shown
    }

    /// Discord reported that the intent is on: empty messages are taken as they are.
    pub(super) fn assume_intent_enabled(&mut self) {
        self.shown = true;
    }

    /// Number of messages without any content, and label of the channel with the first.
    pub(super) fn empty_messages(&self) -> (u64, String) {
        (self.empty_messages, self.first.clone().unwrap_or_default())
    }

    fn is_text(&self, record: &DecodedMessage) -> bool {
        let kind = record.message.kind;
        self.is_covered(record)
            && matches!(kind, MessageKind::Default | MessageKind::Reply)
            && !record.message.content.is_empty()
    }

    fn is_empty(&self, record: &DecodedMessage) -> bool {
        record.is_empty && self.is_covered(record)
    }

    /// Whether the intent decides about the content of this message: the bot always sees its own messages, and those that
    /// name it.
    fn is_covered(&self, record: &DecodedMessage) -> bool {
        let mentions = &record.message.mentions;
        record.author.id != self.me && mentions.iter().all(|mention| mention.id != self.me)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ME: Id = 5;

    fn page(messages: &[Value]) -> Page {
        let full: Vec<Value> = (1..)
            .zip(messages)
            .map(|(id, changes)| {
                let mut message = json!({
                    "id": id.to_string(), "type": 0, "timestamp": "2024-01-31T12:00:00+00:00", "content": "",
                    "author": {"id": "9", "username": "ann"}
                });
                let object = message.as_object_mut().unwrap();
                object.extend(changes.as_object().unwrap().clone());
                message
            })
            .collect();
        Page::decode(7, Value::from(full).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn empty_pages_wait_until_something_is_shown() {
        let mut evidence = Evidence::new(ME);
        let joins = page(&[json!({"type": 7})]);
        assert!(evidence.check_page(&joins, "a"), "nobody wrote these");
        let empty = page(&[json!({}), json!({"type": 19})]);
        assert!(!evidence.check_page(&empty, "b"));
        assert_eq!(evidence.empty_messages(), (2, "b".to_owned()));
        assert!(evidence.check_page(&page(&[json!({}), json!({"content": "hi"})]), "c"));
        assert!(evidence.is_shown() && evidence.check_page(&empty, "d"));
    }

    #[test]
    fn what_the_bot_sees_in_any_case_shows_nothing() {
        let mut evidence = Evidence::new(ME);
        let own = json!({"content": "hi", "author": {"id": "5", "username": "bot"}});
        let named = json!({"content": "<@5> hi", "mentions": [{"id": "5", "username": "bot"}]});
        assert!(evidence.check_page(&page(&[own, named]), "a"));
        assert!(!evidence.is_shown());
        assert!(!evidence.check_page(&page(&[json!({})]), "a"));
    }
}
