//! Circles of a graph.

use std::collections::BTreeSet;

/// The strongly connected components of a graph that have more than one node (Tarjan, 1972).
pub(crate) fn components(nodes: usize, arrows: &BTreeSet<(usize, usize)>) -> Vec<BTreeSet<usize>> {
    let mut search = Search {
        targets: vec![Vec::new(); nodes],
        index: vec![None; nodes],
        low: vec![0; nodes],
        on_stack: vec![false; nodes],
        stack: Vec::new(),
        visited: 0,
        found: Vec::new(),
    };
    for (from, to) in arrows {
        search.targets[*from].push(*to);
    }
    for node in 0..nodes {
        if search.index[node].is_none() {
            search.visit(node);
        }
    }
    search.found
}

struct Search {
    targets: Vec<Vec<usize>>,
    /// When a node was visited first.
    index: Vec<Option<usize>>,
    /// The earliest node on the stack that can be reached from a node.
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    visited: usize,
    found: Vec<BTreeSet<usize>>,
}

impl Search {
    fn visit(&mut self, node: usize) {
        self.index[node] = Some(self.visited);
        self.low[node] = self.visited;
        self.visited += 1;
        self.stack.push(node);
        self.on_stack[node] = true;
        for target in self.targets[node].clone() {
            match self.index[target] {
                None => {
                    self.visit(target);
                    self.low[node] = self.low[node].min(self.low[target]);
                }
                Some(index) if self.on_stack[target] => {
                    self.low[node] = self.low[node].min(index);
                }
                Some(_) => {}
            }
        }
        if Some(self.low[node]) == self.index[node] {
            let mut members = BTreeSet::new();
            while let Some(member) = self.stack.pop() {
                self.on_stack[member] = false;
                members.insert(member);
                if member == node {
                    break;
                }
            }
            if members.len() > 1 {
                self.found.push(members);
            }
        }
    }
}

#[test]
fn circles_are_found_and_lines_are_not() {
    let circles = |arrows: &[(usize, usize)]| components(6, &arrows.iter().copied().collect());
    assert_eq!(circles(&[(0, 1), (1, 2), (0, 2), (2, 3)]), []);
    assert_eq!(circles(&[(0, 0)]), []);
    assert_eq!(
        circles(&[(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 3), (5, 0)]),
        [BTreeSet::from([3, 4]), BTreeSet::from([0, 1, 2])]
    );
}
