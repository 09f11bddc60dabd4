//! Cost of a token, in training and in generation from a quantized file. Run with `cargo bench -p benches`.

use std::{hint::black_box, ops::ControlFlow, path::Path};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use persona_core::Sampling;
use persona_model::{
    ALL_TARGETS, KvCache, LoadOptions, LoraConfig, Qwen2, Segments, generate, loss,
};

const TOKENS: usize = 512;

fn data(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../data")
        .join(path)
}

fn ids(count: usize) -> Vec<u32> {
    (0..count as u32).map(|index| index * 31 % 900).collect()
}

/// Forward and backward of one packed micro-batch with the adapter trained.
fn adapter_step(criterion: &mut Criterion) {
    let mut model = Qwen2::load(&data("base/persona-tiny"), &LoadOptions::cpu())
        .expect("the base of the repository");
    let targets = ALL_TARGETS.iter().map(ToString::to_string).collect();
    let lora = LoraConfig {
        rank: 16,
        alpha: 32.0,
        dropout: 0.05,
        targets,
    };
    model
        .attach_lora(&lora, 1)
        .expect("a dense base takes an adapter");
    let (ids, segments) = (ids(TOKENS), Segments::packed(&[TOKENS / 4; 4]));
    let rows: Vec<u32> = (0..TOKENS as u32 - 1).collect();
    let mut group = criterion.benchmark_group("training");
    group
        .throughput(Throughput::Elements(TOKENS as u64))
        .sample_size(10);
    group.bench_function("adapter forward and backward", |bencher| {
        bencher.iter(|| {
            let hidden = model
                .forward(&ids, &segments, None, Some(3))
                .expect("valid ids");
            let log_probs =
                loss::token_log_probs(&model, &hidden, &rows, &ids[1..]).expect("valid rows");
            black_box(
                log_probs
                    .mean_all()
                    .and_then(|loss| loss.backward())
                    .expect("a differentiable loss"),
            )
        });
    });
    group.finish();
}

/// Greedy generation after a short prompt, from the golden `Q4_K_M` file.
fn decode(criterion: &mut Criterion) {
    let model = Qwen2::load_gguf(&data("fixtures/gguf/Q4_K_M.gguf")).expect("the golden file");
    let prompt = ids(32);
    let mut group = criterion.benchmark_group("generation");
    group.throughput(Throughput::Elements(64)).sample_size(10);
    group.bench_function("64 tokens, q4_k_m", |bencher| {
        bencher.iter(|| {
            let mut cache = KvCache::new(model.config());
            let sampling = Sampling::greedy(64);
            generate(&model, &mut cache, &prompt, &sampling, 0, &[], &mut |_| {
                ControlFlow::Continue(())
            })
            .expect("a prompt within the vocabulary")
        });
    });
    group.finish();
}

criterion_group!(benches, adapter_step, decode);
criterion_main!(benches);
