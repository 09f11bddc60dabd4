//! Attention of one head of one segment on slices: scores, softmax, weighted sum, and their gradients.
//!
//! Queries are taken in blocks, so that the scores of a block stay in cache and keys after the block are never touched.

use std::ops::Range;

use super::{
    exp::exp,
    matrix::{Matrix, product},
};

/// Queries per block.
const BLOCK: usize = 128;

/// Values `(tokens, heads · head_dim)` of which one head is read.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) data: &'a [f32],
    /// Floats between the rows of two tokens.
    pub(super) row_stride: usize,
    /// Column at which the head begins.
    pub(super) column: usize,
    pub(super) width: usize,
}

impl<'a> Head<'a> {
    fn rows(self, rows: Range<usize>) -> Matrix<'a> {
        let start = rows.start * self.row_stride + self.column;
        Matrix::new(&self.data[start..], rows.len(), self.width, self.row_stride)
    }
}

/// Keys that one segment sees: whole ranges first, then its own tokens causally.
pub(super) struct View<'a> {
    /// Rows of the queries.
    pub(super) queries: Range<usize>,
    pub(super) context: &'a [Range<usize>],
    /// Row of the key that belongs to the first query.
    pub(super) own: usize,
}

/// A block of queries with the keys it sees.
struct Block {
    queries: Range<usize>,
    /// Key ranges with the column of the score matrix at which each begins; the last one is the segment's own.
    keys: Vec<(Range<usize>, usize)>,
    columns: usize,
}

impl View<'_> {
    fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        self.queries.clone().step_by(BLOCK).map(|start| {
            let queries = start..(start + BLOCK).min(self.queries.end);
            let own = self.own..self.own + (queries.end - self.queries.start);
            let mut columns = 0;
            let keys = self.context.iter().cloned().chain([own]);
            let keys = keys
                .map(|range| {
                    let column = columns;
                    columns += range.len();
                    (range, column)
                })
                .collect();
            Block {
                queries,
                keys,
                columns,
            }
        })
    }
}

impl Block {
    /// Softmax of the scaled scores: (queries, columns), zero where a key lies in the future.
    fn probabilities(&self, q: Head<'_>, k: Head<'_>) -> Vec<f32> {
        let scale = 1.0 / (q.width as f32).sqrt();
        let mut scores = vec![0.0; self.queries.len() * self.columns];
        for (range, column) in &self.keys {
            let (left, right) = (
                q.rows(self.queries.clone()),
                k.rows(range.clone()).transposed(),
            );
            product(
                &mut scores[*column..],
                self.columns,
                0.0,
                scale,
                left,
                right,
            );
        }
        let future = self.queries.len();
        for (index, row) in scores.chunks_mut(self.columns).enumerate() {
            let (visible, hidden) = row.split_at_mut(self.columns - future + index + 1);
            softmax(visible);
            hidden.fill(0.0);
        }
        scores
    }
}

fn softmax(row: &mut [f32]) {
    let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for value in row.iter_mut() {
        *value = exp(*value - max);
        sum += *value;
    }
    let inverse = 1.0 / sum;
    for value in row {
        *value *= inverse;
    }
}

/// Output of the head, `(queries, head_dim)`, for one segment.
pub(super) fn forward(view: &View<'_>, q: Head<'_>, k: Head<'_>, v: Head<'_>) -> Vec<f32> {
    let mut out = vec![0.0; view.queries.len() * q.width];
    for (block, out) in view.blocks().zip(out.chunks_mut(BLOCK * q.width)) {
        let p = block.probabilities(q, k);
        for (range, column) in &block.keys {
            let left = Matrix::new(
                &p[*column..],
                block.queries.len(),
                range.len(),
                block.columns,
            );
            product(out, q.width, 1.0, 1.0, left, v.rows(range.clone()));
        }
    }
    out
}

/// Gradients of one key-value head: of its queries (all heads of its group), its keys and its values.
pub(super) struct Gradients {
    /// Gradient of the queries, `(tokens, group · head_dim)`.
    pub(super) dq: Vec<f32>,
    /// Gradient of the keys, `(keys, head_dim)`.
    pub(super) dk: Vec<f32>,
    /// Gradient of the values, `(keys, head_dim)`.
    pub(super) dv: Vec<f32>,
}

/// Adds the gradients of one segment and one query head, the `member`th of a group of `group`.
///
/// With `P = softmax(s Q Kᵀ)` and `O = P V`: `dV = Pᵀ dO`, `dP = dO Vᵀ`, `dS = P ∘ (dP − rowsum(P ∘ dP))`,
/// `dQ = s dS K`, `dK = s dSᵀ Q`.
pub(super) fn backward(
    view: &View<'_>,
    [q, k, v, d_out]: [Head<'_>; 4],
    [member, group]: [usize; 2],
    into: &mut Gradients,
) {
    let head_dim = q.width;
    let scale = 1.0 / (head_dim as f32).sqrt();
    for block in view.blocks() {
        let rows = block.queries.len();
        let p = block.probabilities(q, k);
        let d_block = d_out.rows(block.queries.clone());
        let mut ds = vec![0.0; p.len()];
        for (range, column) in &block.keys {
            let p_part = Matrix::new(&p[*column..], rows, range.len(), block.columns);
            product(
                &mut into.dv[range.start * head_dim..],
                head_dim,
                1.0,
                1.0,
                p_part.transposed(),
                d_block,
            );
            product(
                &mut ds[*column..],
                block.columns,
                0.0,
                1.0,
                d_block,
                v.rows(range.clone()).transposed(),
            );
        }
        softmax_gradient(&p, &mut ds, block.columns);
        let dq_start = block.queries.start * group * head_dim + member * head_dim;
        for (range, column) in &block.keys {
            let ds_part = Matrix::new(&ds[*column..], rows, range.len(), block.columns);
            product(
                &mut into.dq[dq_start..],
                group * head_dim,
                1.0,
                scale,
                ds_part,
                k.rows(range.clone()),
            );
            let q_block = q.rows(block.queries.clone());
            product(
                &mut into.dk[range.start * head_dim..],
                head_dim,
                1.0,
                scale,
                ds_part.transposed(),
                q_block,
            );
        }
    }
}

/// Turns dP into dS in place.
fn softmax_gradient(p: &[f32], dp: &mut [f32], columns: usize) {
    for (p, dp) in p.chunks(columns).zip(dp.chunks_mut(columns)) {
        let dot: f32 = p.iter().zip(dp.iter()).map(|(p, dp)| p * dp).sum();
        for (p, dp) in p.iter().zip(dp.iter_mut()) {
            *dp = p * (*dp - dot);
        }
    }
}
