//! `baseline:latest-deployment`: it was the latest change before the alarm, and rolling back helps.

use std::sync::Arc;

use futures::stream::BoxStream;
use jiff::Timestamp;
use marple_agent::ports::{Delta, Model, ModelError, Turn};
use marple_case::{
    Action, ActionKind, Category, Citation, Evidence, Facts, MitigationPlan, ResourceRef, RootCause, Verdict,
    facts::Change,
    mitigation::{Phases, Step},
    root_cause::Link,
};
use serde_json::Value;

use super::{Baseline, alarm, answer, arguments, line_with};

pub(super) const ID: &str = "baseline:latest-deployment";

/// Blames the latest change that it is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct LatestDeployment;

impl Model for LatestDeployment {
    fn id(&self) -> &str {
        ID
    }

    fn is_language_model(&self) -> bool {
        false
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        answer(self, &turn)
    }
}

/// The latest change before the first breach, and where it stands. One that touches the subject is preferred.
fn latest<'a>(turn: &Turn<'a>) -> Option<(&'a Evidence, &'a Change)> {
    let breach = breach(turn);
    let changes = turn.evidence.iter().map(Arc::as_ref).flat_map(|taken| match &taken.facts {
        Facts::Changes(changes) => changes.changes.iter().map(|change| (taken, change)).collect(),
        _ => Vec::new(),
    });
    let before = changes.filter(|(_, change)| change.at <= breach && change.resource.is_some());
    before.max_by_key(|(_, change)| (change.touches_subject, change.at))
}

fn breach(turn: &Turn<'_>) -> Timestamp {
    turn.scope.first_breach.unwrap_or(turn.scope.now)
}

fn blamed(turn: &Turn<'_>) -> Vec<ResourceRef> {
    let changed = latest(turn).and_then(|(_, change)| change.resource.clone());
    changed.or_else(|| turn.scope.subjects.first().cloned()).into_iter().collect()
}

fn cited(turn: &Turn<'_>) -> Vec<Citation> {
    let citation = latest(turn).and_then(|(taken, change)| line_with(taken, &change.at.to_string()));
    citation.map_or_else(|| alarm(turn), |citation| vec![citation])
}

impl Baseline for LatestDeployment {
    fn root_cause(&self, turn: &Turn<'_>) -> Value {
        let changed =
            Link { statement: "The latest deployment broke it.".to_owned(), at: None, citations: cited(turn) };
        let fired = Link { statement: "The alarm fired.".to_owned(), at: None, citations: alarm(turn) };
        arguments(&RootCause {
            verdict: Verdict::Fault,
            category: Category::CodeDefect,
            title: "The latest deployment broke it".to_owned(),
            summary: "Something was deployed, and then the alarm fired.".to_owned(),
            components: blamed(turn),
            location: None,
            onset: Some(breach(turn)),
            trigger: Some("the latest deployment".to_owned()),
            chain: vec![changed, fired],
            ruled_out: Vec::new(),
            gaps: Vec::new(),
            assumptions: Vec::new(),
            recommended_checks: Vec::new(),
        })
    }

    fn plan(&self, turn: &Turn<'_>) -> Value {
        let names: Vec<String> = blamed(turn).into_iter().map(|resource| resource.name).collect();
        let text = format!("Deploy the version of {} before the latest.", names.join(", "));
        let apply = vec![Step { text, command: None, expected: None }];
        arguments(&MitigationPlan {
            immediate: vec![Action {
                title: "Roll the latest deployment back".to_owned(),
                kind: ActionKind::Rollback,
                temporary: false,
                rollback_to: None,
                unverified: Some("nothing shows that the version before was better".to_owned()),
                phases: Phases { apply, ..Phases::default() },
                risk: "What else the deployment changed is lost.".to_owned(),
            }],
            no_immediate_action: None,
            avoid: Vec::new(),
            follow_up: Vec::new(),
            spec: None,
            prevention: Vec::new(),
        })
    }
}
