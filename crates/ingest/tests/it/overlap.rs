//! Overlap: the same history in several exports.

use serde_json::{Value, json};

use crate::support::{Bench, dce, dce_message, text};

fn reacted(id: u64, content: &str, count: u64) -> Value {
    let mut message = dce_message(id, content);
    message["reactions"] = json!([{"emoji": {"id": "", "name": "👍"}, "count": count}]);
    message
}

#[test]
fn twice_changes_nothing() {
    let bench = Bench::new();
    let path = bench.put(
        "a.json",
        text(&dce(
            7,
            "2025-01-01T00:00:00+00:00",
            &[reacted(1, "a", 1), dce_message(2, "b")],
        )),
    );
    bench.run(&[&path]).unwrap();
    let once = bench.store().content_hash().unwrap();
    let report = bench.run(&[&path, &path]).unwrap();
    assert_eq!((report.totals.messages, report.totals.unchanged), (4, 4));
    assert_eq!(bench.store().content_hash().unwrap(), once);
}

#[test]
fn the_later_export_wins_in_any_order() {
    let mut edited = reacted(2, "b!", 5);
    edited["timestampEdited"] = json!("2025-02-01T00:00:00+00:00");
    let older = dce(
        7,
        "2025-01-01T00:00:00+00:00",
        &[dce_message(1, "a"), reacted(2, "b", 9)],
    );
    let mut newer = dce(
        7,
        "2025-03-01T00:00:00+01:00",
        &[edited, dce_message(3, "c")],
    );
    newer["channel"]["name"] = json!("renamed");
    for names in [["1.json", "2.json"], ["2.json", "1.json"]] {
        let bench = Bench::new();
        bench.put(names[0], text(&older));
        bench.put(names[1], text(&newer));
        let report = bench.run(&[&bench.path("")]).unwrap();
        assert_eq!((report.totals.messages, report.totals.new), (4, 3));
        let messages = bench.messages();
        assert_eq!(messages.len(), 3);
        assert_eq!(
            (messages[1].content.as_str(), messages[1].reactions[0].count),
            ("b!", 5)
        );
        assert_eq!(bench.store().channels().unwrap()[0].channel.name, "renamed");
    }
}
