//! When a word is a value: after more than a few lines that are otherwise much alike differ in it.

use super::templates::Templates;
use super::{Likeness, likeness};
use crate::pattern::Pattern;
use crate::scanner::Masked;
use crate::tree::Path;

/// The share of words, in fifths, in which two variants may differ. The fuller the leaf, the more: many lines of one length and
/// outcome that have little in common are one statement that prints free text.
fn may_differ(at_leaf: usize) -> usize {
    match at_leaf {
        0..32 => 2,
        32..64 => 3,
        _ => 4,
    }
}

/// Makes a template for a line that fits none, out of the line's variants if there are enough of them.
pub(super) fn place(templates: &mut Templates, path: Path, masked: &Masked, max_variants: usize) -> usize {
    let line: Vec<Pattern> = masked.tokens().map(|(token, text)| Pattern::exact(token, text)).collect();
    let variants = variants(templates, path, masked);
    if variants.len() < max_variants {
        return templates.insert(path, line);
    }
    let free = free_positions(templates, &variants, &line, max_variants);
    if !free.contains(&true) {
        return templates.insert(path, line);
    }
    let alike: Vec<usize> = variants.iter().copied().filter(|&slot| agree(templates, slot, &line, &free)).collect();
    let mut merged = line;
    for &slot in &variants {
        let Some(variant) = templates.get(slot) else {
            continue;
        };
        let is_alike = alike.contains(&slot);
        for ((pattern, other), free) in merged.iter_mut().zip(&variant.patterns).zip(&free) {
            if *free || (is_alike && pattern.differs(other)) {
                pattern.widen_to(other);
            }
        }
    }
    let covered = covered(templates, path, &merged);
    templates.merge(path, merged, &covered)
}

/// Templates of which every line fits `merged`.
fn covered(templates: &Templates, path: Path, merged: &[Pattern]) -> Vec<usize> {
    let covers = |patterns: &[Pattern]| merged.iter().zip(patterns).all(|(pattern, other)| pattern.covers(other));
    templates.at(path).filter(|(_, template)| covers(&template.patterns)).map(|(slot, _)| slot).collect()
}

/// Templates that differ from the line in few of their words.
fn variants(templates: &Templates, path: Path, masked: &Masked) -> Vec<usize> {
    let fifths = may_differ(templates.at(path).count());
    templates
        .at(path)
        .filter(|(_, template)| match likeness(template, masked) {
            Likeness::Words { differing, words } => differing * 5 <= words * fifths,
            Likeness::Fits | Likeness::Values | Likeness::None => false,
        })
        .map(|(slot, _)| slot)
        .collect()
}

/// Positions at which the variants and the line have more than half of `max_variants` different texts.
fn free_positions(templates: &Templates, variants: &[usize], line: &[Pattern], max_variants: usize) -> Vec<bool> {
    line.iter()
        .enumerate()
        .map(|(position, pattern)| {
            let mut texts = vec![pattern];
            for &slot in variants {
                let other = templates.get(slot).and_then(|template| template.patterns.get(position));
                if let Some(other) = other
                    && texts.len() <= max_variants
                    && texts.iter().all(|text| text.differs(other))
                {
                    texts.push(other);
                }
            }
            texts.len() > max_variants / 2 + 1
        })
        .collect()
}

/// Whether a template differs from the line only in free positions and values.
fn agree(templates: &Templates, slot: usize, line: &[Pattern], free: &[bool]) -> bool {
    templates.get(slot).is_some_and(|template| {
        template.patterns.iter().zip(line).zip(free).all(|((pattern, own), free)| *free || !pattern.is_other_word(own))
    })
}
