//! Sentence embeddings: texts as vectors of length 1 whose dot product measures how similar they are.

use std::path::Path;

use candle_core::Tensor;
use persona_core::json;
use serde::de::DeserializeOwned;
use tokenizers::TruncationParams;

use crate::{
    error::{Error, Result},
    weights::Checkpoint,
};

mod bert;
mod pooling;

use bert::{Bert, BertConfig};
use pooling::Pooling;

/// Longest text in tokens. Longer ones are cut, as sentence-transformers does for these models.
const MAX_TOKENS: usize = 256;

/// Most tokens that go through the network together.
const BATCH_TOKENS: usize = 2048;

/// Turns texts into vectors. Reports name the embedder, since figures of different embedders cannot be compared.
pub trait Embedder {
    /// Name of the embedder, as reports show it.
    fn name(&self) -> &str;

    /// Returns one vector of length 1 per text, in the order of `texts`.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>>;
}

/// A BERT-family model in Hugging Face layout, such as all-MiniLM-L6-v2 or bge-small.
pub struct SentenceEmbedder {
    name: String,
    tokenizer: tokenizers::Tokenizer,
    bert: Bert,
    pooling: Pooling,
}

impl SentenceEmbedder {
    /// Reads `config.json`, `tokenizer.json`, `model.safetensors` and, where there is one, `1_Pooling/config.json`.
    pub fn load(folder: &Path) -> Result<Self> {
        let config: BertConfig = read_json(folder, "config.json")?;
        config.check()?;
        let tokenizer = load_tokenizer(folder, MAX_TOKENS.min(config.max_position_embeddings))?;
        Ok(Self {
            name: name_of(folder),
            tokenizer,
            pooling: Pooling::load(folder)?,
            bert: Bert::load(&Checkpoint::open(folder)?, config)?,
        })
    }

    fn token_ids(&self, text: &str) -> Result<Vec<u32>> {
        let wrong = |message: String| Error::tokenizer(Path::new(&self.name), message);
        let encoding = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|error| wrong(error.to_string()))?;
        if encoding.is_empty() {
            return Err(wrong(
                "gives no tokens at all for a text, expected at least [CLS] and [SEP]".to_owned(),
            ));
        }
        Ok(encoding.get_ids().to_vec())
    }

    fn embed_batch(&self, batch: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let hidden = self.bert.forward(batch)?; // (tokens, hidden)
        let mut start = 0;
        batch
            .iter()
            .map(|ids| {
                let own = hidden.narrow(0, start, ids.len())?;
                start += ids.len();
                unit_length(&self.pooling.pool(&own)?)
            })
            .collect()
    }
}

impl Embedder for SentenceEmbedder {
    fn name(&self) -> &str {
        &self.name
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        let ids: Vec<Vec<u32>> = texts
            .iter()
            .map(|text| self.token_ids(text))
            .collect::<Result<_>>()?;
        // Texts of the same length are put side by side, so that their attention is one product.
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_key(|index| ids[*index].len());
        let mut vectors = vec![Vec::new(); ids.len()];
        let mut rest = order.as_slice();
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(batch_size(rest, &ids));
            let inputs: Vec<&[u32]> = batch.iter().map(|index| ids[*index].as_slice()).collect();
            for (index, vector) in batch.iter().zip(self.embed_batch(&inputs)?) {
                vectors[*index] = vector;
            }
            rest = later;
        }
        Ok(vectors)
    }
}

/// Number of the next texts that are embedded in one batch; at least one.
fn batch_size(order: &[usize], ids: &[Vec<u32>]) -> usize {
    let mut tokens = 0;
    order
        .iter()
        .take_while(|index| {
            tokens += ids[**index].len();
            tokens <= BATCH_TOKENS
        })
        .count()
        .max(1)
}

/// Loads the tokenizer with our own limit in place of the truncation and padding that its file asks for.
fn load_tokenizer(folder: &Path, max_length: usize) -> Result<tokenizers::Tokenizer> {
    let path = folder.join("tokenizer.json");
    let mut tokenizer: tokenizers::Tokenizer = read_json(folder, "tokenizer.json")?;
    let truncation = TruncationParams {
        max_length,
        ..TruncationParams::default()
    };
    tokenizer
        .with_padding(None)
        .with_truncation(Some(truncation))
        .map_err(|error| Error::tokenizer(&path, error))?;
    Ok(tokenizer)
}

fn name_of(folder: &Path) -> String {
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    full.file_name().map_or_else(
        || full.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// `vector` (hidden) scaled to length 1.
fn unit_length(vector: &Tensor) -> Result<Vec<f32>> {
    let mut values = vector.to_vec1::<f32>()?;
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    // The same floor as PyTorch's `normalize`.
    let length = length.max(1e-12);
    for value in &mut values {
        *value /= length;
    }
    Ok(values)
}

fn read_json<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T> {
    let path = folder.join(name);
    if !path.is_file() {
        return Err(Error::MissingFile {
            folder: folder.to_owned(),
            file: name.to_owned(),
            purpose: "a sentence embedding model in Hugging Face layout".to_owned(),
        });
    }
    Ok(json::read(&path)?)
}
