//! Metadata keys of a GGUF file: the shape of the network, and settings that would make it compute something else.

use std::path::Path;

use persona_gguf::{Error, GgufFile, Header, Value};

use crate::{
    config::Qwen2Config,
    error::Result,
    tensors::{EMBEDDING, HEAD},
};

/// Name of the only architecture that is supported.
const ARCHITECTURE: &str = "qwen2";

const HINT_ARCHITECTURE: &str =
    "Persona runs Qwen2 and Qwen2.5 models: take a GGUF file of one of those";
const HINT_OTHER_ARITHMETIC: &str = "the file would load and answer something else: take one without this key, or run it in llama.cpp's server and give its address as `[bot] engine`";
const HINT_KEYS: &str = "the file is damaged or comes from a converter that left the key out: export or download it again";

/// Shape of the network that `file` describes. Fails where a key asks for something that is not computed here.
pub(super) fn config(file: &GgufFile) -> Result<Qwen2Config> {
    let keys = Keys {
        path: file.path(),
        header: file.header(),
    };
    keys.check_kind()?;
    let heads = keys.whole("attention.head_count")?;
    let embedding = file
        .info(EMBEDDING.gguf)
        .ok_or_else(|| Error::MissingTensor {
            path: file.path().to_owned(),
            name: EMBEDDING.gguf.to_owned(),
        })?;
    let config = Qwen2Config {
        vocab_size: embedding.dimensions.get(1).copied().unwrap_or(0) as usize,
        hidden_size: keys.whole("embedding_length")?,
        intermediate_size: keys.whole("feed_forward_length")?,
        num_hidden_layers: keys.whole("block_count")?,
        num_attention_heads: heads,
        num_key_value_heads: keys.whole("attention.head_count_kv")?,
        rms_norm_eps: keys.number("attention.layer_norm_rms_epsilon", 0.0)?,
        rope_theta: keys.number("rope.freq_base", f64::MIN_POSITIVE)?,
        max_position_embeddings: keys.whole("context_length")?,
        tie_word_embeddings: file.info(HEAD.gguf).is_none(),
    };
    config.check()?;
    keys.check_rope()?;
    keys.check_rest(config.head_dim())?;
    Ok(config)
}

struct Keys<'a> {
    path: &'a Path,
    header: &'a Header,
}

impl<'a> Keys<'a> {
    /// Value of a key below the name of the architecture.
    fn own(&self, key: &str) -> Option<&'a Value> {
        self.header.value(&format!("{ARCHITECTURE}.{key}"))
    }

    fn error(&self, key: &str, found: Option<&Value>, expected: &str, hint: &'static str) -> Error {
        let found = found.map_or_else(|| "nothing".to_owned(), Value::to_string);
        let message = format!("found {found}, expected {expected}");
        Error::content(self.path, format!("key `{key}`"), message, hint)
    }

    fn own_error(&self, key: &str, expected: &str, hint: &'static str) -> Error {
        let found = self.own(key);
        self.error(&format!("{ARCHITECTURE}.{key}"), found, expected, hint)
    }

    fn whole(&self, key: &str) -> Result<usize, Error> {
        let number = self.own(key).and_then(Value::as_u64);
        number
            .and_then(|number| u32::try_from(number).ok())
            .map(|number| number as usize)
            .ok_or_else(|| self.own_error(key, "a whole number of 32 bits", HINT_KEYS))
    }

    fn number(&self, key: &str, least: f64) -> Result<f64, Error> {
        self.own(key)
            .and_then(Value::as_f64)
            .filter(|number| number.is_finite() && *number >= least)
            .ok_or_else(|| self.own_error(key, "a finite positive number", HINT_KEYS))
    }

    /// Refuses anything but a whole model of our architecture, such as an adapter, a vision part or a vocabulary.
    fn check_kind(&self) -> Result<(), Error> {
        let architecture = self.header.value("general.architecture");
        if architecture.and_then(Value::as_str) != Some(ARCHITECTURE) {
            return Err(self.error(
                "general.architecture",
                architecture,
                &format!("`{ARCHITECTURE}`"),
                HINT_ARCHITECTURE,
            ));
        }
        let kind = self.header.value("general.type");
        if kind.is_some() && kind.and_then(Value::as_str) != Some("model") {
            return Err(self.error("general.type", kind, "`model`", HINT_ARCHITECTURE));
        }
        Ok(())
    }

    /// Refuses scaled rotary embeddings, by llama.cpp's reading of the keys: without a type the scaling is linear, and
    /// a factor of 0 or 1 scales nothing.
    fn check_rope(&self) -> Result<(), Error> {
        let refuse = |key, expected| Err(self.own_error(key, expected, HINT_OTHER_ARITHMETIC));
        match self.own("rope.scaling.type").map(Value::as_str) {
            Some(Some("none")) => return Ok(()),
            None | Some(Some("linear")) => {}
            Some(_) => {
                return refuse(
                    "rope.scaling.type",
                    "`none`: scaled rotary embeddings are not supported",
                );
            }
        }
        let is_none = |key, neutral: &[f64]| {
            let value = self.own(key);
            let number =
                value.and_then(|value| value.as_f64().or(value.as_u64().map(|n| n as f64)));
            value.is_none() || number.is_some_and(|number| neutral.contains(&number))
        };
        for (key, neutral) in [
            ("rope.scaling.factor", &[0.0, 1.0][..]),
            ("rope.scale_linear", &[0.0, 1.0]),
            ("rope.scaling.attn_factor", &[1.0]),
        ] {
            if !is_none(key, neutral) {
                return refuse(key, "1: scaled rotary embeddings are not supported");
            }
        }
        Ok(())
    }

    fn check_rest(&self, head_dim: usize) -> Result<(), Error> {
        for key in [
            "rope.dimension_count",
            "attention.key_length",
            "attention.value_length",
        ] {
            let found = self.own(key);
            if found.is_some() && found.and_then(Value::as_u64) != Some(head_dim as u64) {
                let expected = format!("{head_dim}, the width divided by the heads");
                return Err(self.own_error(key, &expected, HINT_OTHER_ARITHMETIC));
            }
        }
        if self
            .own("attention.causal")
            .is_some_and(|value| value.as_bool() != Some(true))
        {
            return Err(self.own_error("attention.causal", "true", HINT_OTHER_ARITHMETIC));
        }
        if self
            .own("expert_count")
            .is_some_and(|value| value.as_u64() != Some(0))
        {
            return Err(self.own_error("expert_count", "0", HINT_OTHER_ARITHMETIC));
        }
        Ok(())
    }
}
