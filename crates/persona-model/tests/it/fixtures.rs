//! Reading of golden values, and comparison with them.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use persona_model::Checkpoint;

/// The folder of golden values: `PERSONA_FIXTURES`, or the one in the repository.
pub(crate) fn fixtures() -> PathBuf {
    std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fixtures"),
        PathBuf::from,
    )
}

/// Path of a file in the folder of golden values.
pub(crate) fn fixture(path: &str) -> PathBuf {
    fixtures().join(path)
}

/// A golden JSON file.
pub(crate) fn read_json(path: &str) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(fixture(path)).unwrap()).unwrap()
}

/// A golden tensor as f32.
pub(crate) fn tensor(golden: &Checkpoint, name: &str) -> Tensor {
    golden.tensor(name, DType::F32, &Device::Cpu).unwrap()
}

/// Rows of golden token ids (stored as i64).
pub(crate) fn ids(golden: &Checkpoint, name: &str) -> Vec<Vec<u32>> {
    golden
        .tensor(name, DType::U32, &Device::Cpu)
        .unwrap()
        .to_vec2()
        .unwrap()
}

/// Asserts that every element is within `tolerance`, relative above 1.
pub(crate) fn close(found: &Tensor, expected: &Tensor, tolerance: f32) {
    assert_eq!(found.dims(), expected.dims());
    let values = |x: &Tensor| x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    for (index, (f, e)) in values(found).iter().zip(values(expected)).enumerate() {
        assert!(
            (f - e).abs() <= tolerance * (1.0 + e.abs()),
            "element {index}: {f} against {e}"
        );
    }
}
