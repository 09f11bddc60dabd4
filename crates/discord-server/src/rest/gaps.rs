//! Differences between Discord and its description. Bodies are changed to the described form before they are checked.

use serde_json::{Value, json};

/// Kind of media channels, which Discord sends but does not describe; they are like forums.
const MEDIA: u64 = 16;
const FORUM: u64 = 15;
/// Type of references of forwarded messages, which Discord sends but does not describe.
const FORWARD: u64 = 1;

/// Body of a request in the described form: permissions of commands are described as numbers, documented as text, and
/// accepted as both.
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

/// Body of an answer in the described form.
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

/// Objects of a list, or the object itself.
fn each(body: &mut Value) -> impl Iterator<Item = &mut Value> {
    let objects: Vec<&mut Value> = match body {
        Value::Array(list) => list.iter_mut().collect(),
        single => vec![single],
    };
    objects.into_iter().filter(|value| value.is_object())
}
