//! Training examples, and micro-batches of them.

use persona_model::Batch;

use crate::packing::pack;

/// Token ids, and which of them are learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The tokens.
    pub ids: Vec<u32>,
    /// `mask[i]`: the model learns to say `ids[i]`. The first token is never learned: nothing stands before it.
    pub mask: Vec<bool>,
}

impl Example {
    /// How many tokens are learned.
    pub fn targets(&self) -> usize {
        self.mask.iter().skip(1).filter(|&&learned| learned).count()
    }
}

/// One micro-batch of `examples`, one after the other; each owns what it is called by.
pub fn batch_of<'a>(examples: impl IntoIterator<Item = (usize, &'a Example)>) -> Batch {
    let mut batch = Batch::default();
    for (owner, example) in examples {
        batch.add_window(owner, &example.ids, &example.mask);
    }
    batch
}

/// Packs all of `examples` into micro-batches of at most `budget` tokens. Each is called by its position.
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
