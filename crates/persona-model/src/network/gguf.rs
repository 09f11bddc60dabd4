//! Loading a network from a GGUF file; its matrices stay quantized.

use std::{
    fs::File,
    io::{BufReader, Seek},
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, QMatMul, QTensor, gguf_file::Content},
};
use persona_core::FileError;

use super::{
    build::{head_shape, linear_shapes},
    layer::Layer,
    linear::{Linear, Weight},
    model::{Embedding, Qwen2},
};
use crate::{
    config::Qwen2Config,
    error::{Error, Result},
};

/// GGUF names of the linears of a layer, in the order q, k, v, o, gate, up, down.
const LINEAR_NAMES: [&str; 7] = [
    "attn_q",
    "attn_k",
    "attn_v",
    "attn_output",
    "ffn_gate",
    "ffn_up",
    "ffn_down",
];

/// An open GGUF file: its metadata and the places of its tensors.
#[derive(Debug)]
pub struct GgufFile {
    path: std::path::PathBuf,
    reader: BufReader<File>,
    /// Metadata and tensor table.
    pub content: Content,
}

impl GgufFile {
    /// Opens `path` and reads its header.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(FileError::read(path))?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let content = Content::read(&mut reader).map_err(|error| {
            let place = reader
                .stream_position()
                .map_or_else(|_| "header".to_owned(), |at| format!("byte {at}"));
            FileError::content(path, place, format!("{error}, expected a GGUF file"))
        })?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            content,
        })
    }

    /// The shape of the network that the file holds.
    pub fn config(&self) -> Result<Qwen2Config> {
        let architecture = self.text("general.architecture")?;
        if architecture != "qwen2" {
            let message = format!("found `{architecture}`, expected `qwen2`");
            return Err(
                FileError::content(&self.path, "key `general.architecture`", message).into(),
            );
        }
        let heads = self.whole("qwen2.attention.head_count")?;
        let config = Qwen2Config {
            vocab_size: self.rows_of("token_embd.weight")?,
            hidden_size: self.whole("qwen2.embedding_length")?,
            intermediate_size: self.whole("qwen2.feed_forward_length")?,
            num_hidden_layers: self.whole("qwen2.block_count")?,
            num_attention_heads: heads,
            num_key_value_heads: self.whole("qwen2.attention.head_count_kv")?,
            rms_norm_eps: self.number("qwen2.attention.layer_norm_rms_epsilon")?,
            rope_theta: self.number("qwen2.rope.freq_base")?,
            max_position_embeddings: self.whole("qwen2.context_length")?,
            tie_word_embeddings: !self.content.tensor_infos.contains_key("output.weight"),
        };
        config.check()?;
        Ok(config)
    }

    fn rows_of(&self, name: &str) -> Result<usize> {
        let info = self
            .content
            .tensor_infos
            .get(name)
            .ok_or_else(|| self.missing(name))?;
        Ok(info.shape.dims().first().copied().unwrap_or(0))
    }

    fn missing(&self, name: &str) -> Error {
        Error::MissingTensor {
            path: self.path.clone(),
            name: name.to_owned(),
        }
    }

    fn value<T>(
        &self,
        key: &str,
        read: impl FnOnce(&candle_core::quantized::gguf_file::Value) -> Option<T>,
    ) -> Result<T> {
        let found = self.content.metadata.get(key);
        found.and_then(read).ok_or_else(|| {
            let found = found.map_or_else(|| "nothing".to_owned(), |value| format!("{value:?}"));
            FileError::content(
                &self.path,
                format!("key `{key}`"),
                format!("found {found}, expected a value"),
            )
            .into()
        })
    }

    fn text(&self, key: &str) -> Result<String> {
        self.value(key, |value| value.to_string().ok().cloned())
    }

    fn whole(&self, key: &str) -> Result<usize> {
        self.value(key, |value| {
            value.to_u32().ok().map(|number| number as usize)
        })
    }

    fn number(&self, key: &str) -> Result<f64> {
        self.value(key, |value| value.to_f32().ok().map(f64::from))
    }

    /// Reads the tensor `name`, which must have the given shape.
    pub fn tensor(&mut self, name: &str, expected: &[usize]) -> Result<QTensor> {
        if !self.content.tensor_infos.contains_key(name) {
            return Err(self.missing(name));
        }
        let tensor = self
            .content
            .tensor(&mut self.reader, name, &Device::Cpu)
            .map_err(|error| FileError::content(&self.path, format!("tensor `{name}`"), error))?;
        if tensor.shape().dims() != expected {
            return Err(Error::Shape {
                name: name.to_owned(),
                found: tensor.shape().dims().to_vec(),
                expected: expected.to_vec(),
            });
        }
        Ok(tensor)
    }

    fn vector(&mut self, name: &str, size: usize) -> Result<Tensor> {
        Ok(self.tensor(name, &[size])?.dequantize(&Device::Cpu)?)
    }

    fn linear(&mut self, name: &str, shape: [usize; 2], has_bias: bool) -> Result<Linear> {
        let weight = self.tensor(&format!("{name}.weight"), &shape)?;
        let bias = if has_bias {
            Some(self.vector(&format!("{name}.bias"), shape[0])?)
        } else {
            None
        };
        Ok(Linear::new(
            name.to_owned(),
            quantized(Arc::new(weight))?,
            bias,
            shape,
        ))
    }

    fn layer(&mut self, config: &Qwen2Config, index: usize) -> Result<Layer> {
        let mut linears = Vec::with_capacity(7);
        for (name, (shape, has_bias)) in LINEAR_NAMES.iter().zip(linear_shapes(config)) {
            linears.push(self.linear(&format!("blk.{index}.{name}"), shape, has_bias)?);
        }
        Ok(Layer {
            index,
            input_norm: self
                .vector(&format!("blk.{index}.attn_norm.weight"), config.hidden_size)?,
            post_attention_norm: self
                .vector(&format!("blk.{index}.ffn_norm.weight"), config.hidden_size)?,
            linears: linears.try_into().expect("seven names and shapes"),
            heads: head_shape(config),
            epsilon: config.rms_norm_eps,
        })
    }
}

/// Unquantized types run as dense f32 matrices, everything else on its blocks.
fn quantized(tensor: Arc<QTensor>) -> Result<Weight> {
    Ok(match tensor.dtype() {
        GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16 => {
            Weight::Frozen(tensor.dequantize(&Device::Cpu)?)
        }
        _ => Weight::Quantized(QMatMul::from_arc(tensor)?),
    })
}

impl Qwen2 {
    /// Loads the network of a GGUF file onto the CPU. Its matrices stay as they are in the file.
    pub fn load_gguf(path: &Path) -> Result<Self> {
        let mut file = GgufFile::open(path)?;
        let config = file.config()?;
        let table = [config.vocab_size, config.hidden_size];
        let rows = Arc::new(file.tensor("token_embd.weight", &table)?);
        let embedding = match quantized(rows.clone())? {
            Weight::Frozen(tensor) => Embedding::Dense(tensor),
            weight => Embedding::Quantized {
                rows,
                as_head: Linear::new("token_embd".to_owned(), weight, None, table),
            },
        };
        let layers = (0..config.num_hidden_layers)
            .map(|index| file.layer(&config, index))
            .collect::<Result<_>>()?;
        let norm = file.vector("output_norm.weight", config.hidden_size)?;
        let head = if config.tie_word_embeddings {
            None
        } else {
            Some(file.linear("output", table, false)?)
        };
        Ok(Self {
            config,
            device: Device::Cpu,
            embedding,
            layers,
            norm,
            head,
            lora: None,
            adapter_enabled: AtomicBool::new(true),
            variables: Vec::new(),
        })
    }
}
