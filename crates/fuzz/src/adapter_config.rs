//! `adapter_config.json` of a LoRA adapter.

use persona_model::{
    Adapter,
    adapter::{CONFIG_FILE, WEIGHTS_FILE},
};

use crate::scratch;

/// No tensors.
const WEIGHTS: &[u8] = b"\x08\0\0\0\0\0\0\0{}      ";

/// A configuration that was read can be computed with, and comes through writing and reading as it is.
pub fn adapter_config(data: &[u8]) -> bool {
    let path = scratch::file(&format!("adapter/{CONFIG_FILE}"), data);
    scratch::file(&format!("adapter/{WEIGHTS_FILE}"), WEIGHTS);
    let Ok(adapter) = Adapter::load(path.parent().unwrap()) else {
        return false;
    };
    assert!(adapter.config.scale().is_finite(), "{:?}", adapter.config);
    let again = scratch::file("again/unused", &[]);
    adapter.save(again.parent().unwrap()).unwrap();
    let again = Adapter::load(again.parent().unwrap()).unwrap();
    assert_eq!(again.config, adapter.config);
    true
}
