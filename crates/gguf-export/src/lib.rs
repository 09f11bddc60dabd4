//! Merged checkpoints and GGUF files that run in llama.cpp, Ollama and LM Studio.
