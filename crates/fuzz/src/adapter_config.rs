//! `adapter_config.json` of a LoRA adapter.

use std::collections::BTreeMap;

use persona_model::{Adapter, AdapterConfig, adapter::CONFIG_FILE, tensors::LINEARS};

use crate::scratch;

/// A configuration that was read can be computed with, and comes through writing and reading as it is.
pub fn adapter_config(data: &[u8]) -> bool {
    let path = scratch::file(&format!("adapter/{CONFIG_FILE}"), data);
    let Ok(config) = AdapterConfig::load(path.parent().unwrap()) else {
        return false;
    };
    for linear in &LINEARS {
        let module = format!("model.layers.0.{}", linear.name);
        assert!(config.rank_of(&module) > 0, "{config:?}");
        assert!(config.scale_of(&module).is_finite(), "{config:?}");
    }
    let again = scratch::file("again/unused", &[]);
    let folder = again.parent().unwrap();
    Adapter::new(config.clone(), BTreeMap::new())
        .save(folder)
        .unwrap();
    assert_eq!(AdapterConfig::load(folder).unwrap(), config);
    true
}
