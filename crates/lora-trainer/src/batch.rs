//! Training examples, and packing them into micro-batches.

use persona_model::Batch;

use crate::packing::pack;

/// Token ids with their loss mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Token ids, in order.
    pub ids: Vec<u32>,
    /// `mask[i]`: `ids[i]` is a target token. The first token is never one, as nothing precedes it.
    pub mask: Vec<bool>,
}

impl Example {
    /// Number of target tokens.
    pub fn targets(&self) -> usize {
        self.mask
            .iter()
            .skip(1)
            .filter(|&&is_target| is_target)
            .count()
    }
}

/// Puts `examples` into one micro-batch, one after the other. Each comes with the number that owns its targets.
pub fn batch_of<'a>(examples: impl IntoIterator<Item = (usize, &'a Example)>) -> Batch {
    let mut batch = Batch::default();
    for (owner, example) in examples {
        batch.add_example(owner, &example.ids, &example.mask);
    }
    batch
}

/// Packs `examples` into micro-batches of at most `budget` tokens. Owner of the targets is the position in `examples`.
pub fn pack_examples(examples: &[&Example], budget: usize) -> Vec<Batch> {
    let lengths: Vec<usize> = examples.iter().map(|example| example.ids.len()).collect();
    pack(&lengths, budget)
        .into_iter()
        .map(|batch| batch_of(batch.into_iter().map(|index| (index, examples[index]))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_keep_their_targets_and_positions() {
        let example = |ids: &[u32], mask: &[bool]| Example {
            ids: ids.to_vec(),
            mask: mask.to_vec(),
        };
        let first = example(&[1, 2, 3], &[true, false, true]);
        let second = example(&[4, 5], &[false, true]);
        assert_eq!(first.targets(), 1);
        let batches = pack_examples(&[&first, &second], 100);
        assert_eq!(batches.len(), 1);
        assert_eq!(batches[0].ids, [1, 2, 3, 4, 5]);
        assert_eq!(batches[0].rows, [1, 3]);
        assert_eq!(batches[0].targets, [3, 5]);
        let owners: Vec<_> = batches[0].spans.iter().map(|span| span.owner).collect();
        assert_eq!(owners, [0, 1]);
    }
}
