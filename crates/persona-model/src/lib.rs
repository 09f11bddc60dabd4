//! The network: Qwen2, LoRA, tokenizer and ChatML, weights, generation, sentence embeddings.
