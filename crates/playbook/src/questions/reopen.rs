//! "That is not it, look for another cause": the next hypothesis that the evidence supports and no report has claimed yet.

use marple_case::Message;

use super::talk::{Answer, Talk};
use crate::{
    cite,
    hypothesis::{Hypothesis, Support, gap},
    investigation::{self, PLAN, ROOT_CAUSE},
    modes,
    reading::Case,
    repair::Tried,
    report,
};

/// The turn that submits the next cause and its plan; `None`: there is nothing to submit any more, and the answer is due.
pub(super) fn next(talk: &Talk<'_>) -> Option<Message> {
    if talk.asked.new_plan {
        return None;
    }
    let cause = Tried::of(talk.since, ROOT_CAUSE);
    let plan = Tried::of(talk.since, PLAN);
    let case = Case::of(talk.turn);
    let hypotheses = modes::hypotheses(&case);
    // Once the new version is accepted, it is among the reported causes: only its plan is due then.
    let reported = talk.asked.causes.len() - talk.asked.new_causes.min(talk.asked.causes.len());
    let earlier = talk.asked.causes.get(..reported).unwrap_or_default();
    let next = hypotheses.iter().find(|one| is_open(one, earlier))?;
    let mut reports = report::of(&case, next);
    if next.support < Support::Likely {
        reports.cause.gaps.insert(
            0,
            gap(next.looks_for.clone(), "the evidence points to it and does not show it", next.looks_for.clone(), true),
        );
    }
    let message = investigation::submit(talk.turn, &reports, &cause, &plan);
    let submits = message.calls().next().is_some();
    submits.then_some(message)
}

/// Whether a hypothesis can be told and was neither reported nor ruled out.
fn is_open(hypothesis: &Hypothesis<'_>, reported: &[marple_case::RootCause]) -> bool {
    let claim = &hypothesis.cause;
    let is_reported = |cause: &marple_case::RootCause| {
        cause.title == claim.title || (cause.category == claim.category && cause.location == claim.location)
    };
    let is_refuted =
        |cause: &marple_case::RootCause| cause.ruled_out.iter().any(|rival| rival.hypothesis == claim.title);
    !claim.chain.is_empty() && !reported.iter().any(|cause| is_reported(cause) || is_refuted(cause))
}

/// What the search came to.
pub(super) fn outcome(talk: &Talk<'_>) -> Answer {
    let asked = talk.asked;
    let Some(latest) = asked.causes.last() else {
        return Answer::plain(talk.say("There is no root cause in this record.", "この記録に根本原因はありません。"));
    };
    let cited = latest.chain.iter().filter_map(|link| link.citations.first());
    let stands = |citation: &&marple_case::Citation| {
        let source = talk.turn.evidence.iter().find(|evidence| evidence.id == citation.evidence);
        source.is_some_and(|source| cite::stands(&source.text, &citation.quote))
    };
    let citations: Vec<Option<marple_case::Citation>> = cited.filter(stands).take(3).cloned().map(Some).collect();
    let text = if asked.new_causes > 0 {
        let version = asked.causes.len();
        talk.say(
            format!(
                "**Version {version} of the root cause**: {}\n\n{}\n\nThe earlier version is kept.",
                latest.title, latest.summary
            ),
            format!(
                "**根本原因の第 {version} 版**: {}\n\n{}\n\n以前の版は残してあります。",
                latest.title, latest.summary
            ),
        )
    } else {
        let ruled_out: Vec<String> = latest.ruled_out.iter().map(|rival| format!("- {}\n", rival.hypothesis)).collect();
        let ruled_out = ruled_out.concat();
        talk.say(
            format!("No other explanation is left that the evidence supports; the reported one stands: {}\n\nRuled out:\n\n{ruled_out}", latest.title),
            format!("証拠が支える説明はほかにありません。報告した原因のままです: {}\n\n除外した仮説:\n\n{ruled_out}", latest.title),
        )
    };
    Answer::new(text, citations)
}
