//! The mitigation plan: whether and how it acts at once, what it must name, and what it must not propose.

use marple_case::{Action, MitigationPlan, mitigation::Step};
use marple_world::{ActionKind, ImmediateActions, Truth};

use super::{Check, cause::forbidden, pattern};

pub(super) fn check(plan: &MitigationPlan, truth: &Truth) -> Vec<Check> {
    let mut checks = Vec::new();
    checks.extend(immediate(plan, truth));
    checks.extend(kinds(plan, truth));
    let texts = all_texts(plan);
    checks.extend(pattern::each_matches("plan.names", &truth.plan.names, &texts));
    if !truth.must_not.immediate_kinds.is_empty() {
        let wrong = plan.immediate.iter().find(|action| is_one_of(action, &truth.must_not.immediate_kinds));
        let wrong = wrong.map(|action| format!("{}: {}", kind(action).as_str(), action.title));
        checks.push(forbidden("must_not.immediate_kinds", wrong));
    }
    if !truth.must_not.plan.is_empty() {
        let wrong = truth.must_not.plan.iter().find_map(|pattern| proposed(plan, pattern));
        checks.push(forbidden("must_not.plan", wrong.map(|words| format!("“{words}”"))));
    }
    checks
}

fn immediate(plan: &MitigationPlan, truth: &Truth) -> Option<Check> {
    let titles: Vec<&str> = plan.immediate.iter().map(|action| action.title.as_str()).collect();
    let passed = match truth.plan.immediate {
        ImmediateActions::Any => return None,
        ImmediateActions::None => titles.is_empty(),
        ImmediateActions::Some => !titles.is_empty(),
    };
    let found = if titles.is_empty() { "none".to_owned() } else { titles.join(", ") };
    let wanted = if passed { "" } else { "; right: " };
    let right = if passed { "" } else { truth.plan.immediate.as_str() };
    Some(Check::new("plan.immediate", passed, format!("{found}{wanted}{right}")))
}

/// If the plan acts at once, one action has one of the right kinds.
fn kinds(plan: &MitigationPlan, truth: &Truth) -> Option<Check> {
    let right = &truth.plan.immediate_kinds;
    if right.is_empty() || plan.immediate.is_empty() {
        return None;
    }
    let found: Vec<&str> = plan.immediate.iter().map(|action| kind(action).as_str()).collect();
    let passed = plan.immediate.iter().any(|action| is_one_of(action, right));
    let right: Vec<&str> = right.iter().map(|kind| kind.as_str()).collect();
    let detail = if passed { found.join(", ") } else { format!("{}; right: {}", found.join(", "), right.join(" or ")) };
    Some(Check::new("plan.immediate_kinds", passed, detail))
}

fn is_one_of(action: &Action, kinds: &[ActionKind]) -> bool {
    kinds.contains(&kind(action))
}

fn kind(action: &Action) -> ActionKind {
    match action.kind {
        marple_case::ActionKind::Rollback => ActionKind::Rollback,
        marple_case::ActionKind::Scale => ActionKind::Scale,
        marple_case::ActionKind::Configuration => ActionKind::Configuration,
        marple_case::ActionKind::Restart => ActionKind::Restart,
        marple_case::ActionKind::Traffic => ActionKind::Traffic,
        marple_case::ActionKind::CodeChange => ActionKind::CodeChange,
        marple_case::ActionKind::Observability => ActionKind::Observability,
    }
}

/// The words in which an action proposes what it must not. Titles, steps and what they expect are read, and words that forbid the
/// very thing are no proposal; commands are always one. Risks are not read: they warn.
fn proposed(plan: &MitigationPlan, wrong: &str) -> Option<String> {
    let in_step = |step: &Step| {
        let command = step.command.as_deref().filter(|command| pattern::matches(wrong, command));
        let text = pattern::claimed(wrong, &step.text);
        command.or(text).or_else(|| pattern::claimed(wrong, step.expected.as_deref()?)).map(str::to_owned)
    };
    plan.actions().find_map(|action| {
        let title = pattern::claimed(wrong, &action.title).map(str::to_owned);
        title.or_else(|| action.phases.steps().find_map(in_step))
    })
}

/// Everything that a plan says.
fn all_texts(plan: &MitigationPlan) -> Vec<&str> {
    let mut texts: Vec<&str> = plan.no_immediate_action.as_deref().into_iter().collect();
    for action in plan.actions() {
        texts.extend([action.title.as_str(), action.risk.as_str()]);
        texts.extend(action.unverified.as_deref());
        for step in action.phases.steps() {
            texts.push(&step.text);
            texts.extend(step.command.as_deref().into_iter().chain(step.expected.as_deref()));
        }
    }
    if let Some(spec) = &plan.spec {
        texts.push(&spec.context);
        let lists = spec.files.iter().chain(&spec.requirements).chain(&spec.acceptance);
        texts.extend(lists.map(String::as_str));
    }
    texts.extend(plan.prevention.iter().map(String::as_str));
    texts
}
