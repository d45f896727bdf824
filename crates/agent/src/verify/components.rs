//! Components: some evidence names each one.

use std::sync::Arc;

use marple_case::{Evidence, ResourceRef, RootCause};

use super::Objection;

pub(super) fn check(claim: &RootCause, evidence: &[Arc<Evidence>]) -> Vec<Objection> {
    let unnamed = claim.components.iter().filter(|component| !is_named(component, evidence));
    unnamed.map(|component| Objection::Component { name: component.name.clone() }).collect()
}

fn is_named(component: &ResourceRef, evidence: &[Arc<Evidence>]) -> bool {
    let arn = component.arn.as_deref().unwrap_or(&component.name);
    evidence.iter().filter(|evidence| evidence.outcome.is_answered()).any(|evidence| {
        evidence.facts.resources().iter().any(|known| known.name == component.name || known.arn.as_deref() == Some(arn))
            || contains_name(&evidence.text, &component.name)
    })
}

/// Whether the name stands in the text as a whole: `orders` does not stand in `orders-api`.
pub(super) fn contains_name(text: &str, name: &str) -> bool {
    let inside = |next: char| next.is_alphanumeric() || next == '-' || next == '_';
    !name.trim().is_empty()
        && text.match_indices(name).any(|(offset, _)| {
            let before = text.get(..offset).and_then(|head| head.chars().next_back());
            let after = text.get(offset + name.len()..).and_then(|tail| tail.chars().next());
            !before.is_some_and(inside) && !after.is_some_and(inside)
        })
}
