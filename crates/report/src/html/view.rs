//! A report as the template's values: strings, ready to show, in the order of the page.

use marple_case::{Action, Avoid, Evidence, EvidenceId, Facts, facts::Happening, mitigation::Spec};

use super::chart::{self, Chart};
use crate::{
    brief, phrases,
    report::{Cited, Conclusion, Report, Status},
    visible,
    words::Words,
};

mod answer;

use answer::{QuestionView, VersionView};

/// Happenings on the page at most; the nearest to the onset stay.
const HAPPENINGS: usize = 40;
/// Characters of a piece of evidence's text on the page; the rest stays in the journal.
const EVIDENCE_TEXT: usize = 40_000;

pub(super) struct View {
    pub(super) words: &'static Words,
    pub(super) language: String,
    /// Whether there are questions only, and no verdict to be had.
    pub(super) is_chat: bool,
    pub(super) verdict: &'static str,
    /// fault, no-fault, insufficient, none: the class of the verdict's badge.
    pub(super) verdict_class: &'static str,
    pub(super) confidence: Option<&'static str>,
    pub(super) title: String,
    pub(super) standing: Option<String>,
    pub(super) without_model: Option<&'static str>,
    pub(super) because: Vec<String>,
    pub(super) summary: Vec<String>,
    pub(super) fields: Vec<Field>,
    pub(super) time_line: Vec<Moment>,
    pub(super) charts: Vec<Chart>,
    pub(super) chain: Vec<Statement>,
    pub(super) ruled_out: Vec<Statement>,
    pub(super) assumptions: Vec<String>,
    pub(super) gaps: Vec<GapView>,
    pub(super) remarks: Vec<String>,
    pub(super) attempts: Vec<String>,
    pub(super) plan: Option<PlanView>,
    pub(super) checks: Vec<String>,
    pub(super) findings: Vec<String>,
    pub(super) versions: Vec<VersionView>,
    pub(super) questions: Vec<QuestionView>,
    pub(super) course: Vec<String>,
    pub(super) spent: Vec<Field>,
    pub(super) evidence: Vec<EvidenceView>,
}

pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// A line of the time line.
pub(super) struct Moment {
    pub(super) at: String,
    pub(super) text: String,
    /// The class of its mark: alarm, change, error, metric, link.
    pub(super) class: &'static str,
}

/// A link of the chain, or a rival.
pub(super) struct Statement {
    pub(super) title: Option<String>,
    pub(super) at: Option<String>,
    pub(super) text: String,
    pub(super) inference: bool,
    pub(super) citations: Vec<CitationView>,
}

pub(super) struct CitationView {
    pub(super) evidence: String,
    /// Whether the evidence stands on the page, so that it can be linked to.
    pub(super) linked: bool,
    pub(super) quote: String,
    pub(super) command: Option<String>,
    /// Why it does not stand, if it does not.
    pub(super) refused: Option<String>,
}

pub(super) struct GapView {
    pub(super) missing: String,
    pub(super) why: String,
    pub(super) to_close: String,
    pub(super) on_the_chain: bool,
}

pub(super) struct PlanView {
    pub(super) no_immediate_action: Option<String>,
    pub(super) immediate: Vec<ActionView>,
    pub(super) avoid: Vec<AvoidView>,
    pub(super) follow_up: Vec<ActionView>,
    pub(super) spec: Option<SpecView>,
    pub(super) prevention: Vec<String>,
}

pub(super) struct AvoidView {
    pub(super) action: String,
    pub(super) why: String,
}

pub(super) struct ActionView {
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) marks: Vec<String>,
    pub(super) phases: Vec<Phase>,
    pub(super) risk: String,
}

pub(super) struct Phase {
    pub(super) name: &'static str,
    pub(super) steps: Vec<StepView>,
}

pub(super) struct StepView {
    pub(super) text: String,
    pub(super) command: Option<String>,
    pub(super) expected: Option<String>,
}

pub(super) struct SpecView {
    pub(super) context: String,
    pub(super) files: String,
    pub(super) requirements: Vec<String>,
    pub(super) acceptance: Vec<String>,
}

pub(super) struct EvidenceView {
    pub(super) id: String,
    pub(super) tool: String,
    pub(super) finding: String,
    pub(super) arguments: String,
    pub(super) command: String,
    pub(super) text: String,
}

impl View {
    pub(super) fn of(report: &Report) -> Self {
        let words = report.words();
        let conclusion = report.conclusion.as_ref();
        let claim = conclusion.map(|conclusion| &conclusion.root_cause);
        let asked = || report.trigger.as_ref().map(|trigger| phrases::asked(trigger, words));
        let title = claim.map(|claim| claim.title.clone()).or_else(asked).unwrap_or_else(|| report.id.to_string());
        Self {
            words,
            language: visible::line(&report.language),
            is_chat: report.is_chat(),
            verdict: words.verdict(report.verdict()),
            verdict_class: match report.verdict() {
                Some(marple_case::Verdict::Fault) => "fault",
                Some(marple_case::Verdict::NoFault) => "no-fault",
                Some(marple_case::Verdict::InsufficientEvidence) => "insufficient",
                None => "none",
            },
            confidence: report.confidence().map(|level| words.level(level)),
            title: visible::line(&title),
            standing: standing(report, words),
            without_model: phrases::without_language_model(report),
            because: report.because().map(|reason| visible::line(&words.reason(reason))).collect(),
            summary: claim.map(|claim| claim.summary.lines().map(visible::line).collect()).unwrap_or_default(),
            fields: conclusion.map(|conclusion| fields(conclusion, words)).unwrap_or_default(),
            time_line: time_line(report),
            charts: chart::of(report),
            chain: conclusion.map(|conclusion| chain(conclusion, report)).unwrap_or_default(),
            ruled_out: conclusion.map(|conclusion| ruled_out(conclusion, report)).unwrap_or_default(),
            assumptions: report.assumptions().map(visible::line).collect(),
            gaps: report.gaps.iter().map(gap).collect(),
            remarks: report.remarks().map(visible::line).collect(),
            attempts: report.attempts().iter().map(|finding| visible::line(&finding.text)).collect(),
            plan: report.plan.as_ref().map(|plan| PlanView {
                no_immediate_action: plan.plan.no_immediate_action.as_deref().map(visible::line),
                immediate: plan.plan.immediate.iter().map(|next| action(next, words)).collect(),
                avoid: plan.plan.avoid.iter().map(avoid).collect(),
                follow_up: plan.plan.follow_up.iter().map(|next| action(next, words)).collect(),
                spec: plan.plan.spec.as_ref().map(spec),
                prevention: lines(&plan.plan.prevention),
            }),
            checks: claim.map(|claim| lines(&claim.recommended_checks)).unwrap_or_default(),
            findings: report.findings.iter().map(|finding| visible::line(&finding.text)).collect(),
            versions: (1..).zip(&report.superseded).map(|(number, one)| answer::version(number, one, report)).collect(),
            questions: report.questions.iter().map(|exchange| answer::question(exchange, report)).collect(),
            course: lines(&phrases::course(report)),
            spent: spent(report, words),
            evidence: report.evidence.iter().map(|taken| evidence(taken, words)).collect(),
        }
    }
}

fn lines(foreign: &[String]) -> Vec<String> {
    foreign.iter().map(|line| visible::line(line)).collect()
}

fn standing(report: &Report, words: &Words) -> Option<String> {
    match &report.status {
        Status::Complete => None,
        Status::Partial { reason } => Some(format!("{}: {}", words.partial, visible::line(reason))),
        Status::Interrupted => Some(words.interrupted.to_owned()),
        Status::Unfinished => Some(words.unfinished.to_owned()),
    }
}

fn fields(conclusion: &Conclusion, words: &Words) -> Vec<Field> {
    let claim = &conclusion.root_cause;
    let names: Vec<String> = claim.components.iter().map(|component| visible::line(&component.name)).collect();
    let location = claim.location.as_ref().map(|location| {
        format!("{} ({})", visible::line(&phrases::location(location)), words.seen_in(location.seen_in))
    });
    let onset = claim.onset.map_or_else(|| words.not_known.to_owned(), |onset| onset.to_string());
    let all = [
        (words.onset, Some(onset)),
        (words.trigger, claim.trigger.as_deref().map(visible::line)),
        (words.components, (!names.is_empty()).then(|| names.join(", "))),
        (words.location, location),
        (words.category, Some(claim.category.name().to_owned())),
    ];
    all.into_iter().filter_map(|(name, value)| Some(Field { name, value: value? })).collect()
}

/// What happened, by all evidence, around the onset; the links of the chain among it.
fn time_line(report: &Report) -> Vec<Moment> {
    let Some(scope) = &report.scope else { return Vec::new() };
    let claim = report.conclusion.as_ref().map(|conclusion| &conclusion.root_cause);
    let middle = claim.and_then(|claim| claim.onset).or(scope.first_breach).unwrap_or(scope.window.end);
    let mut happenings: Vec<Happening> = Vec::new();
    for happening in report.evidence.iter().flat_map(|taken| taken.facts.happenings()) {
        let known = |one: &Happening| one.at == happening.at && one.text == happening.text;
        if !happenings.iter().any(known) {
            happenings.push(happening);
        }
    }
    happenings.sort_by_key(|happening| happening.at.duration_since(middle).abs());
    happenings.truncate(HAPPENINGS);
    let linked =
        claim.into_iter().flat_map(|claim| &claim.chain).filter_map(|link| Some((link.at?, &link.statement, "link")));
    let class = |happening: &Happening| match happening.kind {
        marple_case::facts::HappeningKind::Alarm => "alarm",
        marple_case::facts::HappeningKind::Change => "change",
        marple_case::facts::HappeningKind::Error => "error",
        marple_case::facts::HappeningKind::Metric => "metric",
    };
    let seen = happenings.iter().map(|happening| (happening.at, &happening.text, class(happening)));
    let mut moments: Vec<_> = seen.chain(linked).collect();
    moments.sort_by_key(|(at, _, _)| *at);
    let moment = |(at, text, class): (jiff::Timestamp, &String, &'static str)| Moment {
        at: at.to_string(),
        text: visible::line(&brief::cut(text, 240)),
        class,
    };
    moments.into_iter().map(moment).collect()
}

fn chain(conclusion: &Conclusion, report: &Report) -> Vec<Statement> {
    let statement = |(link, cited, inference): (&marple_case::root_cause::Link, Vec<Cited<'_>>, bool)| Statement {
        title: None,
        at: link.at.map(|at| at.to_string()),
        text: visible::line(&link.statement),
        inference,
        citations: citations(&cited, report),
    };
    conclusion.chain().map(statement).collect()
}

fn ruled_out(conclusion: &Conclusion, report: &Report) -> Vec<Statement> {
    let statement = |(rival, cited, inference): (&marple_case::root_cause::RuledOut, Vec<Cited<'_>>, bool)| Statement {
        title: Some(visible::line(&rival.hypothesis)),
        at: None,
        text: visible::line(&rival.reason),
        inference,
        citations: citations(&cited, report),
    };
    conclusion.ruled_out().map(statement).collect()
}

fn citations(cited: &[Cited<'_>], report: &Report) -> Vec<CitationView> {
    let mut shown: Vec<EvidenceId> = Vec::new();
    let view = |one: &Cited<'_>| {
        let taken = report.evidence(one.evidence);
        let is_first = !shown.contains(&one.evidence);
        shown.push(one.evidence);
        let refused = match (one.line, one.refused) {
            (Some(_), _) => None,
            (None, reason) => Some(visible::line(reason.unwrap_or(report.words().quote_refused))),
        };
        CitationView {
            evidence: one.evidence.to_string(),
            linked: taken.is_some(),
            quote: visible::line(one.quote),
            command: taken
                .filter(|_| is_first)
                .map(|taken| visible::text(&taken.command))
                .filter(|line| !line.is_empty()),
            refused,
        }
    };
    cited.iter().map(view).collect()
}

fn gap(gap: &crate::report::Gap) -> GapView {
    GapView {
        missing: visible::line(&gap.missing),
        why: visible::line(&gap.why),
        to_close: visible::line(&gap.how_to_close),
        on_the_chain: gap.on_the_chain,
    }
}

fn avoid(avoid: &Avoid) -> AvoidView {
    AvoidView { action: visible::line(&avoid.action), why: visible::line(&avoid.why) }
}

fn action(action: &Action, words: &'static Words) -> ActionView {
    let temporary = action.temporary.then(|| words.temporary.to_owned());
    let target = action.rollback_to.as_deref().map(|target| format!("{} {}", words.rollback_to, visible::line(target)));
    let unverified = action.unverified.as_deref().map(|why| format!("{}: {}", words.unverified, visible::line(why)));
    let phases = words.phases().into_iter().zip(action.phases.named()).filter(|(_, (_, steps))| !steps.is_empty());
    let step = |step: &marple_case::mitigation::Step| StepView {
        text: visible::line(&step.text),
        command: step.command.as_deref().map(visible::text),
        expected: step.expected.as_deref().map(visible::line),
    };
    ActionView {
        title: visible::line(&action.title),
        kind: words.action(action.kind),
        marks: temporary.into_iter().chain(target).chain(unverified).collect(),
        phases: phases.map(|(name, (_, steps))| Phase { name, steps: steps.iter().map(step).collect() }).collect(),
        risk: visible::line(&action.risk),
    }
}

fn spec(spec: &Spec) -> SpecView {
    SpecView {
        context: visible::line(&spec.context),
        files: lines(&spec.files).join(", "),
        requirements: lines(&spec.requirements),
        acceptance: lines(&spec.acceptance),
    }
}

fn spent(report: &Report, words: &Words) -> Vec<Field> {
    let all = [
        (words.asked, report.trigger.as_ref().map(|trigger| visible::line(&phrases::asked(trigger, words)))),
        (words.region, report.scope.as_ref().map(|scope| visible::line(&scope.region))),
        (words.window, report.scope.as_ref().map(|scope| phrases::span(&scope.window))),
        (words.scenario, report.scenario.as_deref().map(visible::line)),
        (words.model, Some(visible::line(&phrases::models(report)))),
        (words.used, Some(phrases::used(report))),
        (words.tokens, Some(phrases::tokens(report))),
        (words.cost, Some(phrases::cost(report))),
        (words.time, Some(phrases::time(report))),
        ("ID", Some(report.id.to_string())),
        (words.program, report.program.as_ref().map(|program| format!("marple {}", visible::line(program)))),
    ];
    all.into_iter().filter_map(|(name, value)| Some(Field { name, value: value? })).collect()
}

fn evidence(taken: &Evidence, words: &Words) -> EvidenceView {
    let text = match &taken.facts {
        Facts::Nothing if taken.text.trim().is_empty() => words.no_data.to_owned(),
        _ => visible::text(&head(&taken.text)),
    };
    EvidenceView {
        id: taken.id.to_string(),
        tool: visible::line(&taken.tool),
        finding: visible::line(&brief::finding(taken, words)),
        arguments: visible::line(&taken.arguments.to_string()),
        command: visible::text(&taken.command),
        text,
    }
}

/// The text's beginning, up to the page's limit, with the cut named.
fn head(text: &str) -> String {
    match text.char_indices().nth(EVIDENCE_TEXT) {
        Some((cut, _)) => {
            format!("{}\n[… {} bytes more in the journal]", text.get(..cut).unwrap_or(text), text.len() - cut)
        }
        None => text.to_owned(),
    }
}
