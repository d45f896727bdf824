//! When a word is a value: after more than a few lines that are otherwise much alike differ in it.

use super::templates::Templates;
use super::{Likeness, Line, likeness, template};
use crate::leaf::{Difference, Fingerprint, Leaf, Reach};
use crate::pattern::Pattern;
use crate::scanner::Masked;
use crate::tree::Path;

/// So many times [`super::Options::max_variants`] are looked at, the most alike: it bounds the work for one line.
pub(super) const CONSIDERED: usize = 2;

/// In how many of so many words two variants may differ. The fuller the leaf, the more: many lines of one skeleton that have
/// little in common are one statement that prints free text.
pub(super) fn may_differ(at_leaf: usize, words: usize) -> usize {
    let fifths = match at_leaf {
        0..32 => 2,
        32..64 => 3,
        _ => 4,
    };
    words * fifths / 5
}

/// Makes a template for a line that fits none, out of the line's variants if there are enough of them. Gives its slot.
pub(super) fn place(templates: &mut Templates, line: Line<'_>, max_variants: usize) -> usize {
    let own = template::exact(line.masked);
    let path = line.path;
    let Some(merged) = merged(templates, line, &own, max_variants) else {
        return templates.insert(path, own);
    };
    let covered = covered(templates, path, &merged);
    templates.merge(path, merged, &covered)
}

/// What the line and its variants have in common; none if they are too few, or differ in no place enough.
fn merged(templates: &Templates, line: Line<'_>, own: &[Pattern], max_variants: usize) -> Option<Vec<Pattern>> {
    let leaf = templates.leaf(line.path)?;
    let variants = variants(templates, leaf, line.near, line.masked, max_variants);
    if variants.len() < max_variants {
        return None;
    }
    let free = free_positions(leaf, &variants, &line.fingerprints, max_variants);
    if !free.contains(&true) {
        return None;
    }
    let mut merged = own.to_vec();
    for variant in variants {
        let Some(variant) = templates.get(variant.slot) else {
            continue;
        };
        let is_alike = agree(&variant.patterns, own, &free);
        for ((pattern, other), free) in merged.iter_mut().zip(&variant.patterns).zip(&free) {
            if *free || is_alike {
                pattern.widen_to(other);
            }
        }
    }
    Some(merged)
}

/// Templates of which every line fits `merged`.
fn covered(templates: &Templates, path: Path, merged: &[Pattern]) -> Vec<usize> {
    let Some(leaf) = templates.leaf(path) else {
        return vec![];
    };
    let fingerprints: Vec<_> = merged.iter().map(Pattern::fingerprint).collect();
    let covers = |patterns: &[Pattern]| merged.iter().zip(patterns).all(|(pattern, other)| pattern.covers(other));
    leaf.near(&fingerprints, Reach { words: 0, values: 0 })
        .iter()
        .map(|row| row.slot)
        .filter(|&slot| templates.get(slot).is_some_and(|template| covers(&template.patterns)))
        .collect()
}

/// Templates that differ from the line in few of their words: the most alike, in the order of their making.
fn variants(
    templates: &Templates,
    leaf: &Leaf,
    mut near: Vec<Difference>,
    masked: &Masked,
    max_variants: usize,
) -> Vec<Difference> {
    near.retain(|row| row.words > 0);
    let considered = CONSIDERED.saturating_mul(max_variants);
    if near.len() > considered {
        near.select_nth_unstable(considered);
        near.truncate(considered);
        near.sort_unstable_by_key(|row| row.row);
    }
    near.retain(|row| match templates.get(row.slot).map(|template| likeness(template, masked)) {
        Some(Likeness::Words { differing, words }) => differing <= may_differ(leaf.slots().len(), words),
        _ => false,
    });
    near
}

/// Positions at which the variants and the line have more than half of `max_variants` different texts.
fn free_positions(leaf: &Leaf, variants: &[Difference], line: &[Fingerprint], max_variants: usize) -> Vec<bool> {
    leaf.columns()
        .zip(line)
        .map(|(column, own)| {
            let mut seen = ByteSet::default();
            seen.insert(own.byte());
            variants.iter().filter_map(|variant| column.get(variant.row as usize)).for_each(|&text| seen.insert(text));
            seen.len() > max_variants / 2 + 1
        })
        .collect()
}

/// The different bytes of a few.
#[derive(Default)]
struct ByteSet([u64; 4]);

impl ByteSet {
    fn insert(&mut self, byte: u8) {
        if let Some(bits) = self.0.get_mut(usize::from(byte / 64)) {
            *bits |= 1 << (byte % 64);
        }
    }

    fn len(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }
}

/// Whether a template differs from the line only in free positions and values.
fn agree(patterns: &[Pattern], line: &[Pattern], free: &[bool]) -> bool {
    patterns.iter().zip(line).zip(free).all(|((pattern, own), free)| *free || !pattern.is_other_word(own))
}
