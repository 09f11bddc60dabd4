use serde_json::json;

use super::*;

fn request_errors(
    method: &str,
    path: &str,
    query: &[(&str, &str)],
    body: Option<&Value>,
) -> Vec<String> {
    let (operation, values) = description().find(method, path).expect(path);
    let query: Vec<(String, String)> = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    operation.request_errors(&values, &query, body)
}

#[test]
fn fixed_parts_of_a_path_go_before_placeholders() {
    let template = |method, path| {
        description()
            .find(method, path)
            .map(|(operation, _)| operation.template.as_str())
    };
    assert_eq!(template("GET", "/users/@me"), Some("/users/@me"));
    assert_eq!(template("GET", "/users/12"), Some("/users/{user_id}"));
    assert_eq!(
        template("PATCH", "/webhooks/1/t/messages/@original"),
        Some("/webhooks/{webhook_id}/{webhook_token}/messages/@original")
    );
    assert_eq!(template("GET", "/users"), None);
    assert_eq!(template("PATCH", "/gateway"), None);
}

#[test]
fn right_requests_pass() {
    let messages = "/channels/5/messages";
    assert_eq!(
        request_errors("GET", messages, &[("after", "0"), ("limit", "100")], None),
        [""; 0]
    );
    let body = json!({"content": "hi", "allowed_mentions": {"parse": []}, "nonce": "7", "enforce_nonce": true});
    assert_eq!(request_errors("POST", messages, &[], Some(&body)), [""; 0]);
    let archived = "/channels/5/threads/archived/public";
    assert_eq!(
        request_errors(
            "GET",
            archived,
            &[("before", "2025-01-01T00:00:00.000Z")],
            None
        ),
        [""; 0]
    );
}

#[test]
fn wrong_requests_are_caught() {
    let messages = "/channels/5/messages";
    let archived = "/channels/5/threads/archived/public";
    for (method, path, query, body, expected) in [
        (
            "GET",
            messages,
            &[("limit", "101")][..],
            None,
            "101 is greater than the maximum of 100",
        ),
        ("GET", messages, &[("after", "-1")], None, "does not match"),
        (
            "GET",
            messages,
            &[("after", "99999999999999999999")],
            None,
            "is not a \"snowflake\"",
        ),
        (
            "GET",
            messages,
            &[("from", "1")],
            None,
            "unknown query parameter `from`",
        ),
        (
            "GET",
            "/channels/five/messages",
            &[],
            None,
            "parameter `channel_id` = `five`",
        ),
        (
            "GET",
            archived,
            &[("before", "2025-01-01T00:00:00 00:00")],
            None,
            "is not a \"date-time\"",
        ),
        (
            "GET",
            archived,
            &[("before", "175928847299117063")],
            None,
            "is not a \"date-time\"",
        ),
        (
            "GET",
            archived,
            &[("limit", "1")],
            None,
            "less than the minimum of 2",
        ),
        ("POST", messages, &[], None, "the body is missing"),
        (
            "POST",
            messages,
            &[],
            Some(json!({"content": 5})),
            "at `/content`",
        ),
        (
            "POST",
            messages,
            &[],
            Some(json!({"content": "hi", "allowed_mention": {}})),
            "allowed_mention",
        ),
        (
            "POST",
            messages,
            &[],
            Some(json!({"allowed_mentions": {"parse": ["nobody"]}})),
            "at `/allowed_mentions`",
        ),
        (
            "POST",
            "/channels/5/typing",
            &[],
            Some(json!({"a": 1})),
            "a body where none is expected",
        ),
    ] {
        let errors = request_errors(method, path, query, body.as_ref());
        assert!(
            errors.iter().any(|error| error.contains(expected)),
            "{method} {path} {query:?}: {errors:?}"
        );
    }
}

#[test]
fn wrong_answers_are_caught() {
    let (operation, _) = description().find("GET", "/channels/5/messages").unwrap();
    assert_eq!(operation.answer_errors(200, Some(&json!([]))), [""; 0]);
    assert!(
        !operation
            .answer_errors(200, Some(&json!([{"id": "1"}])))
            .is_empty()
    );
    assert!(!operation.answer_errors(200, None).is_empty());
    assert!(!operation.answer_errors(302, None).is_empty());
    assert!(
        !operation
            .answer_errors(404, Some(&json!({"message": "no code"})))
            .is_empty()
    );
    assert_eq!(
        operation.answer_errors(404, Some(&json!({"message": "gone", "code": 10_003}))),
        [""; 0]
    );
    assert!(
        !operation
            .answer_errors(429, Some(&json!({"message": "slower", "code": 0})))
            .is_empty()
    );
    assert_eq!(operation.answer_errors(503, None), [""; 0]);
}
