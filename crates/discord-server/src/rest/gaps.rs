//! Differences between Discord and its description. Bodies are changed to the described form before they are checked.

use serde_json::{Value, json};

/// Media channels are sent, and not described; they are like forums.
const MEDIA: u64 = 16;
const FORUM: u64 = 15;
/// References of forwarded messages have a type that is not described.
const FORWARD: u64 = 1;

/// A request as the description would have it: permissions of commands are described as numbers, documented as text, and taken as both.
pub(super) fn request(body: &Value) -> Value {
    let mut body = body.clone();
    for command in each(&mut body) {
        let number = command["default_member_permissions"]
            .as_str()
            .and_then(|text| text.parse::<u64>().ok());
        if let Some(number) = number {
            command["default_member_permissions"] = json!(number);
        }
    }
    body
}

/// An answer as the description would have it.
pub(crate) fn answer(mut body: Value) -> Value {
    for message in each(&mut body) {
        if message["message_reference"]["type"] == json!(FORWARD) {
            message["message_reference"]["type"] = json!(0);
        }
    }
    for channel in each(&mut body) {
        if channel["type"] == json!(MEDIA) && channel["position"].is_i64() {
            channel["type"] = json!(FORUM);
        }
    }
    body
}

/// The objects of a list, or the object itself.
fn each(body: &mut Value) -> impl Iterator<Item = &mut Value> {
    let objects: Vec<&mut Value> = match body {
        Value::Array(list) => list.iter_mut().collect(),
        single => vec![single],
    };
    objects.into_iter().filter(|value| value.is_object())
}
