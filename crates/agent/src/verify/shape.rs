//! Shape: verdict, category, chain and gaps fit each other.

use marple_case::{Category, RootCause, Verdict};

use super::Objection;

pub(super) fn check(claim: &RootCause) -> Vec<Objection> {
    let faults: [(bool, &str); 7] = match claim.verdict {
        Verdict::Fault => [
            (claim.chain.is_empty(), "chain: a fault needs a causal chain, the cause first"),
            (claim.components.is_empty(), "components: a fault needs the resource that is at fault"),
            (claim.category == Category::None, "category: none goes with the verdict no_fault only"),
            (claim.onset.is_none(), "onset: a fault needs the time of its first effect that evidence shows"),
            (claim.title.trim().is_empty(), "title: a report needs one"),
            (claim.summary.trim().is_empty(), "summary: a report needs one"),
            (false, ""),
        ],
        Verdict::NoFault => [
            (claim.category != Category::None, "category: the verdict no_fault goes with none"),
            (claim.chain.is_empty(), "chain: show with citations that nothing is wrong, and why the alarm fired"),
            (claim.title.trim().is_empty(), "title: a report needs one"),
            (claim.summary.trim().is_empty(), "summary: a report needs one"),
            (!claim.components.is_empty(), "components: no_fault has none at fault"),
            (claim.location.is_some(), "location: no_fault has none"),
            (false, ""),
        ],
        Verdict::InsufficientEvidence => [
            (claim.gaps.is_empty(), "gaps: insufficient evidence has to name what is missing"),
            (claim.title.trim().is_empty(), "title: a report needs one"),
            (claim.summary.trim().is_empty(), "summary: a report needs one"),
            (claim.category == Category::None, "category: none goes with the verdict no_fault only; unknown fits"),
            (false, ""),
            (false, ""),
            (false, ""),
        ],
    };
    let broken = faults.into_iter().filter(|(is_broken, _)| *is_broken);
    broken.map(|(_, reason)| Objection::Shape { reason: reason.to_owned() }).collect()
}
