#!/usr/bin/env python3
"""Loads an adapter in PEFT and compares its logits with ours.

    peft_adapter.py [--ours COMMAND] [--text TEXT]... BASE ADAPTER

Ours come from `COMMAND BASE ADAPTER TEXT` (default: `cargo run --release -q -p gguf-export --example logits --`),
which prints {"ids": [...], "logits": [[...], ...]}. PEFT computes in f32 on the CPU. Exit code 1 where a logit
differs by more than 1e-3.
"""

import argparse
import json
import shlex
import subprocess
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

LIMIT = 1e-3
TEXTS = ["hey, what are you all up to?", "that build failed again :("]


def ours(command, base, adapter, text):
    arguments = [*shlex.split(command), base, adapter, text]
    result = subprocess.run(arguments, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{shlex.join(arguments)} failed:\n{result.stderr}")
    answer = json.loads(result.stdout)
    return answer["ids"], torch.tensor(answer["logits"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("adapter")
    parser.add_argument("--ours", default="cargo run --release -q -p gguf-export --example logits --")
    parser.add_argument("--text", action="append")
    options = parser.parse_args()
    base = AutoModelForCausalLM.from_pretrained(options.base, dtype=torch.float32)
    model = PeftModel.from_pretrained(base, options.adapter).eval()
    worst = 0.0
    for text in options.text or TEXTS:
        ids, found = ours(options.ours, options.base, options.adapter, text)
        with torch.no_grad():
            expected = model(torch.tensor([ids])).logits[0]
            with model.disable_adapter():
                plain = model(torch.tensor([ids])).logits[0]
        difference = (found - expected).abs().max().item()
        effect = (plain - expected).abs().max().item()
        worst = max(worst, difference)
        print(f"{text!r}: {len(ids)} ids, largest difference of a logit {difference:.2e} (the adapter moves them by up to {effect:.2e})")
        if effect < 10 * LIMIT:
            print("  the adapter hardly does anything here: this text proves little")
    if not worst <= LIMIT:
        sys.exit(f"largest difference {worst:.2e}, expected at most {LIMIT:.0e}")


if __name__ == "__main__":
    main()
