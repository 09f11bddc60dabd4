//! Segments: which queries see which keys. The one attention interface of training, evaluation and generation.
//!
//! The tokens of a forward pass are one flat stream. Keys are numbered in one space: the `past` tokens of a cache come
//! first, then the tokens of this pass. A segment is a run of queries that sees some ranges of keys completely and
//! itself causally. Packed examples, a KV cache, and a shared prompt with several continuations are three ways to fill
//! this in.

use std::ops::Range;

use crate::error::{Error, Result};

/// A range of queries and the keys they see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Tokens of this pass, numbered from 0.
    pub queries: Range<usize>,
    /// Ranges of the key space that every query of the segment sees. They must not hold the segment's own tokens.
    pub context: Vec<Range<usize>>,
    /// Position (for the rotary embedding) of the first query.
    pub position: usize,
}

/// Segments of one forward pass. Together they cover every token of the pass exactly once, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    past: usize,
    segments: Vec<Segment>,
}

impl Segments {
    /// Checks that `segments` cover the tokens `0..n` in order and that contexts are inside the key space of `past`
    /// cached tokens and `n` new ones, without the segment's own tokens.
    pub fn new(past: usize, segments: Vec<Segment>) -> Result<Self> {
        let mut next = 0;
        for segment in &segments {
            if segment.queries.start != next || segment.queries.is_empty() {
                return Err(Error::Input(format!(
                    "segment {:?} does not follow token {next} or is empty",
                    segment.queries
                )));
            }
            next = segment.queries.end;
        }
        for segment in &segments {
            let own = past + segment.queries.start..past + segment.queries.end;
            for range in &segment.context {
                if range.end > past + next || (range.start < own.end && own.start < range.end) {
                    return Err(Error::Input(format!(
                        "context {range:?} of segment {:?} leaves the {} keys or overlaps the segment",
                        segment.queries,
                        past + next
                    )));
                }
            }
        }
        Ok(Self { past, segments })
    }

    /// Segments of independent examples of the given lengths, one after the other. Empty examples are left out.
    pub fn packed(lengths: &[usize]) -> Self {
        let mut start = 0;
        let segments = lengths
            .iter()
            .filter(|length| **length > 0)
            .map(|length| {
                let queries = start..start + length;
                start = queries.end;
                Segment {
                    queries,
                    context: Vec::new(),
                    position: 0,
                }
            })
            .collect();
        Self { past: 0, segments }
    }

    /// Segment of the next `count` tokens after the `past` tokens of a cache.
    pub fn next(past: usize, count: usize) -> Self {
        let context = if past == 0 { Vec::new() } else { vec![0..past] };
        Self {
            past,
            segments: vec![Segment {
                queries: 0..count,
                context,
                position: past,
            }],
        }
    }

    /// Segments of one prompt of `prompt` tokens followed by several continuations that each see the prompt and
    /// themselves.
    pub fn branches(prompt: usize, continuations: &[usize]) -> Result<Self> {
        let mut segments = vec![Segment {
            queries: 0..prompt,
            context: Vec::new(),
            position: 0,
        }];
        let mut start = prompt;
        for length in continuations {
            segments.push(Segment {
                queries: start..start + length,
                context: vec![0..prompt],
                position: prompt,
            });
            start += length;
        }
        Self::new(0, segments)
    }

    /// Appends the segments of `other`. Neither may have a cache.
    pub fn then(mut self, other: &Self) -> Result<Self> {
        if self.past != 0 || other.past != 0 {
            return Err(Error::Input(
                "only segments without a cache can be joined".to_owned(),
            ));
        }
        self.append(other);
        Ok(self)
    }

    /// Appends the segments of `other` in place. Neither has a cache.
    pub(crate) fn append(&mut self, other: &Self) {
        debug_assert_eq!(
            (self.past, other.past),
            (0, 0),
            "only segments without a cache are joined"
        );
        let shift = self.tokens();
        let moved = |range: &Range<usize>| range.start + shift..range.end + shift;
        self.segments
            .extend(other.segments.iter().map(|segment| Segment {
                queries: moved(&segment.queries),
                context: segment.context.iter().map(moved).collect(),
                position: segment.position,
            }));
    }

    /// Number of tokens in the cache.
    pub fn past(&self) -> usize {
        self.past
    }

    /// Number of tokens of this pass.
    pub fn tokens(&self) -> usize {
        self.segments
            .last()
            .map_or(0, |segment| segment.queries.end)
    }

    /// Position of every token of this pass, for the rotary embedding.
    pub fn positions(&self) -> Vec<usize> {
        self.segments
            .iter()
            .flat_map(|segment| (0..segment.queries.len()).map(|step| segment.position + step))
            .collect()
    }

    /// Iterates over the segments in order.
    #[expect(
        clippy::iter_without_into_iter,
        reason = "a loop over segments reads better with the word"
    )]
    pub fn iter(&self) -> std::slice::Iter<'_, Segment> {
        self.segments.iter()
    }
}
