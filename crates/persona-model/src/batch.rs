//! Batch: the tokens of one forward pass and the targets to score, for training and evaluation alike.
//!
//! A batch holds *examples* (independent, packed one after the other) and *trees* (a trunk that several branches
//! continue, such as a prompt with two answers: the trunk is computed once). A target is addressed by a row: row `i` of
//! the hidden states predicts the token after token `i`. Spans group the targets by their owner.

use std::ops::Range;

use crate::{
    error::{Error, Result},
    segments::Segments,
};

/// Targets of a batch that belong together: those of an example, of a trunk, or of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Owner of the targets: the number that was given with the example or tree, such as its position in a list.
    pub owner: usize,
    /// Branch of a tree, counted from 0; `None` for an example and for a trunk.
    pub branch: Option<usize>,
    /// Positions of the targets in [`Batch::rows`] and [`Batch::targets`].
    pub range: Range<usize>,
}

/// Examples and trees that are computed in one forward pass, without padding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Token ids of all examples and trees, one after the other.
    pub ids: Vec<u32>,
    /// Segments that keep examples and branches apart.
    pub segments: Segments,
    /// Rows of the hidden states (tokens, hidden) from which a target is predicted.
    pub rows: Vec<u32>,
    /// Token to predict from each of these rows.
    pub targets: Vec<u32>,
    /// Spans that cover all targets, in order.
    pub spans: Vec<Span>,
}

impl Batch {
    /// Adds an independent example. `mask[i]` makes `ids[i]` a target; the first token is never one, as nothing
    /// precedes it.
    pub fn add_example(&mut self, owner: usize, ids: &[u32], mask: &[bool]) {
        let start = self.ids.len();
        let first = self.targets.len();
        for (position, _) in mask
            .iter()
            .enumerate()
            .skip(1)
            .filter(|(_, is_target)| **is_target)
        {
            self.rows.push((start + position - 1) as u32);
            self.targets.push(ids[position]);
        }
        self.ids.extend_from_slice(ids);
        self.segments.append(&Segments::packed(&[ids.len()]));
        self.close_span(owner, None, first);
    }

    /// Adds a trunk with branches that each see the trunk and themselves. All tokens of the branches are targets. Those
    /// of the trunk (but for the first) are too where `trunk_is_target` is set; their span comes before the branches'.
    ///
    /// Fails where the trunk or a branch is empty.
    pub fn add_tree(
        &mut self,
        owner: usize,
        trunk: &[u32],
        trunk_is_target: bool,
        branches: &[&[u32]],
    ) -> Result<()> {
        if trunk.is_empty() {
            return Err(Error::Input(
                "a tree needs a trunk of at least one token".to_owned(),
            ));
        }
        let lengths: Vec<usize> = branches.iter().map(|branch| branch.len()).collect();
        let segments = Segments::branches(trunk.len(), &lengths)?;
        self.segments.append(&segments);
        let start = self.ids.len() as u32;
        let last_of_trunk = start + trunk.len() as u32 - 1;
        self.ids.extend_from_slice(trunk);
        if trunk_is_target {
            let first = self.targets.len();
            self.rows.extend(start..last_of_trunk);
            self.targets.extend_from_slice(&trunk[1..]);
            self.close_span(owner, None, first);
        }
        for (index, branch) in branches.iter().enumerate() {
            let (first, start) = (self.targets.len(), self.ids.len() as u32);
            self.rows.push(last_of_trunk);
            self.rows.extend(start..start + branch.len() as u32 - 1);
            self.targets.extend_from_slice(branch);
            self.ids.extend_from_slice(branch);
            self.close_span(owner, Some(index), first);
        }
        Ok(())
    }

    /// Iterates over the spans, each with its part of `values`, which holds one value per target.
    pub fn parts<'a, T>(&'a self, values: &'a [T]) -> impl Iterator<Item = (&'a Span, &'a [T])> {
        self.spans
            .iter()
            .map(|span| (span, &values[span.range.clone()]))
    }

    fn close_span(&mut self, owner: usize, branch: Option<usize>, first: usize) {
        self.spans.push(Span {
            owner,
            branch,
            range: first..self.targets.len(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_an_example_point_at_the_token_before_a_target() {
        let mut batch = Batch::default();
        batch.add_example(7, &[1, 2, 3], &[true, false, true]);
        batch.add_example(8, &[4, 5], &[false, true]);
        assert_eq!(batch.ids, [1, 2, 3, 4, 5]);
        assert_eq!(batch.segments, Segments::packed(&[3, 2]));
        assert_eq!(batch.rows, [1, 3]);
        assert_eq!(batch.targets, [3, 5]);
        let parts: Vec<_> = batch
            .parts(&[0.5, 0.25])
            .map(|(span, part)| (span.owner, span.branch, part.to_vec()))
            .collect();
        assert_eq!(parts, [(7, None, vec![0.5]), (8, None, vec![0.25])]);
    }

    #[test]
    fn first_token_of_every_branch_is_predicted_by_the_end_of_the_trunk() {
        let mut batch = Batch::default();
        batch.add_example(0, &[9], &[true]);
        batch
            .add_tree(1, &[1, 2, 3], false, &[&[4, 5], &[6]])
            .unwrap();
        assert_eq!(batch.ids, [9, 1, 2, 3, 4, 5, 6]);
        assert_eq!(batch.rows, [3, 4, 3]);
        assert_eq!(batch.targets, [4, 5, 6]);
        let segments: Vec<_> = batch
            .segments
            .iter()
            .map(|segment| (segment.queries.clone(), segment.context.clone()))
            .collect();
        assert_eq!(
            segments,
            [
                (0..1, vec![]),
                (1..4, vec![]),
                (4..6, vec![1..4]),
                (6..7, vec![1..4])
            ]
        );
        let spans: Vec<_> = batch
            .spans
            .iter()
            .map(|span| (span.owner, span.branch, span.range.clone()))
            .collect();
        assert_eq!(
            spans,
            [(0, None, 0..0), (1, Some(0), 0..2), (1, Some(1), 2..3)]
        );
    }

    #[test]
    fn a_trunk_can_hold_targets_too() {
        let mut batch = Batch::default();
        batch.add_tree(0, &[1, 2, 3], true, &[&[4]]).unwrap();
        assert_eq!(batch.rows, [0, 1, 2]);
        assert_eq!(batch.targets, [2, 3, 4]);
        let branches: Vec<_> = batch.spans.iter().map(|span| span.branch).collect();
        assert_eq!(branches, [None, Some(0)]);
    }

    #[test]
    fn empty_trunks_and_branches_are_refused() {
        let mut batch = Batch::default();
        assert!(batch.add_tree(0, &[], false, &[&[1]]).is_err());
        assert!(batch.add_tree(0, &[1], false, &[&[]]).is_err());
        assert_eq!(batch, Batch::default());
    }
}
