#!/usr/bin/env python3
"""Golden values of ORPO and KTO, computed by TRL's own code: data/fixtures/orpo and data/fixtures/kto.

    trl_losses.py [--fixtures data/fixtures]

Needs torch, transformers, peft, trl, datasets, accelerate; runs on a CPU in a minute, offline.

`cases`: the losses alone. TRL's trainers are given a model that answers with log-probabilities chosen here, so that
d loss / d log-probability comes out of torch's autograd through TRL's code. `model` (KTO only): a batch on the fixture
model with the fixture adapter, with the norm of the adapter's gradient. The README.md files beside say what each key is.
"""

import argparse
import json
import os
import tempfile
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from types import MethodType, SimpleNamespace

os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""})
os.environ.setdefault("HF_HOME", tempfile.mkdtemp())

import numpy as np
import torch

SEED = 7
PACKAGES = ["torch", "transformers", "peft", "trl"]


def exact(values):
    """Values that a float32 holds exactly, as doubles."""
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def draw(random, count, scale):
    return exact(-random.gamma(2.0, scale / 2.0, count) - 1e-3)


class Accelerator:
    device = torch.device("cpu")

    def gather_for_metrics(self, value):
        return value


def padded(rows, width):
    result = torch.zeros(len(rows), width, dtype=torch.float64)
    for index, row in enumerate(rows):
        result[index, : len(row)] = torch.tensor(row)
    return result


# ---- KTO


def kto_case(name, random, liked, beta, desirable, undesirable, scale=1.0, drift=0.0):
    from trl import KTOTrainer

    count, prompt = len(liked), 2
    lengths = random.integers(1, 6, count)
    log_probs = [draw(random, length, scale) for length in lengths]
    shifts = exact(random.normal(0.0, 2.0, count))
    reference = exact([row.sum() + shift for row, shift in zip(log_probs, shifts)])
    kl_policy = [draw(random, length, scale) for length in lengths]
    kl_reference = exact([row.sum() - drift - abs(x) for row, x in zip(kl_policy, random.normal(0.0, 0.5, count))])

    width = prompt + int(lengths.max())
    leaf = padded(log_probs, width - prompt).requires_grad_()
    kl = padded(kl_policy, width - prompt)
    prefix = torch.zeros(count, prompt - 1, dtype=torch.float64)
    mask = torch.zeros(count, width, dtype=torch.long)
    for index, length in enumerate(lengths):
        mask[index, prompt : prompt + length] = 1
    ids = torch.zeros(count, width, dtype=torch.long)

    class Model:
        training = True

        def __call__(self, input_ids, **_):
            values = kl if input_ids is batch["KL_input_ids"] else leaf
            rows = torch.cat([prefix, values], 1)
            return SimpleNamespace(log_probs=rows, entropy=torch.zeros_like(rows), mean_logits=torch.zeros_like(rows))

    batch = {
        "input_ids": ids, "attention_mask": torch.ones_like(ids), "completion_mask": mask,
        "KL_input_ids": ids.clone(), "KL_attention_mask": torch.ones_like(ids), "KL_completion_mask": mask,
        "label": torch.tensor(liked), "ref_logps": torch.tensor(reference), "ref_KL_logps": torch.tensor(kl_reference),
    }
    model = Model()
    trainer = SimpleNamespace(
        model=model, accelerator=Accelerator(), calculate_KL=True, aux_loss_enabled=False, precompute_ref_logps=True,
        loss_type="kto", beta=beta, desirable_weight=desirable, undesirable_weight=undesirable,
        _metrics={"train": defaultdict(list)}, _total_train_tokens=0, _tp_size=1,
    )
    trainer._compute_kl_logps = MethodType(KTOTrainer._compute_kl_logps, trainer)
    loss = KTOTrainer._compute_loss(trainer, model, batch, False)
    loss.backward()
    metrics = {key: values[-1] for key, values in trainer._metrics["train"].items()}
    return {
        "name": name, "beta": beta, "desirable_weight": desirable, "undesirable_weight": undesirable,
        "answers": [
            {"liked": liked[index], "log_probs": log_probs[index].tolist(), "reference": reference[index],
             "mismatched_policy": float(np.float32(kl_policy[index].sum())), "mismatched_reference": kl_reference[index],
             "gradient": leaf.grad[index, : lengths[index]].tolist()}
            for index in range(count)
        ],
        "loss": loss.item(),
        "metrics": {key: metrics[key] for key in sorted(metrics) if key.split("/")[0] in ("kl", "rewards", "logps")},
    }


def kto_cases():
    random = np.random.default_rng(SEED)
    mixed = [True, False, True, True, False]
    return [
        kto_case("defaults", random, mixed, 0.1, 1.0, 1.0, drift=0.5),
        kto_case("weights and a larger beta", random, mixed, 0.5, 0.75, 1.25, drift=1.0),
        kto_case("below the reference: kl is 0", random, mixed, 0.1, 1.0, 1.0, drift=-3.0),
        kto_case("liked only", random, [True] * 3, 0.1, 1.0, 1.0, drift=0.5),
        kto_case("disliked only", random, [False] * 3, 0.3, 1.0, 2.0, drift=0.5),
        kto_case("unlikely answers", random, mixed, 1.0, 1.0, 1.0, scale=20.0, drift=5.0),
    ]


def kto_model(fixtures):
    from datasets import Dataset
    from peft import LoraConfig, set_peft_model_state_dict
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import KTOConfig, KTOTrainer

    adapter = json.loads((fixtures / "lora/adapter/adapter_config.json").read_text())
    lora = LoraConfig(r=adapter["r"], lora_alpha=adapter["lora_alpha"], lora_dropout=0.0,
                      target_modules=sorted(adapter["target_modules"]), task_type="CAUSAL_LM")
    pairs = json.loads((fixtures / "dpo/dpo.json").read_text())["pairs"][:4]
    data = [{"prompt": pair["prompt"], "completion": pair["chosen" if index % 2 == 0 else "rejected"], "label": index != 1}
            for index, pair in enumerate(pairs)]
    with tempfile.TemporaryDirectory() as out:
        options = KTOConfig(output_dir=out, use_cpu=True, per_device_train_batch_size=4, beta=0.1, desirable_weight=1.0,
                            undesirable_weight=2.0, max_length=160, report_to="none", bf16=False,
                            gradient_checkpointing=False)
        model = AutoModelForCausalLM.from_pretrained(fixtures / "model", dtype=torch.float32)
        trainer = KTOTrainer(model=model, args=options, train_dataset=Dataset.from_list(data), peft_config=lora,
                             processing_class=AutoTokenizer.from_pretrained(fixtures / "model"))
    set_peft_model_state_dict(trainer.model, load_file(fixtures / "lora/adapter/adapter_model.safetensors"))
    rows = [trainer.train_dataset[index] for index in range(4)]
    trainer.model.train()
    loss = trainer.compute_loss(trainer.model, trainer.data_collator(rows))
    loss.backward()
    grads = [p.grad for p in trainer.model.parameters() if p.requires_grad]
    metrics = {key: values[-1] for key, values in trainer._metrics["train"].items()}
    for index, row in enumerate(rows):
        assert row["KL_completion_ids"] == rows[index - 1]["completion_ids"]
    return {
        "beta": 0.1, "desirable_weight": 1.0, "undesirable_weight": 2.0,
        "answers": [{"prompt": row["prompt_ids"], "answer": row["completion_ids"], "liked": row["label"]} for row in rows],
        "loss": loss.item(), "grad_norm": torch.sqrt(sum(g.double().pow(2).sum() for g in grads)).item(),
        "metrics": {key: metrics[key] for key in sorted(metrics) if key.split("/")[0] in ("kl", "rewards", "logps")},
    }


# ---- ORPO


def orpo_case(name, random, pairs, beta, scale=1.0):
    from trl.experimental.orpo import ORPOTrainer

    prompts = random.integers(1, 5, pairs)
    sides = [random.integers(1, 6, pairs) for _ in range(2)]
    # Of each pair: the prompt but its first token, the chosen answer, the rejected answer.
    log_probs = [[draw(random, prompts[i] - 1, scale), draw(random, sides[0][i], scale), draw(random, sides[1][i], scale)]
                 for i in range(pairs)]
    width = int(prompts.max() + max(sides[0].max(), sides[1].max()))
    # A vocabulary of two, in which every token is 0: its log-probability is −log(1 + e^−logit).
    leaf = torch.zeros(2 * pairs, width, 2, dtype=torch.float64)
    batch = {}
    for side, key in enumerate(["chosen", "rejected"]):
        mask = torch.zeros(pairs, width, dtype=torch.long)
        labels = torch.full((pairs, width), -100)
        for i in range(pairs):
            row = torch.tensor(np.concatenate([log_probs[i][0], log_probs[i][1 + side]]))
            leaf[side * pairs + i, : len(row), 0] = row - torch.log(-torch.expm1(row))
            mask[i, : len(row) + 1] = 1
            labels[i, prompts[i] : len(row) + 1] = 0
        batch[f"{key}_input_ids"] = torch.zeros(pairs, width, dtype=torch.long)
        batch[f"{key}_attention_mask"], batch[f"{key}_labels"] = mask, labels
    leaf.requires_grad_()
    trainer = SimpleNamespace(
        accelerator=Accelerator(), is_encoder_decoder=False, padding_value=0, aux_loss_enabled=False, beta=beta,
        concatenated_inputs=ORPOTrainer.concatenated_inputs, get_batch_logps=ORPOTrainer.get_batch_logps,
    )
    for method in ["concatenated_forward", "odds_ratio_loss"]:
        setattr(trainer, method, MethodType(getattr(ORPOTrainer, method), trainer))
    loss, metrics = ORPOTrainer.get_batch_loss_metrics(trainer, lambda *_, **__: SimpleNamespace(logits=leaf), batch)
    loss.backward()
    slopes = leaf.grad[:, :, 0] * (1.0 + torch.exp(leaf.detach()[:, :, 0]))

    def gradient(i):
        first, whole = prompts[i] - 1, prompts[i] - 1 + sides[0][i]
        other = slopes[pairs + i]
        assert not other[:first].any()
        return [slopes[i, :first].tolist(), slopes[i, first:whole].tolist(),
                other[first : first + sides[1][i]].tolist()]

    return {
        "name": name, "beta": beta,
        "pairs": [dict(zip(["prompt", "chosen", "rejected"], [part.tolist() for part in log_probs[i]]))
                  | {"gradient": dict(zip(["prompt", "chosen", "rejected"], gradient(i)))} for i in range(pairs)],
        "loss": loss.item(),
        "metrics": {key: metrics[key] for key in sorted(metrics) if not key.startswith("logits")},
    }


def orpo_cases():
    random = np.random.default_rng(SEED + 1)
    return [
        orpo_case("defaults", random, 4, 0.1),
        orpo_case("a larger beta", random, 3, 1.0),
        orpo_case("likely answers", random, 4, 0.5, scale=0.05),
        orpo_case("unlikely answers", random, 2, 0.1, scale=8.0),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fixtures", type=Path, default=Path("data/fixtures"))
    fixtures = parser.parse_args().fixtures
    versions = {name: version(name).split("+")[0] for name in PACKAGES}
    for name, content in [
        ("orpo", {"versions": versions, "cases": orpo_cases()}),
        ("kto", {"versions": versions, "cases": kto_cases(), "model": kto_model(fixtures)}),
    ]:
        (fixtures / name).mkdir(exist_ok=True)
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        (fixtures / name / f"{name}.json").write_text(text, encoding="utf-8")
        print(f"{name}: {[case['loss'] for case in content['cases']]}")


if __name__ == "__main__":
    main()
