//! Entry point of the export stage.

use persona_core::{ConversationForm, FormSource, Progress, atomic, layout, settle};
use persona_model::config::Qwen2Config;

use crate::{
    config::{Config, Inputs},
    error::{Error, Result},
    export, merge, modelfile,
    qwen2::ModelMetadata,
    report::{FileReport, Report},
    selftest::SelfTester,
};

/// Writes the merged checkpoint, the GGUF files and the Modelfile into `inputs.out`.
///
/// A GGUF file gets its final name only after its self-test; files of an earlier run are replaced one by one.
pub fn run(config: &Config, inputs: &Inputs, progress: &dyn Progress) -> Result<Report> {
    check(config, inputs)?;
    let trained = trained_with(inputs)?;
    let model = Qwen2Config::load(&inputs.base)?;
    let merged = inputs.out.join(layout::MERGED);
    let merged_report =
        merge::write_folder(inputs, &model, &merged, config.max_shard_bytes, progress)?;
    if let Some(form) = &trained {
        form.save(&merged)?;
    }
    let mut source = ModelMetadata::load(&merged, &model, &inputs.name, merged_report.parameters)?;
    source.trained_with(trained.as_ref());
    let form = trained.as_ref().unwrap_or(&inputs.form);
    if source.chat_template().is_none() {
        progress.warn(
            "the tokenizer has no chat template: programs that load the GGUF files will guess one",
        );
    }
    let mut tester = config
        .self_test
        .enabled
        .then(|| SelfTester::new(&merged, form, &config.self_test));
    let mut files = Vec::new();
    for &quant in &config.quants {
        let written =
            export::UntestedFile::write(&merged, &model, &source, quant, inputs, progress)?;
        let self_test = match &mut tester {
            Some(tester) => {
                Some(tester.test(written.path(), &inputs.file_name(quant), quant, progress)?)
            }
            None => None,
        };
        files.push(FileReport {
            self_test,
            ..written.keep()?
        });
    }
    let modelfile = write_modelfile(config, inputs, form)?;
    Ok(Report {
        merged: merged_report,
        files,
        modelfile,
    })
}

/// What the adapter was trained with, or the base where it was a persona before; `None` where neither says it.
fn trained_with(inputs: &Inputs) -> Result<Option<ConversationForm>> {
    let folders = inputs.adapter.iter().chain([&inputs.base]);
    for folder in folders {
        if let Some(source) = FormSource::of_folder(folder)? {
            return Ok(Some(settle(&[source])?.form));
        }
    }
    Ok(None)
}

fn check(config: &Config, inputs: &Inputs) -> Result<()> {
    let setting = |key, found: String, expected| {
        Err(Error::Setting {
            key,
            found,
            expected,
        })
    };
    inputs.form.check()?;
    inputs.sampling.check()?;
    if config.quants.is_empty() {
        return setting(
            "export.quants",
            "empty".to_owned(),
            "at least one of f32, f16, bf16, q8_0, q4_k_m",
        );
    }
    let mut sorted = config.quants.clone();
    sorted.sort_unstable();
    if let Some([twice, _]) = sorted.array_windows().find(|[left, right]| left == right) {
        return setting(
            "export.quants",
            format!("twice `{twice}`"),
            "each type once",
        );
    }
    if config.max_shard_bytes == 0 {
        return setting(
            "export.max_shard_bytes",
            "0".to_owned(),
            "a number of bytes from 1",
        );
    }
    if !layout::is_plain_name(&inputs.name) {
        return setting(
            "name",
            format!("`{}`", inputs.name),
            "letters, digits, `-`, `_` and `.`",
        );
    }
    Ok(())
}

/// Writes the Modelfile, which names the smallest file that was written.
fn write_modelfile(config: &Config, inputs: &Inputs, form: &ConversationForm) -> Result<String> {
    let wanted = |name: &&str| config.quants.iter().find(|quant| quant.name() == *name);
    let quant = layout::GGUF_BY_SIZE
        .iter()
        .find_map(wanted)
        .expect("checked: there is at least one");
    let text = modelfile::render(
        &inputs.file_name(*quant),
        &form.system_prompt,
        &inputs.sampling,
    );
    atomic::write(&inputs.out.join(modelfile::FILE_NAME), text)?;
    Ok(modelfile::FILE_NAME.to_owned())
}
