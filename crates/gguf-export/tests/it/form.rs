//! What an adapter was trained with goes into the merged folder, the GGUF files and the Modelfile, and changes nothing else.

use std::fs;

use gguf_export::{Quant, inspect};
use persona_core::{ConversationForm, settle};
use persona_gguf::Header;
use persona_model::form::{self, PREFIX};

use super::{copy, export, fixtures, untested};

#[test]
fn what_an_adapter_was_trained_with_travels_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (base, silent) = (fixtures().join("model"), fixtures().join("lora/adapter"));
    let (adapter, without, with) = (
        folder.path().join("adapter"),
        folder.path().join("without"),
        folder.path().join("with"),
    );
    copy(&silent, &adapter);
    let trained = ConversationForm {
        system_prompt: "Be brief.".to_owned(),
        speaker_form: "<{speaker}> {text}".to_owned().try_into().unwrap(),
        context_turns: 3,
        ..ConversationForm::default()
    };
    trained.save(&adapter).unwrap();
    let config = untested(&[Quant::Q8_0]);
    export(&config, &base, Some(&silent), &without, "persona").unwrap();
    export(&config, &base, Some(&adapter), &with, "persona").unwrap();

    let gguf = with.join("persona-q8_0.gguf");
    for place in [&gguf, &with.join("merged"), &adapter] {
        let source = form::recorded(place).unwrap().unwrap();
        assert_eq!(
            settle(&[source]).unwrap().form,
            trained,
            "{}",
            place.display()
        );
        let shown = inspect(place).unwrap().metadata;
        assert_eq!(shown[&format!("{PREFIX}context_turns")], 3);
    }
    let unknown = without.join("persona-q8_0.gguf");
    assert_eq!(form::recorded(&unknown).unwrap(), None);
    assert_eq!(form::recorded(&without.join("merged")).unwrap(), None);

    let (mut found, data) = Header::open(&gguf).unwrap();
    found.metadata.retain(|(key, _)| !key.starts_with(PREFIX));
    let (expected, expected_data) = Header::open(&unknown).unwrap();
    assert_eq!(found, expected);
    let bytes = |path, start: u64| fs::read(path).unwrap().split_off(start as usize);
    assert!(
        bytes(&gguf, data) == bytes(&unknown, expected_data),
        "the weights are the same"
    );

    let modelfile = fs::read_to_string(with.join("Modelfile")).unwrap();
    assert!(
        modelfile.contains("SYSTEM \"\"\"Be brief.\"\"\""),
        "{modelfile}"
    );

    // A merged persona is a base like any other, and still knows how it was trained.
    let again = folder.path().join("again");
    export(&config, &with.join("merged"), None, &again, "persona").unwrap();
    let source = form::recorded(&again.join("persona-q8_0.gguf"))
        .unwrap()
        .unwrap();
    assert_eq!(settle(&[source]).unwrap().form, trained);
}
