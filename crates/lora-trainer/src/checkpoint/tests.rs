//! Checkpoints that are read back, and those that are refused.

use std::borrow::Cow;

use super::*;
use crate::metrics::SavedFigure;

fn state(seed: &str) -> TrainingState {
    TrainingState {
        identity: Identity::from([
            ("config".to_owned(), "{\"rank\":8}".to_owned()),
            ("seed".to_owned(), seed.to_owned()),
        ]),
        step: 12,
        tokens: 345,
        evaluated: Some(10),
        pending: Pending::default().to_bits(),
        metrics: vec![vec![("step".to_owned(), SavedFigure::Whole(10))]],
    }
}

fn tensor(name: &str, values: &[f32]) -> NamedTensor<'static> {
    NamedTensor {
        name: name.to_owned(),
        dtype: safetensors::Dtype::F32,
        shape: vec![values.len()],
        bytes: Cow::Owned(bytemuck::cast_slice(values).to_vec()),
    }
}

#[test]
fn comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let tensors = [tensor("a", &[1.0, -2.5]), tensor("b", &[f32::MIN_POSITIVE])];
    save(folder.path(), &state("1"), &tensors).unwrap();
    let loaded = Checkpoint::load(folder.path(), &state("1").identity).unwrap();
    assert_eq!(loaded.state, state("1"));
    let found = loaded.tensors().unwrap();
    assert_eq!(found.tensor("a").unwrap().data(), tensors[0].bytes.as_ref());
    assert_eq!(found.tensor("b").unwrap().data(), tensors[1].bytes.as_ref());
}

#[test]
fn another_run_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), &state("1"), &[]).unwrap();
    let missing = Checkpoint::load(folder.path(), &state("2").identity).unwrap_err();
    let NoCheckpoint::Unusable(reason) = missing else {
        panic!("there is a checkpoint");
    };
    assert_eq!(reason, "it is of another run: `seed` changed");
}

#[test]
fn cut_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), &state("1"), &[tensor("a", &[1.0; 100])]).unwrap();
    let path = folder.path().join(FILE_NAME);
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    for length in [0, 5, 40, fs::metadata(&path).unwrap().len() - 1] {
        file.set_len(length).unwrap();
        let found = Checkpoint::load(folder.path(), &state("1").identity);
        assert!(
            matches!(found, Err(NoCheckpoint::Unusable(_))),
            "{length} bytes"
        );
    }
}

#[test]
fn nothing_there_is_no_complaint() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        Checkpoint::load(folder.path(), &Identity::new()),
        Err(NoCheckpoint::Absent)
    ));
    remove(folder.path()).unwrap();
}
