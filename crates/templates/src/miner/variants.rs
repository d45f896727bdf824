//! When a word is a value: after more than a few lines that are otherwise much alike differ in it.

use super::templates::Templates;
use super::{Likeness, Line, likeness, template};
use crate::leaf::{Difference, Leaf};
use crate::pattern::Pattern;

/// So many times [`super::Options::max_variants`] are looked at, the most alike: it bounds the work for one line.
const CONSIDERED: usize = 4;

/// The share of words, in fifths, in which two variants may differ. The fuller the leaf, the more: many lines of one skeleton
/// that have little in common are one statement that prints free text.
fn may_differ(at_leaf: usize) -> usize {
    match at_leaf {
        0..32 => 2,
        32..64 => 3,
        _ => 4,
    }
}

/// Makes a template for a line that fits none, out of the line's variants if there are enough of them. Gives its slot.
pub(super) fn place(templates: &mut Templates, line: &Line<'_>, max_variants: usize) -> usize {
    let own = template::exact(line.masked);
    let Some(merged) = merged(templates, line, &own, max_variants) else {
        return templates.insert(line.path, own);
    };
    let covered = covered(templates, line, &merged);
    templates.merge(line.path, merged, &covered)
}

/// What the line and its variants have in common; none if they are too few, or differ in no place enough.
fn merged(templates: &Templates, line: &Line<'_>, own: &[Pattern], max_variants: usize) -> Option<Vec<Pattern>> {
    let leaf = templates.leaf(line.path)?;
    let variants = variants(templates, leaf, line, max_variants);
    if variants.len() < max_variants {
        return None;
    }
    let free = free_positions(leaf, &variants, line, max_variants);
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
fn covered(templates: &Templates, line: &Line<'_>, merged: &[Pattern]) -> Vec<usize> {
    let Some(leaf) = templates.leaf(line.path) else {
        return vec![];
    };
    let fingerprints: Vec<_> = merged.iter().map(Pattern::fingerprint).collect();
    let differences = leaf.differences(&fingerprints);
    let covers = |patterns: &[Pattern]| merged.iter().zip(patterns).all(|(pattern, other)| pattern.covers(other));
    leaf.rows(&differences)
        .filter(|row| row.words == 0 && row.values == 0)
        .map(|row| row.slot)
        .filter(|&slot| templates.get(slot).is_some_and(|template| covers(&template.patterns)))
        .collect()
}

/// Templates that differ from the line in few of their words: the most alike, in the order of their making.
fn variants(templates: &Templates, leaf: &Leaf, line: &Line<'_>, max_variants: usize) -> Vec<Difference> {
    let fifths = may_differ(leaf.slots().len());
    let differences = leaf.differences(&line.fingerprints);
    let mut near: Vec<Difference> =
        leaf.rows(&differences).filter(|row| row.words * 5 <= line.masked.len() * fifths).collect();
    let considered = CONSIDERED.saturating_mul(max_variants);
    if near.len() > considered {
        near.select_nth_unstable(considered);
        near.truncate(considered);
        near.sort_unstable_by_key(|row| row.row);
    }
    near.retain(|row| match templates.get(row.slot).map(|template| likeness(template, line.masked)) {
        Some(Likeness::Words { differing, words }) => differing * 5 <= words * fifths,
        _ => false,
    });
    near
}

/// Positions at which the variants and the line have more than half of `max_variants` different texts.
fn free_positions(leaf: &Leaf, variants: &[Difference], line: &Line<'_>, max_variants: usize) -> Vec<bool> {
    leaf.columns()
        .zip(&line.fingerprints)
        .map(|(column, own)| {
            let mut texts: Vec<u8> = variants.iter().filter_map(|variant| column.get(variant.row).copied()).collect();
            texts.push(own.byte());
            texts.sort_unstable();
            texts.dedup();
            texts.len() > max_variants / 2 + 1
        })
        .collect()
}

/// Whether a template differs from the line only in free positions and values.
fn agree(patterns: &[Pattern], line: &[Pattern], free: &[bool]) -> bool {
    patterns.iter().zip(line).zip(free).all(|((pattern, own), free)| *free || !pattern.is_other_word(own))
}
