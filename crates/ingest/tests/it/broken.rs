//! Exports that break off, and messages that cannot be parsed.

use ingest::{Error, Failure};
use proptest::prelude::*;
use serde_json::json;

use crate::{
    sources::gzip,
    support::{Bench, Heard, api_message, dce_message, dce_text, text},
};

fn messages(count: u64) -> Vec<serde_json::Value> {
    (1..=count).map(|id| dce_message(id, "some text")).collect()
}

#[test]
fn everything_before_a_break_is_kept_and_the_rest_of_the_files_read() {
    let bench = Bench::new();
    let whole = dce_text(7, &messages(5));
    let cut = whole.find("\"id\": \"4\"").unwrap();
    bench.put("a.json", &whole[..cut]);
    bench.put("b.json", dce_text(8, &[dce_message(11, "x")]));
    let error = bench.run(&[&bench.path("")]).unwrap_err();
    let told = bench.told(&error).replace(&cut.to_string(), "[cut]");
    insta::assert_snapshot!(told, @"
    `…/sources/a.json` breaks off at byte [cut]: the file ends inside a message; the 3 whole messages before it are stored
    hint: export this channel again and run the same command: what is stored already is not stored twice
    ");
    assert_eq!(bench.ids(), [1, 2, 3, 11]);
    // Reading the whole export completes the store.
    let whole = bench.put("a.json", whole);
    bench.run(&[&whole]).unwrap();
    assert_eq!(bench.ids(), [1, 2, 3, 4, 5, 11]);
}

#[test]
fn every_format_breaks_off_in_the_same_way() {
    let whole = dce_text(7, &messages(40));
    let api: Vec<_> = (1..=40).map(|id| api_message(id, 7, "some text")).collect();
    let api = text(&json!(api));
    for (name, bytes) in [
        ("cut.json", whole.as_bytes()[..whole.len() / 2].to_vec()),
        ("cut.gz", {
            let bytes = gzip(&whole);
            bytes[..bytes.len() * 3 / 4].to_vec()
        }),
        ("api.json", api.as_bytes()[..api.len() / 2].to_vec()),
        (
            "end.json",
            whole.as_bytes()[..whole.rfind(']').unwrap()].to_vec(),
        ),
        (
            "count.json",
            whole.as_bytes()[..whole.rfind('}').unwrap()].to_vec(),
        ),
    ] {
        let bench = Bench::new();
        let path = bench.put(name, bytes);
        let error = bench.run(&[&path]).unwrap_err();
        let Error::Sources { failures, report } = &error else {
            panic!("{name}: {error}");
        };
        let [Failure::Truncated { kept, .. }] = failures[..] else {
            panic!("{name}: {error}");
        };
        assert_eq!(
            (kept, report.totals.odd),
            (bench.ids().len() as u64, 0),
            "{name}"
        );
        assert!(kept > 10, "{name}: {kept}");
    }
}

#[test]
fn a_break_inside_the_header_is_one_too() {
    let bench = Bench::new();
    let whole = dce_text(7, &messages(1));
    let cut = whole.find("exportedAt").unwrap();
    let path = bench.put("a.json", &whole[..cut]);
    let error = bench.run(&[&path]).unwrap_err();
    let told = bench.told(&error).replace(&cut.to_string(), "[cut]");
    insta::assert_snapshot!(told, @"
    `…/sources/a.json` breaks off at byte [cut]: the file ends inside the header; the 0 whole messages before it are stored
    hint: export this channel again and run the same command: what is stored already is not stored twice
    ");
}

#[test]
fn odd_messages_are_counted_with_their_places_and_kept_aside() {
    let bench = Bench::new();
    let mut odd = messages(4);
    odd[1]["timestamp"] = json!("yesterday");
    odd[2]["id"] = json!("18446744073709551615");
    let document = dce_text(7, &odd);
    let path = bench.put("a.json", &document);
    let heard = Heard::default();
    let report = bench.hear(&[&path], &heard).unwrap();
    assert!(heard.said("2 records could not be understood"));
    assert_eq!((report.totals.messages, report.totals.odd), (2, 2));
    let file = &report.files[0];
    insta::assert_snapshot!(file.odd[0].reason, @"`yesterday` is not a time such as `2024-01-31T12:00:00.123+00:00`");
    assert!(document[file.odd[0].position as usize..].starts_with("{\n      \"id\": \"2\""));
    insta::assert_snapshot!(file.odd[1].reason, @r#"invalid value: string "18446744073709551615", expected an id up to 9223372036854775807, as a string or a number at line 2 column 34"#);
    assert_eq!(
        (bench.ids(), bench.store().counts().unwrap().rejected),
        (vec![1, 4], 2)
    );
    // Read again, they are still two.
    bench.run(&[&path]).unwrap();
    assert_eq!(bench.store().counts().unwrap().rejected, 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_cut_loses_whole_messages(place in any::<prop::sample::Index>()) {
        let document = dce_text(7, &messages(4));
        let place = place.index(document.len());
        let bench = Bench::new();
        let path = bench.put("a.json", &document[..place]);
        prop_assert!(bench.run(&[&path]).is_err());
        let expected = document[..place].matches("\"inlineEmojis\": []\n    }").count();
        prop_assert_eq!(bench.ids().len(), expected);
    }

    #[test]
    fn no_bytes_are_too_strange(
        document in prop_oneof![Just(dce_text(7, &messages(3))), Just(text(&json!([api_message(1, 7, "x"), api_message(2, 7, "y")])))],
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = document.into_bytes();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let bench = Bench::new();
        let path = bench.put("a.json", &bytes);
        // Whatever the result, there is no panic, and a second run has the same result.
        let (first, again) = (bench.run(&[&path]), bench.run(&[&path]));
        prop_assert_eq!(first.is_ok(), again.is_ok());
    }
}
