//! The tree: which templates a line is compared with.
//!
//! Drain leads a line by its number of tokens and by its first words to a leaf. Here the second step is the line's *skeleton*
//! instead (levels, stack frames, the keys of fields, the places of outcomes): a first word is as often a name as a
//! constant, while these always divide. So depth is two, and what is left to compare at a [`Leaf`] are words and values.
//!
//! A leaf that loses its last template is removed: leaves are never more than templates.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::leaf::Leaf;
use crate::scanner::Masked;

/// The way from the root to a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Path {
    tokens: usize,
    skeleton: u64,
}

impl Path {
    pub(crate) fn of(masked: &Masked) -> Self {
        Self { tokens: masked.len(), skeleton: masked.skeleton() }
    }
}

/// Leaves with what is needed to compare a line with their templates.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    leaves: HashMap<Path, Leaf, FixedState>,
}

impl Tree {
    pub(crate) fn leaf(&self, path: Path) -> Option<&Leaf> {
        self.leaves.get(&path)
    }

    /// The leaf of a template that is there.
    pub(crate) fn leaf_mut(&mut self, path: Path) -> Option<&mut Leaf> {
        self.leaves.get_mut(&path)
    }

    /// The leaf for a template to come.
    pub(crate) fn grow(&mut self, path: Path) -> &mut Leaf {
        self.leaves.entry(path).or_insert_with(|| Leaf::new(path.tokens))
    }

    /// Removes those slots from the leaf of which `keep` is false.
    pub(crate) fn retain(&mut self, path: Path, keep: impl Fn(usize) -> bool) {
        if let Some(leaf) = self.leaves.get_mut(&path) {
            leaf.retain(keep);
            if leaf.is_empty() {
                self.leaves.remove(&path);
            }
        }
    }
}
