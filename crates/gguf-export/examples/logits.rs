//! Prints, as JSON, the logits of a base model with an adapter: `logits BASE ADAPTER TEXT`.
//!
//! `benches/peers/peft_adapter.py` compares them with PEFT's.

#![expect(clippy::print_stdout, reason = "the JSON is what this program is for")]

use std::{error::Error, path::Path};

use persona_core::ConversationForm;
use persona_model::{Adapter, LoadOptions, Qwen2, Segments, Tokenizer, chatml};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [base, adapter, text] = arguments.as_slice() else {
        return Err("usage: logits BASE ADAPTER TEXT".into());
    };
    let tokenizer = Tokenizer::load(Path::new(base))?;
    let mut model = Qwen2::load(Path::new(base), &LoadOptions::cpu())?;
    model.load_adapter(&Adapter::load(Path::new(adapter))?, false)?;
    let form = ConversationForm::default();
    let messages = [form.system_message(), form.context_message("u1", text)];
    let ids = chatml::encode(&tokenizer, &messages, chatml::Form::Prompt).ids;
    let hidden = model.forward(&ids, &Segments::packed(&[ids.len()]), None, None)?; // (tokens, hidden)
    let logits: Vec<Vec<f32>> = model.logits(&hidden)?.to_vec2()?; // (tokens, vocab)
    println!("{}", serde_json::json!({ "ids": ids, "logits": logits }));
    Ok(())
}
