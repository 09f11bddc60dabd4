use super::*;

#[test]
fn a_repository_is_an_owner_and_a_name() {
    assert!(is_repository("Qwen/Qwen2.5-3B-Instruct"));
    for name in [
        "Qwen",
        "./Qwen/x",
        "/Qwen/x",
        "a/b/c",
        "../x",
        "a/",
        "src/model",
    ] {
        assert!(!is_repository(name), "{name}");
    }
}

#[test]
fn each_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let touch = |name: &str, text: &str| {
        persona_core::atomic::write(&folder.path().join(name), text).unwrap();
    };
    let missing = || missing(folder.path()).unwrap();
    assert_eq!(missing().unwrap(), "has no configuration (`config.json`)");
    touch("config.json", "{}");
    assert_eq!(missing().unwrap(), "has no tokenizer (`tokenizer.json`)");
    touch("tokenizer.json", "{}");
    touch("tokenizer_config.json", "{}");
    assert_eq!(missing().unwrap(), "has no weights (`model.safetensors`)");
    touch(
        model_files::INDEX,
        r#"{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}"#,
    );
    touch("model-1.safetensors", "");
    assert_eq!(
        missing().unwrap(),
        "lacks the shard `model-2.safetensors` that its index names"
    );
    touch("model-2.safetensors", "");
    assert_eq!(missing(), None);
}

#[test]
fn the_hash_covers_the_model_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "README.md", RECOMMENDED, "model.safetensors"] {
        persona_core::atomic::write(&folder.path().join(name), name).unwrap();
    }
    let base = Base {
        folder: folder.path().to_owned(),
    };
    let names: Vec<String> = base.hashes().unwrap().into_keys().collect();
    assert_eq!(names, ["base/config.json", "base/model.safetensors"]);
}

#[test]
fn a_name_tells_what_cannot_work() {
    assert_eq!(doubt("Qwen/Qwen2.5-0.5B-Instruct", 8 << 30), None);
    let doubted = |name: &str| doubt(name, 8 << 30).unwrap_or_default();
    assert!(doubted("Qwen/Qwen2.5-3B-Instruct").contains("11.18 GiB"));
    assert!(doubted("meta-llama/Llama-3.2-1B").contains("only Qwen2"));
}

#[test]
fn a_gguf_file_is_not_a_base() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.gguf");
    persona_core::atomic::write(&file, "GGUF").unwrap();
    for path in [&*file, folder.path()] {
        let problem = missing(path).unwrap().unwrap();
        assert!(problem.contains("not trained"), "{problem}");
    }
    persona_core::atomic::write(&folder.path().join("config.json"), "{}").unwrap();
    assert!(
        missing(folder.path())
            .unwrap()
            .unwrap()
            .contains("no tokenizer")
    );
}
