//! Base models from a hub: only what is needed, resumed after a cut, and errors that say what to do.

use std::{fs, path::PathBuf};

use crate::{
    harness::{Place, Ran, fixture_base},
    hub::{Fault, Hub},
};

/// Exports the base as it is, which downloads it first.
const FETCH: [&str; 7] = [
    "export",
    "--from-hf",
    "tiny/model",
    "--out",
    "out",
    "--quant",
    "q8_0",
];

fn fetch(place: &Place, hub: &Hub) -> Ran {
    place
        .command(&FETCH)
        .env("HF_ENDPOINT", &hub.endpoint)
        .output()
        .unwrap()
        .into()
}

fn repository(place: &Place) -> PathBuf {
    place.path().join("hub/hub/models--tiny--model")
}

/// The weights in the cache are those of the fixture.
fn assert_whole(place: &Place) {
    let found = fs::read(repository(place).join("snapshots/abc123/model.safetensors")).unwrap();
    assert_eq!(
        found,
        fs::read(fixture_base().join("model.safetensors")).unwrap()
    );
}

#[test]
fn a_repository_is_downloaded_once_and_only_what_is_needed() {
    let place = Place::new();
    let hub = Hub::serve(&fixture_base(), Fault::None);
    let ran = fetch(&place, &hub);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_whole(&place);
    assert!(place.path().join("out").is_dir());
    let seen = hub.seen();
    for unwanted in ["README.md", "pytorch_model.bin", "onnx"] {
        assert!(
            seen.iter().all(|request| !request.path.contains(unwanted)),
            "{unwanted}: {seen:?}"
        );
    }
    assert!(
        seen.iter().all(|request| request.authorization.is_none()),
        "{seen:?}"
    );

    let again = fetch(&place, &hub);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(
        hub.seen().len(),
        seen.len(),
        "a complete model needs no request"
    );
}

#[test]
fn a_cut_connection_goes_on_where_it_broke() {
    let place = Place::new();
    let hub = Hub::serve(&fixture_base(), Fault::CutOnce);
    let ran = fetch(&place, &hub);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("trying again"), "{}", ran.stderr);
    let half = fs::metadata(fixture_base().join("model.safetensors"))
        .unwrap()
        .len()
        / 2;
    assert_eq!(
        hub.ranges_of_weights(),
        ["bytes=0-".to_owned(), format!("bytes={half}-")]
    );
    assert_whole(&place);
}

#[test]
fn a_stopped_download_goes_on_with_the_next_command() {
    let place = Place::new();
    let ran = fetch(&place, &Hub::serve(&fixture_base(), Fault::CutThenGone));
    insta::assert_snapshot!(place.told(&ran, 1), @"
    error: cannot download model.safetensors of `tiny/model`: the hub answers 404
    hint: check the name of the repository: owner/name
    ");

    let hub = Hub::serve(&fixture_base(), Fault::None);
    let ran = fetch(&place, &hub);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let half = fs::metadata(fixture_base().join("model.safetensors"))
        .unwrap()
        .len()
        / 2;
    assert_eq!(hub.ranges_of_weights(), [format!("bytes={half}-")]);
    assert_whole(&place);
}

#[test]
fn a_file_that_was_complete_but_not_yet_in_place_is_taken() {
    let place = Place::new();
    let weights = fs::read(fixture_base().join("model.safetensors")).unwrap();
    let partial = repository(&place).join("blobs/weights-etag.part");
    persona_core::atomic::write(&partial, &weights).unwrap();
    let hub = Hub::serve(&fixture_base(), Fault::None);
    let ran = fetch(&place, &hub);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(hub.ranges_of_weights(), Vec::<String>::new());
    assert_whole(&place);
}

#[test]
fn a_server_that_ignores_ranges_cannot_spoil_a_file() {
    let place = Place::new();
    let hub = Hub::serve(&fixture_base(), Fault::CutThenNoRanges);
    let ran = fetch(&place, &hub);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_whole(&place);
}

#[test]
fn the_token_goes_to_the_hub_alone_and_into_no_output() {
    let place = Place::new();
    place.write(".env", "HF_TOKEN=verysecret\n");
    let hub = Hub::serve(&fixture_base(), Fault::None);
    let output = place
        .command(&FETCH)
        .arg("-vv")
        .env("HF_ENDPOINT", &hub.endpoint)
        .output()
        .unwrap();
    let ran = Ran::from(output);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let (stored, asked): (Vec<_>, Vec<_>) = hub
        .seen()
        .into_iter()
        .partition(|seen| seen.path.starts_with("/cdn/"));
    assert!(!stored.is_empty());
    for seen in asked {
        let authorization = seen.authorization.as_deref();
        assert_eq!(authorization, Some("Bearer verysecret"), "{}", seen.path);
    }
    for seen in stored {
        assert_eq!(seen.authorization, None, "{}", seen.path);
    }
    assert!(!ran.stderr.contains("verysecret"), "{}", ran.stderr);
}

#[test]
fn a_refusal_says_what_to_do() {
    let told = [401, 404].map(|status| {
        let place = Place::new();
        let ran = fetch(&place, &Hub::serve(&fixture_base(), Fault::Status(status)));
        place.told(&ran, 1)
    });
    insta::assert_snapshot!(told.join("\n"), @"
    error: cannot download the list of files of `tiny/model`: the hub answers 401
    hint: no such model, or one that asks for an account: check the name, accept its terms on its page, and put HF_TOKEN=… into .env

    error: cannot download the list of files of `tiny/model`: the hub answers 404
    hint: check the name of the repository: owner/name
    ");
}

#[test]
fn no_network_says_how_to_do_without() {
    let place = Place::new();
    // Nobody listens on the port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let output = place
        .command(&FETCH)
        .env("HF_ENDPOINT", format!("http://127.0.0.1:{port}"))
        .output()
        .unwrap();
    let ran = Ran::from(output);
    insta::assert_snapshot!(place.told(&ran, 1), @"
    error: cannot download the list of files of `tiny/model`
    caused by: request error: io: Connection refused (os error 111)
    hint: the same command goes on where it stopped; HF_ENDPOINT names another server; or download the model elsewhere and give its folder: --base DIR
    ");
}

#[test]
fn a_repository_without_safetensors_is_refused() {
    let place = Place::new();
    let folder = tempfile::tempdir().unwrap();
    persona_core::atomic::write(&folder.path().join("config.json"), "{}").unwrap();
    let ran = fetch(&place, &Hub::serve(folder.path(), Fault::None));
    insta::assert_snapshot!(place.told(&ran, 1), @"
    error: `tiny/model` has no weights in safetensors form
    hint: choose a repository with model.safetensors, such as Qwen/Qwen2.5-0.5B-Instruct
    ");
}
