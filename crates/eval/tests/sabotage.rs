//! The agent, broken on purpose through its ports: the suite has to go red each time, or it proves nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use futures::{
    StreamExt,
    future::{BoxFuture, FutureExt},
    stream::BoxStream,
};
use jiff::{SignedDuration, Timestamp};
use marple_agent::ports::{
    Delta, Journal, JournalError, Model, ModelError, PlannedCall, Refusal, ScopeError, Taken, Toolbox, Turn,
};
use marple_aws::AwsToolbox;
use marple_case::{
    Block, Entry, Event, Evidence, Facts, InvestigationId, Outcome, Scope, ToolSpec, Trigger, Window,
    facts::{Novelty, Series},
    verification::CitationCheck,
};
use marple_eval::{Examinee, MemoryJournal, Variant, results::CaseResult};
use marple_playbook::Playbook;
use support::{evaluate, scenarios};

/// A change of what a tool gave, before the investigation sees it.
type Tampering = fn(Taken) -> Taken;

/// The production toolbox with tampered results.
struct Tampered {
    toolbox: AwsToolbox,
    tamper: Tampering,
}

impl Toolbox for Tampered {
    fn tools(&self) -> &[ToolSpec] {
        self.toolbox.tools()
    }

    fn scope<'a>(&'a self, trigger: &'a Trigger, now: Timestamp) -> BoxFuture<'a, Result<Scope, ScopeError>> {
        self.toolbox.scope(trigger, now)
    }

    fn redacted(&self, text: &str) -> String {
        self.toolbox.redacted(text)
    }

    fn opening(&self, scope: &Scope, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
        self.toolbox.opening(scope, evidence)
    }

    fn normalise(&self, call: &PlannedCall, scope: &Scope) -> Result<PlannedCall, Refusal> {
        self.toolbox.normalise(call, scope)
    }

    fn run<'a>(&'a self, call: &'a PlannedCall, scope: &'a Scope) -> BoxFuture<'a, Taken> {
        self.toolbox.run(call, scope).map(self.tamper).boxed()
    }
}

/// The playbook over a tampered toolbox.
struct OverTampered(Tampering);

impl Examinee for OverTampered {
    fn model(&self) -> Arc<dyn Model> {
        Arc::new(Playbook)
    }

    fn toolbox(&self, played: AwsToolbox) -> Arc<dyn Toolbox> {
        Arc::new(Tampered { toolbox: played, tamper: self.0 })
    }
}

fn nothing(taken: Taken) -> Taken {
    let text = "nothing was found".to_owned();
    Taken { outcome: Outcome::NoData, facts: Facts::Nothing, text, shown: None, ..taken }
}

/// What a sabotage broke: the checks that the sound agent passes and the broken one fails, by case. (What fails either way proves
/// nothing.)
async fn broken(examinee: impl Examinee + 'static, variant: Option<Variant>) -> Vec<(String, Vec<String>)> {
    let sound = evaluate(|| Arc::new(Playbook) as Arc<dyn Model>, scenarios(&[variant])).await;
    let sabotaged = evaluate(examinee, scenarios(&[variant])).await;
    let newly_failing = |(sound, sabotaged): (&CaseResult, &CaseResult)| {
        let passed = |name: &str| sound.checks.iter().any(|check| check.passed && check.name == name);
        let failed = sabotaged.failed_checks().map(|check| check.name.clone());
        (sabotaged.name(), failed.filter(|name| passed(name)).collect::<Vec<_>>())
    };
    let pairs = sound.scenarios.iter().zip(&sabotaged.scenarios);
    pairs.map(newly_failing).filter(|(_, checks)| !checks.is_empty()).collect()
}

/// Whether that check caught it anywhere.
fn caught_by(broken: &[(String, Vec<String>)], check: &str) -> bool {
    broken.iter().any(|(_, checks)| checks.iter().any(|failed| failed == check))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_never_reads_code_is_caught() {
    let blind = |taken: Taken| match &taken.facts {
        Facts::FunctionCode(_) => nothing(taken),
        _ => taken,
    };
    let broken = broken(OverTampered(blind), None).await;
    assert!(caught_by(&broken, "location") && caught_by(&broken, "mechanism"), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_reads_no_logs_is_caught() {
    let deaf = |taken: Taken| match &taken.facts {
        Facts::LogSummary(_) | Facts::Logs(_) => nothing(taken),
        _ => taken,
    };
    let broken = broken(OverTampered(deaf), None).await;
    assert!(caught_by(&broken, "verdict") || caught_by(&broken, "mechanism"), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_looks_for_no_change_is_caught() {
    let unaware = |taken: Taken| match &taken.facts {
        Facts::Changes(_) => nothing(taken),
        _ => taken,
    };
    assert!(!broken(OverTampered(unaware), None).await.is_empty(), "no scenario needs the changes");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_takes_a_denial_for_no_data_is_caught() {
    let denial_is_silence = |taken: Taken| match &taken.outcome {
        Outcome::Denied { .. } => nothing(taken),
        _ => taken,
    };
    let broken = broken(OverTampered(denial_is_silence), Some(Variant::Deny)).await;
    assert!(caught_by(&broken, "gaps"), "{broken:?}");
}

/// A model that quotes what stands nowhere.
struct Inventive(Playbook);

impl Model for Inventive {
    fn id(&self) -> &str {
        "inventive"
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        self.0.answer(turn).map(|delta| delta.map(invent)).boxed()
    }
}

fn invent(mut delta: Delta) -> Delta {
    if let Delta::Finished(answer) = &mut delta {
        for block in &mut answer.message.blocks {
            if let Block::ToolCall(call) = block
                && let Some(quote) = call.arguments.pointer_mut("/chain/0/citations/0/quote")
            {
                *quote = "everything is on fire".into();
            }
        }
    }
    delta
}

/// A journal that writes that every citation was verified, whatever was found.
#[derive(Default)]
struct Credulous(MemoryJournal);

impl Journal for Credulous {
    fn append<'a>(&'a self, id: &'a InvestigationId, entry: &'a Entry) -> BoxFuture<'a, Result<(), JournalError>> {
        let mut entry = entry.clone();
        if let Event::RootCauseReported { verification, .. } = &mut entry.event {
            verification.remarks.clear();
            for check in verification.chain.iter_mut().flat_map(|statement| &mut statement.citations) {
                let (evidence, quote) = check.citation();
                *check = CitationCheck::Verified { evidence, quote: quote.to_owned(), line: 1 };
            }
        }
        async move { self.0.append(id, &entry).await }.boxed()
    }

    fn entries<'a>(&'a self, id: &'a InvestigationId) -> BoxFuture<'a, Result<Vec<Entry>, JournalError>> {
        self.0.entries(id)
    }
}

struct Unchecked;

impl Examinee for Unchecked {
    fn model(&self) -> Arc<dyn Model> {
        Arc::new(Inventive(Playbook))
    }

    fn journal(&self) -> Arc<dyn Journal> {
        Arc::new(Credulous::default())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_citations_are_not_checked_is_caught() {
    let results = evaluate(Unchecked, scenarios(&[None])).await;
    for case in &results.scenarios {
        let failed: Vec<&str> = case.failed_checks().map(|check| check.name.as_str()).collect();
        assert!(failed.contains(&"citations"), "{}: {failed:?}", case.name());
        assert!(!failed.contains(&"clean"), "the bypass works");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invented_quote_is_caught_by_the_agents_own_verification_too() {
    let results = evaluate(|| Arc::new(Inventive(Playbook)) as Arc<dyn Model>, scenarios(&[None])).await;
    assert!(results.scenarios.iter().all(|case| case.failed_checks().any(|check| check.name == "clean")));
}

/// The production toolbox over a scope with another baseline.
struct Rebased {
    toolbox: AwsToolbox,
    baseline: fn(Window) -> Window,
}

impl Toolbox for Rebased {
    fn tools(&self) -> &[ToolSpec] {
        self.toolbox.tools()
    }

    fn scope<'a>(&'a self, trigger: &'a Trigger, now: Timestamp) -> BoxFuture<'a, Result<Scope, ScopeError>> {
        let rebased = |scope: Scope| Scope { baseline: (self.baseline)(scope.window), ..scope };
        self.toolbox.scope(trigger, now).map(move |scope| scope.map(rebased)).boxed()
    }

    fn redacted(&self, text: &str) -> String {
        self.toolbox.redacted(text)
    }

    fn opening(&self, scope: &Scope, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
        self.toolbox.opening(scope, evidence)
    }

    fn normalise(&self, call: &PlannedCall, scope: &Scope) -> Result<PlannedCall, Refusal> {
        self.toolbox.normalise(call, scope)
    }

    fn run<'a>(&'a self, call: &'a PlannedCall, scope: &'a Scope) -> BoxFuture<'a, Taken> {
        self.toolbox.run(call, scope)
    }
}

/// The playbook over another baseline.
struct OverBaseline(fn(Window) -> Window);

impl Examinee for OverBaseline {
    fn model(&self) -> Arc<dyn Model> {
        Arc::new(Playbook)
    }

    fn toolbox(&self, played: AwsToolbox) -> Arc<dyn Toolbox> {
        Arc::new(Rebased { toolbox: played, baseline: self.0 })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_baseline_is_hidden_is_caught() {
    // Before anything in any scenario.
    let hidden = |window: Window| window.earlier_by(SignedDuration::from_hours(24 * 3650));
    assert!(!broken(OverBaseline(hidden), None).await.is_empty(), "no scenario needs the baseline");
}

/// The incident stands in for its own baseline. Not through the scope: the tools put a baseline that overlaps its window a day
/// earlier, so that this sabotage has to begin at what they found.
fn incident_as_baseline(mut taken: Taken) -> Taken {
    let same = |series: &mut Vec<Series>| series.iter_mut().for_each(|one| one.baseline = Some(one.window));
    match &mut taken.facts {
        Facts::Metrics(metrics) => same(&mut metrics.series),
        Facts::Databases(found) => found.databases.iter_mut().for_each(|database| same(&mut database.load)),
        Facts::LoadBalancers(balancers) => {
            for balancer in balancers {
                same(&mut balancer.load);
                balancer.target_groups.iter_mut().for_each(|group| same(&mut group.load));
            }
        }
        Facts::LogSummary(summary) => {
            summary.baseline_lines = summary.lines;
            summary.baseline_exceptions = summary.exceptions.clone();
            summary.baseline_invocations = summary.invocations.clone();
            for template in &mut summary.templates {
                template.baseline_count = template.count;
                template.novelty = Novelty::Usual;
            }
        }
        _ => {}
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_takes_the_incident_for_its_own_baseline_is_caught() {
    let broken = broken(OverTampered(incident_as_baseline), None).await;
    // What was always so is no cause, and nothing that is new can be rolled back.
    assert!(caught_by(&broken, "verdict") && caught_by(&broken, "plan.immediate"), "{broken:?}");
}
