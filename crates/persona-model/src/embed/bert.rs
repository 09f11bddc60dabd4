//! BERT, forward only. Texts are packed one after the other, without padding.

use candle_core::{D, DType, Device, Tensor};
use serde::Deserialize;

use crate::{
    error::{Error, Result},
    weights::Checkpoint,
};

/// Settings from `config.json`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct BertConfig {
    model_type: String,
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    hidden_act: String,
    layer_norm_eps: f64,
    pub(super) max_position_embeddings: usize,
    #[serde(default = "two")]
    type_vocab_size: usize,
    #[serde(default = "absolute")]
    position_embedding_type: String,
}

fn two() -> usize {
    2
}

fn absolute() -> String {
    "absolute".to_owned()
}

impl BertConfig {
    /// Refuses a network that [`Bert`] does not compute.
    pub(super) fn check(&self) -> Result<()> {
        let expect = |key: &str, found: &str, expected: &str| {
            if expected.split(" or ").any(|one| one == found) {
                return Ok(());
            }
            Err(Error::Config {
                key: key.to_owned(),
                found: format!("`{found}`"),
                expected: expected.to_owned(),
            })
        };
        expect("model_type", &self.model_type, "bert")?;
        expect("hidden_act", &self.hidden_act, "gelu or gelu_new or relu")?;
        expect(
            "position_embedding_type",
            &self.position_embedding_type,
            "absolute",
        )?;
        if self.num_attention_heads == 0
            || !self.hidden_size.is_multiple_of(self.num_attention_heads)
        {
            return Err(Error::Config {
                key: "num_attention_heads".to_owned(),
                found: self.num_attention_heads.to_string(),
                expected: format!("a divisor of hidden_size {}", self.hidden_size),
            });
        }
        Ok(())
    }
}

/// A BERT network with its weights.
pub(super) struct Bert {
    config: BertConfig,
    words: Tensor,
    /// Position embeddings, with the embedding of token type 0 added, the only type that single sentences have.
    positions: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_norm: LayerNorm,
    intermediate: Linear,
    output: Linear,
    output_norm: LayerNorm,
}

impl Bert {
    pub(super) fn load(checkpoint: &Checkpoint, config: BertConfig) -> Result<Self> {
        let prefix = if checkpoint.contains("bert.embeddings.word_embeddings.weight") {
            "bert."
        } else {
            ""
        };
        let weights = Weights {
            checkpoint,
            eps: config.layer_norm_eps,
        };
        let hidden = config.hidden_size;
        let table = |name: &str, rows: usize| {
            weights.tensor(
                &format!("{prefix}embeddings.{name}.weight"),
                &[rows, hidden],
            )
        };
        let types = table("token_type_embeddings", config.type_vocab_size)?;
        let positions = table("position_embeddings", config.max_position_embeddings)?;
        let layers = (0..config.num_hidden_layers)
            .map(|index| Layer::load(&weights, &format!("{prefix}encoder.layer.{index}"), &config))
            .collect::<Result<_>>()?;
        Ok(Self {
            words: table("word_embeddings", config.vocab_size)?,
            positions: positions.broadcast_add(&types.get(0)?)?,
            norm: weights.norm(&format!("{prefix}embeddings.LayerNorm"), hidden)?,
            layers,
            config,
        })
    }

    /// Last hidden states of all texts, one after the other: (tokens, hidden).
    pub(super) fn forward(&self, texts: &[&[u32]]) -> Result<Tensor> {
        let ids: Vec<u32> = texts.concat();
        if let Some(id) = ids
            .iter()
            .find(|id| **id as usize >= self.config.vocab_size)
        {
            return Err(Error::Input(format!(
                "the tokenizer gives id {id}, but the model knows {} tokens",
                self.config.vocab_size
            )));
        }
        let positions: Vec<u32> = texts.iter().flat_map(|text| 0..text.len() as u32).collect();
        let rows = |table: &Tensor, rows: Vec<u32>| {
            let count = rows.len();
            table.index_select(&Tensor::from_vec(rows, count, &Device::Cpu)?, 0)
        };
        let sum = (rows(&self.words, ids)? + rows(&self.positions, positions)?)?;
        let groups = group_by_length(texts);
        let mut hidden = self.norm.forward(&sum)?; // (tokens, hidden)
        for layer in &self.layers {
            hidden = layer.forward(&hidden, &groups, &self.config)?;
        }
        Ok(hidden)
    }
}

impl Layer {
    fn load(weights: &Weights<'_>, prefix: &str, config: &BertConfig) -> Result<Self> {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let linear = |name: &str, from: usize, to: usize| {
            weights.linear(&format!("{prefix}.{name}"), from, to)
        };
        let norm = |name: &str| weights.norm(&format!("{prefix}.{name}"), hidden);
        Ok(Self {
            query: linear("attention.self.query", hidden, hidden)?,
            key: linear("attention.self.key", hidden, hidden)?,
            value: linear("attention.self.value", hidden, hidden)?,
            attention_output: linear("attention.output.dense", hidden, hidden)?,
            attention_norm: norm("attention.output.LayerNorm")?,
            intermediate: linear("intermediate.dense", hidden, wide)?,
            output: linear("output.dense", wide, hidden)?,
            output_norm: norm("output.LayerNorm")?,
        })
    }

    fn forward(
        &self,
        hidden: &Tensor,
        groups: &[LengthGroup],
        config: &BertConfig,
    ) -> Result<Tensor> {
        let q = self.query.forward(hidden)?; // (tokens, hidden)
        let k = self.key.forward(hidden)?;
        let v = self.value.forward(hidden)?;
        let mut start = 0;
        let mut attended = Vec::with_capacity(groups.len());
        for group in groups {
            let tokens = group.texts * group.length;
            let own = |x: &Tensor| group.split_heads(&x.narrow(0, start, tokens)?, config);
            attended.push(group.attend(&own(&q)?, &own(&k)?, &own(&v)?)?);
            start += tokens;
        }
        let attended = Tensor::cat(&attended, 0)?; // (tokens, hidden)
        let mixed = (self.attention_output.forward(&attended)? + hidden)?;
        let hidden = self.attention_norm.forward(&mixed)?;
        let wide = self.intermediate.forward(&hidden)?; // (tokens, intermediate)
        let wide = match config.hidden_act.as_str() {
            "relu" => wide.relu()?,
            "gelu_new" => wide.gelu()?,
            _ => wide.gelu_erf()?,
        };
        let mixed = (self.output.forward(&wide)? + hidden)?;
        self.output_norm.forward(&mixed)
    }
}

/// Consecutive texts of the same length.
struct LengthGroup {
    texts: usize,
    length: usize,
}

fn group_by_length(texts: &[&[u32]]) -> Vec<LengthGroup> {
    texts
        .chunk_by(|left, right| left.len() == right.len())
        .map(|group| LengthGroup {
            texts: group.len(),
            length: group[0].len(),
        })
        .collect()
}

impl LengthGroup {
    /// Reshapes (texts · length, hidden) to (texts, heads, length, head).
    fn split_heads(&self, x: &Tensor, config: &BertConfig) -> candle_core::Result<Tensor> {
        let heads = config.num_attention_heads;
        x.reshape((self.texts, self.length, heads, config.hidden_size / heads))?
            .transpose(1, 2)?
            .contiguous()
    }

    /// Attention of q, k and v, (texts, heads, length, head) each, as (texts · length, hidden).
    fn attend(&self, q: &Tensor, k: &Tensor, v: &Tensor) -> candle_core::Result<Tensor> {
        let (_, heads, _, head) = q.dims4()?;
        let scores = (q.matmul(&k.t()?)? / (head as f64).sqrt())?; // (texts, heads, length, length)
        let scores = scores
            .broadcast_sub(&scores.max_keepdim(D::Minus1)?)?
            .exp()?;
        let weights = scores.broadcast_div(&scores.sum_keepdim(D::Minus1)?)?;
        weights
            .matmul(v)?
            .transpose(1, 2)?
            .reshape((self.texts * self.length, heads * head))
    }
}

struct Linear {
    /// Weight, `(in, out)`.
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.matmul(&self.weight)?.broadcast_add(&self.bias)?)
    }
}

struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        Ok(centred
            .broadcast_div(&(variance + self.eps)?.sqrt()?)?
            .broadcast_mul(&self.weight)?
            .broadcast_add(&self.bias)?)
    }
}

/// Reads tensors and checks their shapes.
struct Weights<'a> {
    checkpoint: &'a Checkpoint,
    eps: f64,
}

impl Weights<'_> {
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        self.checkpoint
            .shaped(name, shape, DType::F32, &Device::Cpu)
    }

    fn linear(&self, name: &str, from: usize, to: usize) -> Result<Linear> {
        Ok(Linear {
            weight: self
                .tensor(&format!("{name}.weight"), &[to, from])?
                .t()?
                .contiguous()?,
            bias: self.tensor(&format!("{name}.bias"), &[to])?,
        })
    }

    fn norm(&self, name: &str, size: usize) -> Result<LayerNorm> {
        Ok(LayerNorm {
            weight: self.tensor(&format!("{name}.weight"), &[size])?,
            bias: self.tensor(&format!("{name}.bias"), &[size])?,
            eps: self.eps,
        })
    }
}
