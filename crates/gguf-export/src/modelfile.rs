//! Modelfile for Ollama.

use persona_core::Sampling;

/// File name that Ollama expects.
pub(crate) const FILE_NAME: &str = "Modelfile";

/// Modelfile for the GGUF file `file` in the same folder.
///
/// Ollama uses the chat template inside a GGUF file only where it knows its text, so the Modelfile repeats it.
pub(crate) fn render(file: &str, system_prompt: &str, sampling: &Sampling) -> String {
    let Sampling {
        temperature,
        top_p,
        top_k,
        repetition_penalty,
        max_tokens,
    } = sampling;
    format!(
        r#"# ollama create persona -f Modelfile
FROM ./{file}

TEMPLATE """{{{{ if .System }}}}<|im_start|>system
{{{{ .System }}}}<|im_end|>
{{{{ end }}}}{{{{ if .Prompt }}}}<|im_start|>user
{{{{ .Prompt }}}}<|im_end|>
{{{{ end }}}}<|im_start|>assistant
{{{{ .Response }}}}<|im_end|>
"""

SYSTEM """{system_prompt}"""

PARAMETER stop "<|im_start|>"
PARAMETER stop "<|im_end|>"
PARAMETER temperature {temperature}
PARAMETER top_p {top_p}
PARAMETER top_k {top_k}
PARAMETER repeat_penalty {repetition_penalty}
PARAMETER num_predict {max_tokens}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_names_file_template_and_stops() {
        let text = render("persona-q4_k_m.gguf", "Be brief.", &Sampling::default());
        assert!(text.contains("FROM ./persona-q4_k_m.gguf\n"));
        assert!(
            text.contains("{{ if .System }}<|im_start|>system\n{{ .System }}<|im_end|>\n{{ end }}")
        );
        assert!(text.contains("SYSTEM \"\"\"Be brief.\"\"\""));
        assert!(text.contains("PARAMETER stop \"<|im_end|>\"\n"));
        assert!(
            text.contains("PARAMETER temperature 0.7\nPARAMETER top_p 0.9\nPARAMETER top_k 40\n")
        );
    }
}
