//! Written files against llama.cpp's own.

use std::{fs, path::Path};

use gguf_export::Quant;
use persona_gguf::Header;
use persona_model::Checkpoint;

use super::{export, fixtures, json, sha256, untested};

/// Our type, llama.cpp's name of the file.
const FILES: [(Quant, &str); 5] = [
    (Quant::F32, "f32"),
    (Quant::F16, "f16"),
    (Quant::Bf16, "bf16"),
    (Quant::Q8_0, "Q8_0"),
    (Quant::Q4KM, "Q4_K_M"),
];

#[test]
fn headers_and_tensors_are_llama_cpps() {
    let out = tempfile::tempdir().unwrap();
    let golden = fixtures().join("gguf");
    let (converted, _) = Header::open(&golden.join("Q4_K_M.gguf")).unwrap();
    let title = match converted.value("general.name") {
        Some(persona_gguf::Value::String(title)) => title.clone(),
        other => panic!("general.name is {other:?}"),
    };
    let name = title.to_lowercase().replace(' ', "-");
    let config = untested(&FILES.map(|(quant, _)| quant));
    let report = export(&config, &golden.join("hf"), None, out.path(), &name).unwrap();
    let tensors = json(&golden.join("tensors.json"));
    for ((_, golden_name), file) in FILES.iter().zip(&report.files) {
        let found = fs::read(out.path().join(&file.file)).unwrap();
        let golden_file = &tensors[golden_name];
        let data_offset = golden_file["data_offset"].as_u64().unwrap() as usize;
        assert_eq!(
            golden_file["file_bytes"],
            found.len() as u64,
            "size of {golden_name}"
        );
        assert_eq!(file.bytes, found.len() as u64);
        assert_eq!(
            golden_file["header_sha256"],
            sha256(&found[..data_offset]),
            "header of {golden_name}"
        );
        let (mut same, mut ours) = (0, 0);
        for tensor in golden_file["tensors"].as_array().unwrap() {
            let offset = data_offset + tensor["offset"].as_u64().unwrap() as usize;
            let bytes = &found[offset..offset + tensor["bytes"].as_u64().unwrap() as usize];
            if tensor["sha256"] == sha256(bytes) {
                same += 1;
            } else {
                // candle chooses the scales of K-quants in its own way.
                assert!(
                    tensor["type"].as_str().unwrap().ends_with("_K"),
                    "{golden_name}: {}",
                    tensor["name"]
                );
                ours += 1;
            }
        }
        assert!(
            same > 0 && (ours == 0 || *golden_name == "Q4_K_M"),
            "{golden_name}: {same} same, {ours} not"
        );
    }
}

#[test]
fn the_base_without_an_adapter_comes_through_as_it_is() {
    let out = tempfile::tempdir().unwrap();
    let base = fixtures().join("gguf/hf");
    let report = export(
        &untested(&[Quant::Q8_0]),
        &base,
        None,
        out.path(),
        "persona",
    )
    .unwrap();
    assert_eq!(
        (report.merged.merged_matrices, report.merged.files.len()),
        (0, 1)
    );
    // In which order a file has its tensors is the choice of the program that wrote it.
    let tensors = |folder: &Path| {
        let checkpoint = Checkpoint::open(folder).unwrap();
        let read = |name: &str| {
            let tensor = checkpoint.view(name, |view| {
                (view.dtype(), view.shape().to_vec(), sha256(view.data()))
            });
            (name.to_owned(), tensor.unwrap())
        };
        checkpoint.names().map(read).collect::<Vec<_>>()
    };
    let expected = tensors(&base);
    assert!(!expected.is_empty());
    assert_eq!(tensors(&out.path().join("merged")), expected);
    for file in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
        let same = fs::read(base.join(file)).unwrap()
            == fs::read(out.path().join("merged").join(file)).unwrap();
        assert!(same, "{file} differs");
    }
}
