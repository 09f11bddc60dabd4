//! Inspection as text.

use std::fmt;

use serde_json::Value as Json;

use super::{Inspection, Kind};

/// Longest value that is shown whole, in characters.
const MAX_VALUE: usize = 100;

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Gguf => "GGUF",
            Kind::Safetensors => "safetensors",
            Kind::Adapter => "LoRA adapter",
            Kind::Checkpoint => "Hugging Face checkpoint",
        };
        match self.version {
            Some(version) => writeln!(f, "{kind} version {version}")?,
            None => writeln!(f, "{kind}")?,
        }
        if let Some((part, of)) = self.part {
            writeln!(
                f,
                "part {part} of {of} of a split model: the others are not looked at"
            )?;
        }
        writeln!(
            f,
            "{} tensors, {} weights, {}",
            self.tensors.len(),
            grouped(self.elements),
            size(self.bytes)
        )?;
        writeln!(f)?;
        let width = self
            .metadata
            .keys()
            .map(|key| key.chars().count())
            .max()
            .unwrap_or(0);
        for (key, value) in &self.metadata {
            writeln!(f, "{:width$}  {}", plain(key), short(value))?;
        }
        writeln!(f)?;
        for count in &self.types {
            let bits = count.bytes as f64 * 8.0 / (count.elements.max(1)) as f64;
            let (tensors, bytes) = (count.tensors, size(count.bytes));
            writeln!(
                f,
                "{:6} {tensors:5} tensors {:>18} weights {bytes:>10} {bits:6.3} bits a weight",
                count.name,
                grouped(count.elements)
            )?;
        }
        writeln!(f)?;
        let width = self
            .tensors
            .iter()
            .map(|tensor| tensor.name.chars().count())
            .max()
            .unwrap_or(0);
        for tensor in &self.tensors {
            let shape: Vec<String> = tensor.shape.iter().map(u64::to_string).collect();
            writeln!(
                f,
                "{:width$}  {:6} {:>16} {:>10}",
                plain(&tensor.name),
                tensor.kind,
                shape.join(" × "),
                size(tensor.bytes)
            )?;
        }
        Ok(())
    }
}

/// Replaces control characters, so that those of a hostile file do not reach the terminal.
fn plain(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// Formats a value as JSON, which escapes most control characters; the others are replaced.
fn short(value: &Json) -> String {
    let text = plain(&value.to_string());
    if text.chars().count() <= MAX_VALUE {
        return text;
    }
    let start: String = text.chars().take(MAX_VALUE).collect();
    format!("{start}… ({} characters)", text.chars().count())
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.3} GB", bytes as f64 / 1e9),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
