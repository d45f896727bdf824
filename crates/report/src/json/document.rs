//! From a [`Report`] to a [`Document`]: a change of shape, no computation.

use marple_case::Outcome;

use super::{
    Budget, Citation, Document, Evidence, FORMAT, Finding, Link, Mitigation, Note, OutcomeWord, Question,
    QuestionsSpent, RootCause, RuledOut, Status, Used, Version,
};
use crate::{
    brief,
    report::{self, Cited, Conclusion, Gap, Plan, Report, Spent},
    words::Words,
};

impl From<&Report> for Document {
    fn from(report: &Report) -> Self {
        Self {
            format: FORMAT,
            id: report.id.to_string(),
            model: report.model.clone(),
            models: report.models.clone(),
            language_model: report.language_model,
            status: Status::from(&report.status),
            reason: match &report.status {
                report::Status::Partial { reason } => Some(reason.clone()),
                _ => None,
            },
            verdict: report.verdict(),
            confidence: report.confidence(),
            confidence_because: report.because().map(ToString::to_string).collect(),
            elapsed_ms: report.spent.elapsed_ms,
            turns: report.spent.turns,
            tool_calls: report.spent.tool_calls,
            refused_calls: report.refused_calls,
            budget: Budget::from(&report.budget),
            usage: Used::from(&report.spent),
            questions_spent: QuestionsSpent::from(&report.spent_on_questions),
            trigger: report.trigger.clone(),
            scope: report.scope.clone(),
            scenario: report.scenario.clone(),
            program: report.program.clone(),
            language: report.language.clone(),
            opened_at: report.opened_at,
            root_cause: report.conclusion.as_ref().map(|conclusion| root_cause(conclusion, &report.gaps)),
            versions: versions(report),
            superseded: u32::try_from(report.superseded.len()).unwrap_or(u32::MAX),
            mitigation: report.plan.as_ref().map(mitigation),
            gaps: report.gaps.clone(),
            remarks: report.remarks().map(str::to_owned).collect(),
            findings: report.attempts().iter().chain(&report.findings).map(Finding::from).collect(),
            evidence: report.evidence.iter().map(|taken| evidence(taken, report.words())).collect(),
            notes: report.notes.iter().map(Note::from).collect(),
            questions: report.questions.iter().map(Question::from).collect(),
        }
    }
}

impl From<&report::Status> for Status {
    fn from(status: &report::Status) -> Self {
        match status {
            report::Status::Complete => Self::Complete,
            report::Status::Partial { .. } => Self::Partial,
            report::Status::Interrupted => Self::Interrupted,
            report::Status::Unfinished => Self::Unfinished,
        }
    }
}

impl From<&marple_case::event::Budget> for Budget {
    fn from(budget: &marple_case::event::Budget) -> Self {
        let marple_case::event::Budget { turns, tool_calls, tokens, time_ms, cost_usd } = *budget;
        Self { turns, tool_calls, tokens, time_ms, cost_usd }
    }
}

impl From<&Spent> for Used {
    fn from(spent: &Spent) -> Self {
        Self {
            input_tokens: spent.usage.input_tokens,
            output_tokens: spent.usage.output_tokens,
            cache_read_tokens: spent.usage.cache_read_tokens,
            cache_write_tokens: spent.usage.cache_write_tokens,
            cost_usd: spent.cost_usd,
        }
    }
}

impl From<&Spent> for QuestionsSpent {
    fn from(spent: &Spent) -> Self {
        Self {
            elapsed_ms: spent.elapsed_ms,
            turns: spent.turns,
            tool_calls: spent.tool_calls,
            usage: Used::from(spent),
        }
    }
}

fn versions(report: &Report) -> Vec<Version> {
    if report.superseded.is_empty() {
        return Vec::new();
    }
    let earlier = report.superseded.iter().map(|version| (&version.conclusion, version.plan.as_ref()));
    let all = earlier.chain(report.conclusion.as_ref().map(|conclusion| (conclusion, report.plan.as_ref())));
    let version = |(number, (conclusion, plan)): (usize, (&Conclusion, Option<&Plan>))| Version {
        version: number,
        model: conclusion.model.clone(),
        confidence: conclusion.verification.confidence,
        root_cause: root_cause(conclusion, &conclusion.root_cause.gaps.iter().map(Gap::from).collect::<Vec<_>>()),
        mitigation: plan.map(mitigation),
    };
    (1..).zip(all).map(version).collect()
}

fn root_cause(conclusion: &Conclusion, gaps: &[Gap]) -> RootCause {
    let claim = &conclusion.root_cause;
    let link = |(link, cited, inference): (&marple_case::root_cause::Link, Vec<Cited<'_>>, bool)| Link {
        statement: link.statement.clone(),
        at: link.at,
        inference,
        citations: cited.iter().map(Citation::from).collect(),
    };
    let rival = |(rival, cited, inference): (&marple_case::root_cause::RuledOut, Vec<Cited<'_>>, bool)| RuledOut {
        hypothesis: rival.hypothesis.clone(),
        reason: rival.reason.clone(),
        inference,
        citations: cited.iter().map(Citation::from).collect(),
    };
    RootCause {
        verdict: claim.verdict,
        category: claim.category,
        title: claim.title.clone(),
        summary: claim.summary.clone(),
        components: claim.components.clone(),
        location: claim.location.clone(),
        onset: claim.onset,
        trigger: claim.trigger.clone(),
        chain: conclusion.chain().map(link).collect(),
        ruled_out: conclusion.ruled_out().map(rival).collect(),
        gaps: gaps.to_vec(),
        assumptions: claim.assumptions.clone(),
        recommended_checks: claim.recommended_checks.clone(),
        at: conclusion.at,
    }
}

impl From<&Cited<'_>> for Citation {
    fn from(cited: &Cited<'_>) -> Self {
        Self {
            evidence: cited.evidence,
            quote: cited.quote.to_owned(),
            verified: cited.line.is_some(),
            line: cited.line,
            refused: cited.refused.map(str::to_owned),
        }
    }
}

fn mitigation(plan: &Plan) -> Mitigation {
    Mitigation {
        immediate: plan.plan.immediate.clone(),
        no_immediate_action: plan.plan.no_immediate_action.clone(),
        avoid: plan.plan.avoid.clone(),
        follow_up: plan.plan.follow_up.clone(),
        spec: plan.plan.spec.clone(),
        prevention: plan.plan.prevention.clone(),
        at: plan.at,
    }
}

fn evidence(taken: &marple_case::Evidence, words: &Words) -> Evidence {
    let (detail, denied_action) = match &taken.outcome {
        Outcome::Found | Outcome::NoData => (None, None),
        Outcome::Denied { action, message } => (Some(message.clone()), Some(action.clone())),
        Outcome::Failed { message } => (Some(message.clone()), None),
    };
    Evidence {
        id: taken.id,
        tool: taken.tool.clone(),
        arguments: taken.arguments.clone(),
        outcome: OutcomeWord::from(&taken.outcome),
        detail,
        denied_action: denied_action.filter(|action| !action.is_empty()),
        brief: brief::finding(taken, words),
        command: taken.command.clone(),
        taken_at: taken.taken_at,
        elapsed_ms: taken.elapsed_ms,
    }
}

impl From<&report::Finding> for Finding {
    fn from(finding: &report::Finding) -> Self {
        let report::Finding { at, kind, text, evidence, by } = finding.clone();
        Self { at, kind, text, evidence, by }
    }
}

impl From<&report::Note> for Note {
    fn from(note: &report::Note) -> Self {
        match note.clone() {
            report::Note::Degraded { at, from, to, reason } => Self::Degraded { at, from, to, reason },
            report::Note::Compacted { at, evidence, reason } => Self::Compacted { at, evidence, reason },
            report::Note::Interrupted { at } => Self::Interrupted { at },
            report::Note::Resumed { at } => Self::Resumed { at },
        }
    }
}

impl From<&report::Exchange> for Question {
    fn from(exchange: &report::Exchange) -> Self {
        let answer = exchange.answer.as_ref();
        let citations = answer.map(|answer| answer.citations.as_slice()).unwrap_or_default();
        Self {
            at: exchange.at,
            question: exchange.question.clone(),
            answer: answer.map(|answer| answer.text.clone()).filter(|text| !text.is_empty()),
            citations: citations.iter().map(|check| Citation::from(&Cited::from(check))).collect(),
            model: answer.map(|answer| answer.model.clone()),
            given_up: answer.and_then(|answer| answer.given_up.clone()),
        }
    }
}
