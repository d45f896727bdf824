//! Confidence: computed from what was checked, never claimed.
//!
//! high: every link is cited and verified, at least one rival is ruled out with evidence, and no gap lies on the chain.
//! medium: the chain is cited and verified; rivals or gaps remain. low: otherwise.

use marple_case::{Confidence, RootCause, Verdict, verification::StatementCheck};

pub(super) fn compute(
    claim: &RootCause,
    chain: &[StatementCheck],
    ruled_out: &[StatementCheck],
) -> (Confidence, Vec<String>) {
    let inferences = chain.iter().filter(|link| !link.is_verified()).count();
    let rivals = ruled_out.iter().filter(|rival| rival.is_verified()).count();
    let gaps = claim.gaps.iter().filter(|gap| gap.on_the_chain).count();
    let mut because = vec![
        match (chain.len(), inferences) {
            (0, _) => "there is no causal chain".to_owned(),
            (links, 0) => format!("all {links} links are cited and verified"),
            (links, open) => format!("{open} of {links} links are inference"),
        },
        match rivals {
            0 => "no rival is ruled out with evidence".to_owned(),
            1 => "1 rival is ruled out with evidence".to_owned(),
            _ => format!("{rivals} rivals are ruled out with evidence"),
        },
    ];
    if gaps > 0 {
        because.push(format!("{gaps} gap(s) lie on the chain"));
    }
    if claim.verdict == Verdict::InsufficientEvidence {
        because.insert(0, "the evidence does not suffice for a cause".to_owned());
        return (Confidence::Low, because);
    }
    let confidence = match (chain.is_empty(), inferences, rivals, gaps) {
        (true, ..) | (_, 1.., ..) => Confidence::Low,
        (_, 0, 1.., 0) => Confidence::High,
        _ => Confidence::Medium,
    };
    (confidence, because)
}
