//! When AWS says no: every fault of the wire, singly and at random, over all scenarios.
//!
//! Each run has to end in a report within its time, without a panic. Of each call of a tool it is known which of its requests met a
//! fault and were never answered: such a call is never "no data", and what it did not see is a gap of the report.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnectorSettings, SharedHttpConnector},
    runtime_components::RuntimeComponents,
};
use futures::{
    StreamExt,
    future::{BoxFuture, FutureExt},
    stream,
};
use jiff::Timestamp;
use marple_agent::{
    InvestigateError, Investigator, Order, Prompts,
    ports::{Journal, PlannedCall, Refusal, ScopeError, Taken, Toolbox, Unwatched},
};
use marple_aws::AwsToolbox;
use marple_case::{Evidence, InvestigationId, Outcome, Scope, ToolSpec, Trigger, event::Budget};
use marple_eval::{MemoryJournal, Pace, Played, play};
use marple_playbook::Playbook;
use marple_report::Report;
use marple_world::{Fault, FaultKind, Record, Scenario, WireFaults, World};
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use support::scenarios;

/// Runs with several faults at once.
const RANDOM_RUNS: u64 = 270;
/// What a run may take, and what a busy machine may take on top.
const BUDGET: Duration = Duration::from_millis(2_500);
const SLACK: Duration = Duration::from_secs(6);
const PACE: Pace = Pace {
    attempt: Duration::from_millis(150),
    operation: Duration::from_millis(500),
    first_wait: Duration::from_millis(1),
};

/// Operations that a fault is about.
const OPERATIONS: [&str; 13] = [
    "*",
    "logs:*",
    "cloudwatch:GetMetricData",
    "cloudwatch:Describe*",
    "lambda:*",
    "ecs:*",
    "cloudformation:*",
    "cloudtrail:*",
    "secretsmanager:*",
    "s3:GetObject",
    "rds:*",
    "ecr:*",
    "elasticloadbalancing:*",
];

tokio::task_local! {
    /// The handle of the world that the requests of this task go to.
    static WORLD: World;
}

/// Sends each request to the world of its task.
#[derive(Debug)]
struct ByTask;

impl HttpClient for ByTask {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        WORLD.with(|world| world.http_client().http_connector(settings, parts))
    }
}

/// The production toolbox; each call has a record of its requests.
struct Recorded {
    toolbox: Arc<AwsToolbox>,
    world: World,
    /// What a broken toolbox would make of a result.
    tamper: fn(Taken) -> Taken,
    calls: Mutex<Vec<(PlannedCall, Record)>>,
}

impl Toolbox for Recorded {
    fn tools(&self) -> &[ToolSpec] {
        self.toolbox.tools()
    }

    fn scope<'a>(&'a self, trigger: &'a Trigger, now: Timestamp) -> BoxFuture<'a, Result<Scope, ScopeError>> {
        WORLD.scope(self.world.clone(), self.toolbox.scope(trigger, now)).boxed()
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
        let (world, record) = self.world.recorded();
        self.calls.lock().unwrap().push((call.clone(), record));
        WORLD.scope(world, self.toolbox.run(call, scope)).map(self.tamper).boxed()
    }
}

/// The actions of which a call's last request was not answered.
fn lost(record: &Record) -> BTreeSet<String> {
    let last: BTreeMap<[u8; 32], _> = record.requests().into_iter().map(|one| (one.request, one)).collect();
    let unanswered = last.into_values().filter(|one| one.fault.is_some_and(|kind| !kind.is_answered()));
    unanswered.map(|one| one.action).collect()
}

/// A run that is to be made.
#[derive(Clone)]
struct Case {
    name: String,
    world: World,
    faults: WireFaults,
}

/// How a run ended.
#[derive(Debug, Default)]
struct Ended {
    /// What is wrong with it, if something is.
    wrong: Option<String>,
    /// Whether there was a report.
    reported: bool,
    /// How many of its calls met a fault and were never answered whole.
    struck: usize,
}

impl Ended {
    fn wrong(what: impl Into<String>) -> Self {
        Self { wrong: Some(what.into()), ..Self::default() }
    }
}

/// What is shared by all runs.
#[derive(Clone)]
struct Bench {
    toolbox: Arc<AwsToolbox>,
    prompts: Arc<Prompts>,
    tamper: fn(Taken) -> Taken,
}

async fn ended(case: Case, bench: Bench) -> Ended {
    let Bench { toolbox, prompts, tamper } = bench;
    let world = case.world.with_faults(case.faults.clone());
    let Played { clock, trigger, .. } = Played::at(PACE, &world);
    let recorded = Arc::new(Recorded { toolbox, world, tamper, calls: Mutex::default() });
    let journal = Arc::new(MemoryJournal::default());
    let investigator = Investigator {
        models: vec![Arc::new(Playbook)],
        toolbox: recorded.clone(),
        journal: journal.clone(),
        clock: Arc::new(clock),
        prompts,
        observer: Arc::new(Unwatched),
    };
    let id = InvestigationId(case.name.clone());
    let time_ms = Some(BUDGET.as_millis() as u64);
    let budget = Budget { turns: Some(12), tool_calls: Some(80), tokens: None, time_ms, cost_usd: None };
    let order = Order {
        trigger,
        budget,
        language: "en".to_owned(),
        scenario: None,
        environment: None,
        program: "test".to_owned(),
    };
    let ended = tokio::spawn(async move {
        investigator.open(&id, order).await?;
        investigator.run(&id, std::future::pending()).await?;
        Ok::<_, InvestigateError>(id)
    });
    let ended = match tokio::time::timeout(BUDGET + SLACK, ended).await {
        Err(_) => return Ended::wrong("it hangs"),
        Ok(Err(panic)) => return Ended::wrong(format!("it panics: {panic}")),
        Ok(Ok(ended)) => ended,
    };
    let id = match ended {
        Ok(id) => id,
        // Credentials that nobody accepts from the first request on: there is nothing to report on, and the error says what to do.
        Err(InvestigateError::Scope(ScopeError::Credentials { .. })) if refuses_credentials(&case.faults) => {
            return Ended::default();
        }
        Err(error) => return Ended::wrong(format!("there is no report: {error}")),
    };
    let entries = journal.entries(&id).await.unwrap();
    let report = Report::from_entries(id, &entries);
    let calls = recorded.calls.lock().unwrap().clone();
    let calls: Vec<_> = calls.iter().map(|(call, record)| (call, lost(record))).collect();
    let wrong = calls.iter().find_map(|(call, lost)| fault_of_call(call, lost, &report));
    let struck = calls.iter().filter(|(_, lost)| !lost.is_empty()).count();
    Ended { wrong, reported: true, struck }
}

fn refuses_credentials(faults: &WireFaults) -> bool {
    faults.fault.iter().any(|fault| matches!(fault.kind, FaultKind::ExpiredToken | FaultKind::RegionOff))
}

fn fault_of_call(call: &PlannedCall, lost: &BTreeSet<String>, report: &Report) -> Option<String> {
    let mut taken = report.evidence.iter().filter(|one| one.tool == call.tool && one.arguments == call.arguments);
    let evidence = taken.next()?;
    if lost.is_empty() {
        return None;
    }
    let of = format!("{} {} lost {lost:?}", evidence.id, evidence.tool);
    if evidence.outcome == Outcome::NoData {
        return Some(format!("{of}, and says that there is nothing: {}", evidence.text));
    }
    if evidence.outcome == Outcome::Found && evidence.unread.is_empty() {
        return Some(format!("{of}, and does not say so: {}", evidence.text));
    }
    let outcomes = std::iter::once(&evidence.outcome).chain(&evidence.unread);
    let unseen = outcomes.filter(|outcome| !outcome.is_answered());
    let untold = unseen.filter(|outcome| !report.gaps.iter().any(|gap| tells(gap, evidence, outcome)));
    untold.map(|outcome| format!("{of}, and no gap tells of {outcome:?}: {:?}", report.gaps)).next()
}

/// Whether a gap tells of what was not seen: by the evidence, by the action or by the words.
fn tells(gap: &marple_report::report::Gap, evidence: &Evidence, outcome: &Outcome) -> bool {
    let said = format!("{} {} {}", gap.missing, gap.why, gap.how_to_close);
    let words = match outcome {
        Outcome::Denied { action, .. } => action,
        Outcome::Failed { message } => message,
        Outcome::Found | Outcome::NoData => return false,
    };
    gap.evidence.contains(&evidence.id) || said.contains(words.as_str())
}

fn worlds() -> Vec<(String, World)> {
    let load = |files| World::new(Arc::new(Scenario::load(files).unwrap()));
    scenarios(&[None]).into_iter().map(|source| (source.id, load(source.files))).collect()
}

async fn run_all(cases: Vec<Case>, tamper: fn(Taken) -> Taken) -> Vec<(String, Ended)> {
    let config = play::sdk_config(&cases[0].world, PACE);
    let config = config.to_builder().http_client(ByTask).build();
    let toolbox = Arc::new(AwsToolbox::new(&config).with_marker_key([0; 32]));
    let bench = Bench { toolbox, prompts: Arc::new(Prompts::embedded().unwrap()), tamper };
    let one = |case: Case| {
        let bench = bench.clone();
        let told = format!("{} with {:?}", case.name, case.faults.fault);
        async move { (told, tokio::spawn(ended(case, bench)).await.unwrap()) }
    };
    stream::iter(cases).map(one).buffer_unordered(4).collect().await
}

/// That nothing is wrong, and that the faults did strike.
fn assert_honest(runs: &[(String, Ended)]) {
    let wrong: Vec<String> =
        runs.iter().filter_map(|(told, run)| Some(format!("{told}\n  {}", run.wrong.as_ref()?))).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), runs.len(), wrong.join("\n"));
    let reported = runs.iter().filter(|(_, run)| run.reported).count();
    let struck: usize = runs.iter().map(|(_, run)| run.struck).sum();
    assert!(reported * 10 >= runs.len() * 8, "only {reported} of {} ended in a report", runs.len());
    assert!(struck >= runs.len(), "only {struck} calls of {} runs were struck", runs.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_alone_ends_in_a_report_that_names_what_it_hid() {
    let worlds = worlds();
    let mut cases = Vec::new();
    for (number, (id, world)) in worlds.iter().enumerate() {
        for (place, kind) in FaultKind::ALL.into_iter().enumerate() {
            let operations = OPERATIONS[(number * FaultKind::ALL.len() + place) % OPERATIONS.len()];
            let fault = Fault { operations: vec![operations.to_owned()], delay_ms: 20, ..Fault::always_of(kind) };
            let faults = WireFaults { fault: vec![fault], ..WireFaults::default() };
            cases.push(Case { name: format!("{id}-{kind:?}"), world: world.clone(), faults });
        }
    }
    assert_honest(&run_all(cases, |taken| taken).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_at_random_end_in_a_report_that_names_what_they_hid() {
    let worlds = worlds();
    let case = |seed: u64| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (id, world) = worlds.choose(&mut random).unwrap();
        let fault: Vec<Fault> = (0..random.random_range(1..=3)).map(|_| any_fault(&mut random)).collect();
        let faults = WireFaults { fault, seed, ..WireFaults::default() };
        Case { name: format!("{id}-{seed}"), world: world.clone(), faults }
    };
    assert_honest(&run_all((0..RANDOM_RUNS).map(case).collect(), |taken| taken).await);
}

/// A toolbox that takes a fault for nothing, or keeps it to itself, would not pass.
#[tokio::test(flavor = "multi_thread")]
async fn a_toolbox_that_hides_a_fault_is_caught() {
    let silent = |taken: Taken| match taken.outcome {
        Outcome::Found => Taken { unread: Vec::new(), ..taken },
        _ => Taken { outcome: Outcome::NoData, unread: Vec::new(), ..taken },
    };
    let fault = |kind| WireFaults { fault: vec![Fault::always_of(kind)], ..WireFaults::default() };
    let kinds = [FaultKind::Denied, FaultKind::Throttled, FaultKind::HalfAnswer, FaultKind::Cut];
    let case = |((id, world), kind): ((String, World), FaultKind)| Case { name: id, world, faults: fault(kind) };
    let runs = run_all(worlds().into_iter().zip(kinds).map(case).collect(), silent).await;
    assert!(runs.iter().all(|(_, run)| run.wrong.is_some()), "{runs:#?}");
}

fn any_fault(random: &mut ChaCha8Rng) -> Fault {
    let operations = vec![(*OPERATIONS.choose(random).unwrap()).to_owned()];
    let chance = *[0.05, 0.2, 0.5, 1.0].choose(random).unwrap();
    let after = *[0, 0, 5, 20].choose(random).unwrap();
    Fault { kind: *FaultKind::ALL.choose(random).unwrap(), operations, chance, after, delay_ms: 20 }
}
