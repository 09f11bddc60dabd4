//! Sources that a user may give, and the errors for wrong ones.

use std::{io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};
use ingest::{Config, Error, Failure, Inputs};
use persona_core::Silent;
use serde_json::json;

use crate::support::{Bench, Heard, dce_message, dce_text};

pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_folder_is_read_recursively_past_other_files() {
    let bench = Bench::new();
    bench.put("b/x [part 2].json", dce_text(7, &[dce_message(2, "b")]));
    bench.put("b/x.json", dce_text(7, &[dce_message(1, "a")]));
    bench.put("c.json.gz", gzip(&dce_text(8, &[dce_message(3, "c")])));
    bench.put_zip(
        "d.zip",
        &[
            ("deep/d.json", dce_text(9, &[dce_message(4, "d")]).into()),
            ("deep/e.json.gz", gzip(&dce_text(9, &[dce_message(5, "e")]))),
            ("picture.png", b"\x89PNG\r\n".to_vec()),
        ],
    );
    bench.put("package.json", "{\"name\": \"x\", \"version\": \"1\"}");
    bench.put("numbers.json", "[1, 2, 3]");
    bench.put("empty.json", "");
    bench.put(".hidden/x.json", "{}");
    let heard = Heard::default();
    let report = bench.hear(&[&bench.path("")], &heard).unwrap();
    assert_eq!(bench.ids(), [1, 2, 3, 4, 5]);
    assert_eq!((report.files.len(), report.skipped.len()), (5, 4));
    assert!(
        heard.said("skipped 4 files that are no exports"),
        "{:?}",
        heard.lines
    );
}

#[test]
fn the_order_of_pseudonyms_is_the_order_of_names() {
    let by = |id: u64, author: &str| {
        let mut message = dce_message(id, "x");
        message["author"] = json!({"id": author, "name": author});
        message
    };
    let bench = Bench::new();
    bench.put("b.json", dce_text(7, &[by(1, "401")]));
    bench.put("a.json", dce_text(7, &[by(2, "402")]));
    bench.run(&[&bench.path("")]).unwrap();
    assert_eq!(bench.store().pseudonym(402).unwrap().as_deref(), Some("u1"));
}

fn told(bench: &Bench, source: &Path) -> String {
    bench.told(&bench.run(&[source]).unwrap_err())
}

#[test]
fn other_files_are_refused_with_what_was_found() {
    let bench = Bench::new();
    let told: Vec<String> = [
        ("package.json", "{\"name\": \"x\", \"version\": \"1\"}"),
        ("numbers.json", "[1, 2]"),
        ("page.html", "<!DOCTYPE html>\n<html>"),
        ("notes.txt", "  hello"),
        ("empty.json", ""),
        ("half.json", "{\"name\": \"x"),
        ("nowhere.json", "{\"messages\": [{\"id\": \"1\"}]}"),
    ]
    .map(|(name, content)| told(&bench, &bench.put(name, content)))
    .to_vec();
    insta::assert_snapshot!(told.join("\n"), @r"
    `…/sources/package.json`, byte 28: found an object with the keys `name`, `version`, expected a DiscordChatExporter object with `guild`, `channel` and `messages`, a list of Discord API messages, or the messages of a data package
    hint: export with DiscordChatExporter (`--format Json`) or Discrub (JSON), or give a Discord data package
    `…/sources/numbers.json`, byte 0: found a list of other things than messages, expected a DiscordChatExporter object with `guild`, `channel` and `messages`, a list of Discord API messages, or the messages of a data package
    hint: export with DiscordChatExporter (`--format Json`) or Discrub (JSON), or give a Discord data package
    `…/sources/page.html`, byte 0: found `<!DOCTYPE html>\n<html>`, expected a DiscordChatExporter object with `guild`, `channel` and `messages`, a list of Discord API messages, or the messages of a data package
    hint: export with DiscordChatExporter (`--format Json`) or Discrub (JSON), or give a Discord data package
    `…/sources/notes.txt`, byte 2: found `hello`, expected a DiscordChatExporter object with `guild`, `channel` and `messages`, a list of Discord API messages, or the messages of a data package
    hint: export with DiscordChatExporter (`--format Json`) or Discrub (JSON), or give a Discord data package
    `…/sources/empty.json`, byte 0: found an empty file, expected a DiscordChatExporter object with `guild`, `channel` and `messages`, a list of Discord API messages, or the messages of a data package
    hint: export with DiscordChatExporter (`--format Json`) or Discrub (JSON), or give a Discord data package
    `…/sources/half.json`, byte 11: found an object with no keys that breaks off, expected a DiscordChatExporter object with `guild`, `channel` and `messages`, a list of Discord API messages, or the messages of a data package
    hint: export with DiscordChatExporter (`--format Json`) or Discrub (JSON), or give a Discord data package
    `…/sources/nowhere.json`, the top level: found messages, but no `guild` and `channel` with ids, expected a DiscordChatExporter object with `guild`, `channel` and `messages`, a list of Discord API messages, or the messages of a data package
    hint: export with DiscordChatExporter (`--format Json`) or Discrub (JSON), or give a Discord data package
    ");
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let bench = Bench::new();
    insta::assert_snapshot!(told(&bench, &bench.path("absent.json")), @"
    cannot read `…/sources/absent.json`: No such file or directory (os error 2)
    hint: check the path; relative paths start at the current folder
    ");
}

#[test]
fn a_folder_without_exports_is_an_error() {
    let bench = Bench::new();
    bench.put("readme.md", "nothing here");
    insta::assert_snapshot!(told(&bench, &bench.path("")), @"
    `…/sources/`, all of its files: found no export, expected a DiscordChatExporter object with `guild`, `channel` and `messages`, a list of Discord API messages, or the messages of a data package
    hint: export with DiscordChatExporter (`--format Json`) or Discrub (JSON), or give a Discord data package
    ");
}

#[test]
fn a_broken_archive_is_named() {
    let bench = Bench::new();
    let whole = bench.put_zip(
        "a.zip",
        &[("a.json", dce_text(7, &[dce_message(1, "a")]).into())],
    );
    let bytes = std::fs::read(&whole).unwrap();
    let half = bench.put("half.zip", &bytes[..bytes.len() / 2]);
    insta::assert_snapshot!(told(&bench, &half), @"
    cannot read the archive `…/sources/half.zip`: invalid Zip archive: Could not find EOCD; `…/sources/half.zip`, all of its files: found no export, expected a DiscordChatExporter object with `guild`, `channel` and `messages`, a list of Discord API messages, or the messages of a data package
    hint: download or copy it again; it may be incomplete
    ");
}

#[test]
fn a_failing_source_does_not_keep_others_out() {
    let bench = Bench::new();
    let good = bench.put("good.json", dce_text(7, &[dce_message(1, "a")]));
    let error = bench.run(&[&bench.path("absent"), &good]).unwrap_err();
    let Error::Sources { failures, report } = error else {
        panic!("{error}");
    };
    assert!(matches!(failures[..], [Failure::File(_)]));
    assert_eq!((report.totals.messages, bench.ids()), (1, vec![1]));
}

#[test]
fn no_sources_at_all() {
    let bench = Bench::new();
    assert!(matches!(bench.run(&[]), Err(Error::NoSources)));
}

#[test]
fn a_store_that_cannot_be_made_is_named() {
    let bench = Bench::new();
    let good = bench.put("good.json", dce_text(7, &[dce_message(1, "a")]));
    let inputs = Inputs {
        store: good.join("persona.sqlite"),
        sources: vec![good],
    };
    let error = ingest::run(&Config::default(), &inputs, &Silent).unwrap_err();
    assert!(matches!(error, Error::Store(_)));
    insta::assert_snapshot!(bench.told(&error), @"
    cannot open the store `…/sources/good.json/persona.sqlite`
    caused by: File exists (os error 17)
    hint: look at its permissions: ls -l '…/sources/good.json/persona.sqlite'
    ");
}

#[test]
fn a_stop_keeps_what_was_read() {
    let bench = Bench::new();
    let messages: Vec<_> = (1..10).map(|id| dce_message(id, "x")).collect();
    let path = bench.put("a.json", dce_text(7, &messages));
    let heard = Heard {
        stop: true,
        ..Heard::default()
    };
    let error = bench.hear(&[&path], &heard).unwrap_err();
    assert_eq!(error.to_string(), "stopped after 2 messages");
    assert_eq!(bench.ids(), [1, 2]);
    bench.run(&[&path]).unwrap();
    assert_eq!(bench.ids().len(), 9);
}
