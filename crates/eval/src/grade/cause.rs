//! The root cause: verdict, category, components, location, mechanism, onset, rivals and gaps, and what must not be claimed.

use jiff::{SignedDuration, Timestamp};
use marple_case::{Facts, RootCause, Verdict, root_cause::Location};
use marple_report::{Report, report::Conclusion};
use marple_world::Truth;

use super::{Check, named, pattern};

pub(super) fn check(conclusion: &Conclusion, report: &Report, truth: &Truth) -> Vec<Check> {
    let cause = &conclusion.root_cause;
    let mut checks = vec![verdict(cause, truth)];
    checks.extend(category(cause, truth));
    checks.extend(components(cause, truth));
    checks.extend(truth.location.as_ref().map(|right| location(cause.location.as_ref(), right)));
    let told = told(conclusion, report);
    checks.extend(pattern::each_matches("mechanism", &truth.mechanism, &told));
    checks.extend(onset(cause.onset, truth));
    let rivals: Vec<&str> = cause.ruled_out.iter().map(|rival| rival.hypothesis.as_str()).collect();
    checks.extend(pattern::each_matches("ruled_out", &truth.plan.ruled_out, &rivals));
    let gaps: Vec<String> =
        report.gaps.iter().map(|gap| format!("{} {} {}", gap.missing, gap.why, gap.how_to_close)).collect();
    let gaps: Vec<&str> = gaps.iter().map(String::as_str).collect();
    checks.extend(pattern::each_matches("gaps", &truth.plan.gaps, &gaps));
    checks.extend(must_not(cause, truth));
    checks
}

fn verdict(cause: &RootCause, truth: &Truth) -> Check {
    let claimed = match cause.verdict {
        Verdict::Fault => marple_world::Verdict::Fault,
        Verdict::NoFault => marple_world::Verdict::NoFault,
        Verdict::InsufficientEvidence => marple_world::Verdict::InsufficientEvidence,
    };
    compared("verdict", claimed == truth.verdict, claimed.as_str(), truth.verdict.as_str())
}

fn category(cause: &RootCause, truth: &Truth) -> Option<Check> {
    let accepted: Vec<&str> = truth.categories.iter().map(|category| category.as_str()).collect();
    let claimed = cause.category.name();
    (!accepted.is_empty()).then(|| compared("category", accepted.contains(&claimed), claimed, &accepted.join(" or ")))
}

fn compared(name: &str, passed: bool, claimed: &str, right: &str) -> Check {
    Check::new(name, passed, if passed { claimed.to_owned() } else { format!("{claimed}; right: {right}") })
}

/// One missed component is a failure.
fn components(cause: &RootCause, truth: &Truth) -> Option<Check> {
    let missed: Vec<&str> = truth
        .components
        .iter()
        .map(String::as_str)
        .filter(|right| named::find(&cause.components, right).is_none())
        .collect();
    let claimed = listed(cause);
    (!truth.components.is_empty()).then(|| match missed.as_slice() {
        [] => Check::new("components", true, claimed),
        missed => Check::new("components", false, format!("{claimed}; missed: {}", missed.join(", "))),
    })
}

fn listed(cause: &RootCause) -> String {
    match cause.components.as_slice() {
        [] => "none".to_owned(),
        components => components.iter().map(|component| component.name.as_str()).collect::<Vec<_>>().join(", "),
    }
}

fn location(claimed: Option<&Location>, right: &marple_world::Location) -> Check {
    let lines: Vec<String> = right.lines.iter().map(u32::to_string).collect();
    let place = match lines.as_slice() {
        [] => right.file.clone(),
        lines => format!("{} line {}", right.file, lines.join(" or ")),
    };
    let Some(claimed) = claimed else {
        return Check::new("location", false, format!("none; right: {place}"));
    };
    let fits = same_file(&claimed.file, &right.file) && (right.lines.is_empty() || right.lines.contains(&claimed.line));
    compared("location", fits, &format!("{} line {}", claimed.file, claimed.line), &place)
}

/// Whether one path is the other, or its end: `/var/task/index.js` is `index.js`.
fn same_file(claimed: &str, right: &str) -> bool {
    let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|head| head.ends_with('/'));
    claimed == right || ends(claimed, right) || ends(right, claimed)
}

/// Where a mechanism may be told: chain statements, verified quotes, the trigger, the source line of the location.
fn told<'a>(conclusion: &'a Conclusion, report: &'a Report) -> Vec<&'a str> {
    let cause = &conclusion.root_cause;
    let statements = cause.chain.iter().map(|link| link.statement.as_str());
    let quotes = conclusion.verification.chain.iter().flat_map(|check| &check.citations);
    let quotes = quotes.filter(|check| check.is_verified()).map(|check| check.citation().1);
    let line = cause.location.as_ref().and_then(|location| source_line(location, report));
    statements.chain(quotes).chain(cause.trigger.as_deref()).chain(line).collect()
}

fn source_line<'a>(location: &Location, report: &'a Report) -> Option<&'a str> {
    let place = usize::try_from(location.line).ok()?.checked_sub(1)?;
    report.evidence.iter().find_map(|taken| match &taken.facts {
        Facts::FunctionCode(code) => code.file(&location.file)?.lines.as_ref()?.get(place).map(String::as_str),
        _ => None,
    })
}

fn onset(claimed: Option<Timestamp>, truth: &Truth) -> Option<Check> {
    let tolerance = SignedDuration::from_secs(i64::from(truth.onset_tolerance_s));
    let accepted: Vec<Timestamp> = truth.accepted_onsets().collect();
    let distance = |claimed: Timestamp| accepted.iter().map(|right| claimed.duration_since(*right).abs()).min();
    (!accepted.is_empty()).then(|| match claimed.and_then(|claimed| Some((claimed, distance(claimed)?))) {
        None => Check::new("onset", false, "none"),
        Some((claimed, off)) if off <= tolerance => Check::new("onset", true, claimed.to_string()),
        Some((claimed, off)) => {
            let off = off.as_secs();
            Check::new("onset", false, format!("{claimed}, {off} s off; at most {} s", truth.onset_tolerance_s))
        }
    })
}

fn must_not(cause: &RootCause, truth: &Truth) -> Vec<Check> {
    let must_not = &truth.must_not;
    let mut checks = Vec::new();
    if !must_not.categories.is_empty() {
        let wrong = must_not.categories.iter().find(|category| category.as_str() == cause.category.name());
        checks.push(forbidden("must_not.categories", wrong.map(|category| category.as_str().to_owned())));
    }
    if !must_not.components.is_empty() {
        let wrong = must_not.components.iter().find_map(|wrong| named::find(&cause.components, wrong));
        checks.push(forbidden("must_not.components", wrong.map(|component| component.name.clone())));
    }
    checks
}

/// A check that something wrong is not claimed.
pub(super) fn forbidden(name: &str, claimed: Option<String>) -> Check {
    match claimed {
        None => Check::new(name, true, "none of them"),
        Some(claimed) => Check::new(name, false, format!("claims {claimed}")),
    }
}
