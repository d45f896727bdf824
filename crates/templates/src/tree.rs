//! The tree: which templates a line is compared with.
//!
//! Drain leads a line by its number of tokens and by its first words to a leaf. Here the second step is the *pinned* words
//! instead: a first word is as often a name as a constant, while a level, a status or an error class always divides. So
//! depth is two, and a leaf holds the templates of one length and one outcome.
//!
//! A leaf that loses its last template is removed: leaves are never more than templates.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::scanner::Masked;

/// Templates at one leaf, at most: it bounds the work for one line.
pub(crate) const MAX_AT_LEAF: usize = 256;

/// The way from the root to a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Path {
    tokens: usize,
    pins: u64,
}

impl Path {
    pub(crate) fn of(masked: &Masked) -> Self {
        Self { tokens: masked.len(), pins: masked.pins() }
    }
}

/// Leaves with the slots of their templates, in the order of their making.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    leaves: HashMap<Path, Vec<usize>, FixedState>,
}

impl Tree {
    pub(crate) fn leaf(&self, path: Path) -> &[usize] {
        self.leaves.get(&path).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn insert(&mut self, path: Path, slot: usize) {
        self.leaves.entry(path).or_default().push(slot);
    }

    pub(crate) fn remove(&mut self, path: Path, slot: usize) {
        if let Some(leaf) = self.leaves.get_mut(&path) {
            leaf.retain(|&other| other != slot);
            if leaf.is_empty() {
                self.leaves.remove(&path);
            }
        }
    }
}
