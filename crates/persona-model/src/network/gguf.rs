//! Loading a network from a GGUF file; its matrices stay quantized.

mod keys;
mod weights;

use std::{path::Path, sync::Arc};

use candle_core::{Device, Tensor};
use persona_gguf::Header;

use super::{
    build::head_shape,
    layer::Layer,
    linear::{Linear, Weight},
    model::{Embedding, Qwen2},
};
use crate::{
    config::Qwen2Config,
    error::Result,
    tensors::{
        self, EMBEDDING, FINAL_NORM, HEAD, INPUT_NORM, LINEARS, Name, POST_ATTENTION_NORM,
        gguf_layer_prefix,
    },
};
use weights::Matrix;

/// An open GGUF file that holds a whole model.
#[derive(Debug)]
pub struct GgufFile {
    file: persona_gguf::GgufFile,
}

impl GgufFile {
    /// Opens `path` and reads its header.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            file: persona_gguf::GgufFile::open(path)?,
        })
    }

    /// Header of the file: metadata, and names and positions of the tensors.
    pub fn header(&self) -> &Header {
        self.file.header()
    }

    /// Shape of the network in the file. Refuses a network that is computed in another way than ours.
    pub fn config(&self) -> Result<Qwen2Config> {
        let config = keys::config(&self.file)?;
        weights::check(&self.file, &config)?;
        Ok(config)
    }

    fn vector(&mut self, name: &str) -> Result<Tensor> {
        weights::read(&mut self.file, name)?.dequantized()
    }

    fn linear(&mut self, name: String, shape: [usize; 2], has_bias: bool) -> Result<Linear> {
        let weight = weights::read(&mut self.file, &format!("{name}.weight"))?.into_weight()?;
        let bias = if has_bias {
            Some(self.vector(&format!("{name}.bias"))?)
        } else {
            None
        };
        Ok(Linear::new(name, weight, bias, shape))
    }

    fn layer(&mut self, config: &Qwen2Config, index: usize) -> Result<Layer> {
        let prefix = gguf_layer_prefix(index);
        let mut linears = Vec::with_capacity(LINEARS.len());
        for spec in &LINEARS {
            let name = format!("{prefix}{}", spec.gguf);
            linears.push(self.linear(name, spec.shape(config), spec.bias)?);
        }
        let mut norm = |name: Name| self.vector(&format!("{prefix}{}", name.gguf));
        Ok(Layer {
            index,
            input_norm: norm(INPUT_NORM)?,
            post_attention_norm: norm(POST_ATTENTION_NORM)?,
            linears: linears.try_into().expect("seven names and shapes"),
            heads: head_shape(config),
            epsilon: config.rms_norm_eps,
        })
    }

    fn embedding(&mut self, table: [usize; 2]) -> Result<Embedding> {
        Ok(match weights::read(&mut self.file, EMBEDDING.gguf)? {
            Matrix::Dense(tensor) => Embedding::Dense(tensor),
            Matrix::Blocks(rows) => {
                let rows = Arc::new(rows);
                let weight =
                    Weight::Quantized(candle_core::quantized::QMatMul::from_arc(rows.clone())?);
                Embedding::Quantized {
                    rows,
                    as_head: Linear::new("token_embd".to_owned(), weight, None, table),
                }
            }
        })
    }
}

impl Qwen2 {
    /// Loads the network of a GGUF file onto the CPU. Its matrices stay as they are in the file, except that 5-bit ones
    /// are held in 8 bits with the same values.
    pub fn load_gguf(path: &Path) -> Result<Self> {
        let mut file = GgufFile::open(path)?;
        let config = file.config()?;
        let table = [config.vocab_size, config.hidden_size];
        let embedding = file.embedding(table)?;
        let layers = (0..config.num_hidden_layers)
            .map(|index| file.layer(&config, index))
            .collect::<Result<_>>()?;
        let norm = file.vector(FINAL_NORM.gguf)?;
        let head = if config.tie_word_embeddings {
            None
        } else {
            let name = tensors::without_ending(HEAD.gguf);
            Some(file.linear(name.to_owned(), table, false)?)
        };
        Ok(Self {
            config,
            device: Device::Cpu,
            embedding,
            layers,
            norm,
            head,
            lora: None,
            variables: Vec::new(),
        })
    }
}
