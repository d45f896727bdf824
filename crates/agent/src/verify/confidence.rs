//! Confidence: computed from what was checked, never claimed.
//!
//! high: every link is cited and verified, at least one rival is ruled out with evidence, no gap lies on the chain, and the chain
//! takes nothing for granted. medium: the chain is cited and verified; rivals, gaps or assumptions remain. low: otherwise.

use marple_case::{
    Confidence, RootCause, Verdict,
    verification::{Reason, StatementCheck},
};

pub(super) fn compute(
    claim: &RootCause,
    chain: &[StatementCheck],
    ruled_out: &[StatementCheck],
) -> (Confidence, Vec<Reason>) {
    let inferences = chain.iter().filter(|link| !link.is_verified()).count();
    let rivals = ruled_out.iter().filter(|rival| rival.is_verified()).count();
    let gaps = claim.gaps.iter().filter(|gap| gap.on_the_chain).count();
    let links = match (chain.len(), inferences) {
        (0, _) => Reason::NoChain,
        (links, 0) => Reason::Verified { links },
        (links, open) => Reason::Inference { open, links },
    };
    let mut because = vec![links, Reason::Rivals { count: rivals }];
    if gaps > 0 {
        because.push(Reason::GapsOnChain { count: gaps });
    }
    let assumptions = claim.assumptions.len();
    if assumptions > 0 {
        because.push(Reason::Assumptions { count: assumptions });
    }
    if claim.verdict == Verdict::InsufficientEvidence {
        because.insert(0, Reason::Insufficient);
        return (Confidence::Low, because);
    }
    let confidence = match (chain.is_empty(), inferences, rivals, gaps + assumptions) {
        (true, ..) | (_, 1.., ..) => Confidence::Low,
        (_, 0, 1.., 0) => Confidence::High,
        _ => Confidence::Medium,
    };
    (confidence, because)
}
