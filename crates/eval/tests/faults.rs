//! When AWS says no: every fault of the wire, singly and at random, over all scenarios.
//!
//! Each run has to end in a report within its time, without a panic. Of each call of a tool it is known which of its requests met a
//! fault and were never answered: such a call is never "no data", and what it did not see is a gap of the report.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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
const RANDOM_RUNS: u64 = 300;
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
    calls: Mutex<Vec<(PlannedCall, Record)>>,
}

impl Toolbox for Recorded {
    fn tools(&self) -> &[ToolSpec] {
        self.toolbox.tools()
    }

    fn scope<'a>(&'a self, trigger: &'a Trigger, now: Timestamp) -> BoxFuture<'a, Result<Scope, ScopeError>> {
        WORLD.scope(self.world.clone(), self.toolbox.scope(trigger, now)).boxed()
    }

    fn opening(&self, scope: &Scope, evidence: &[Evidence]) -> Vec<PlannedCall> {
        self.toolbox.opening(scope, evidence)
    }

    fn normalise(&self, call: &PlannedCall, scope: &Scope) -> Result<PlannedCall, Refusal> {
        self.toolbox.normalise(call, scope)
    }

    fn run<'a>(&'a self, call: &'a PlannedCall, scope: &'a Scope) -> BoxFuture<'a, Taken> {
        let (world, record) = self.world.recorded();
        self.calls.lock().unwrap().push((call.clone(), record));
        WORLD.scope(world, self.toolbox.run(call, scope)).boxed()
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

/// How it ended: nothing, or what is wrong with it.
async fn fault_of(case: Case, toolbox: Arc<AwsToolbox>, prompts: Arc<Prompts>) -> Option<String> {
    let world = case.world.with_faults(case.faults.clone());
    let Played { clock, trigger, .. } = Played::at(PACE, &world);
    let recorded = Arc::new(Recorded { toolbox, world, calls: Mutex::default() });
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
    let order = Order { trigger, budget, language: "en".to_owned(), scenario: None, program: "test".to_owned() };
    let begun = Instant::now();
    let ended = tokio::spawn(async move {
        investigator.open(&id, order).await?;
        investigator.run(&id, std::future::pending()).await?;
        Ok::<_, InvestigateError>(id)
    });
    let ended = match tokio::time::timeout(BUDGET + SLACK, ended).await {
        Err(_) => return Some("it hangs".to_owned()),
        Ok(Err(panic)) => return Some(format!("it panics: {panic}")),
        Ok(Ok(ended)) => ended,
    };
    let id = match ended {
        Ok(id) => id,
        // Credentials that nobody accepts from the first request on: there is nothing to report on, and the error says what to do.
        Err(InvestigateError::Scope(ScopeError::Credentials { .. })) if refuses_credentials(&case.faults) => {
            return None;
        }
        Err(error) => return Some(format!("there is no report: {error}")),
    };
    let entries = journal.entries(&id).await.unwrap();
    let report = Report::from_entries(id, &entries);
    let calls = recorded.calls.lock().unwrap().clone();
    let wrong = calls.iter().find_map(|(call, record)| fault_of_call(call, &lost(record), &report));
    wrong.map(|wrong| format!("{wrong} (after {:?})", begun.elapsed()))
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

/// Runs all, and says what is wrong.
async fn run_all(cases: Vec<Case>) {
    let config = play::sdk_config(&cases[0].world, PACE);
    let config = config.to_builder().http_client(ByTask).build();
    let toolbox = Arc::new(AwsToolbox::new(&config).with_marker_key([0; 32]));
    let prompts = Arc::new(Prompts::embedded().unwrap());
    let (number, begun) = (cases.len(), Instant::now());
    let one = |case: Case| {
        let (toolbox, prompts) = (toolbox.clone(), prompts.clone());
        async move {
            let told = format!("{} with {:?}", case.name, case.faults.fault);
            let ended = tokio::spawn(fault_of(case, toolbox, prompts)).await.unwrap();
            ended.map(|wrong| format!("{told}\n  {wrong}"))
        }
    };
    let wrong: Vec<Option<String>> = stream::iter(cases).map(one).buffer_unordered(8).collect().await;
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    println!("{number} runs in {:?}", begun.elapsed());
    assert!(wrong.is_empty(), "{} of {number}:\n{}", wrong.len(), wrong.join("\n"));
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
    run_all(cases).await;
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
    run_all((0..RANDOM_RUNS).map(case).collect()).await;
}

fn any_fault(random: &mut ChaCha8Rng) -> Fault {
    let operations = vec![(*OPERATIONS.choose(random).unwrap()).to_owned()];
    let chance = *[0.05, 0.2, 0.5, 1.0].choose(random).unwrap();
    let after = *[0, 0, 5, 20].choose(random).unwrap();
    Fault { kind: *FaultKind::ALL.choose(random).unwrap(), operations, chance, after, delay_ms: 20 }
}
