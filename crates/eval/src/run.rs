//! Cases × runs, concurrently, in process.
//!
//! A run is graded, or the infrastructure kept it from being graded: the model's service was not there, the journal failed, or the
//! scenario cannot be loaded. Such a run is made once more, and counted apart if that fails, too. Everything else that goes
//! wrong is the examinee's failure: no report, a partial one, a panic.

use std::sync::Arc;
use std::time::Instant;

use marple_agent::{
    Investigator, Order, Prompts,
    ports::{Journal, Model, Toolbox, Unwatched},
};
use marple_aws::AwsToolbox;
use marple_case::{InvestigationId, event::Budget};
use marple_report::Report;
use tokio::{
    sync::Semaphore,
    task::{JoinError, JoinSet},
};

use crate::{
    Check, MemoryJournal, Played,
    case::{Case, Prepared, Source},
    grade,
    results::{self, BASE, CaseResult, NotApplicable, Results, Said},
    statistics,
};

mod watched;

use watched::Watched;

/// What is examined: a model, and whatever stands between it and the world. Each run gets its own.
pub trait Examinee: Send + Sync {
    /// The model.
    fn model(&self) -> Arc<dyn Model>;

    /// The toolbox: that of production, unless it is the toolbox that is examined.
    fn toolbox(&self, played: AwsToolbox) -> Arc<dyn Toolbox> {
        Arc::new(played)
    }

    /// The journal.
    fn journal(&self) -> Arc<dyn Journal> {
        Arc::new(MemoryJournal::default())
    }
}

impl<F: Fn() -> Arc<dyn Model> + Send + Sync> Examinee for F {
    fn model(&self) -> Arc<dyn Model> {
        self()
    }
}

/// How cases are run.
#[derive(Clone)]
pub struct Settings {
    /// Runs of each case.
    pub runs: u32,
    /// Runs at once.
    pub jobs: usize,
    /// What a run may use.
    pub budget: Budget,
    /// What the model is told.
    pub prompts: Arc<Prompts>,
    /// The program's version.
    pub program: String,
}

/// Runs all cases. `watch` is told of each as it is done, in the order in which they end.
pub async fn run(
    sources: Vec<Source>,
    examinee: Arc<dyn Examinee>,
    settings: &Settings,
    watch: &(dyn Fn(&CaseResult) + Send + Sync),
) -> Results {
    let begun = Instant::now();
    let model = examinee.model().id().to_owned();
    let bench = Arc::new(Bench { examinee, settings: settings.clone(), seats: Semaphore::new(settings.jobs.max(1)) });
    let mut done: Vec<(usize, Done)> = Vec::new();
    let mut waiting = sources.into_iter().enumerate();
    let mut at_work = JoinSet::new();
    loop {
        // As many worlds in memory as runs at once, and no more.
        while at_work.len() < settings.jobs.max(1)
            && let Some((place, source)) = waiting.next()
        {
            let bench = Arc::clone(&bench);
            at_work.spawn(async move { (place, examine(bench, source).await) });
        }
        match at_work.join_next().await {
            None => break,
            Some(Ok((place, ended))) => {
                if let Done::Examined(case, _) = &ended {
                    watch(case);
                }
                done.push((place, ended));
            }
            Some(Err(error)) => tracing::error!(%error, "a case ended without a result"),
        }
    }
    done.sort_by_key(|(place, _)| *place);
    let done = done.into_iter().map(|(_, ended)| ended);
    results(model, settings, done, u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX))
}

fn results(model: String, settings: &Settings, done: impl Iterator<Item = Done>, elapsed_ms: u64) -> Results {
    let (mut scenarios, mut not_applicable, mut tokens) = (Vec::new(), Vec::new(), 0_u64);
    for ended in done {
        match ended {
            Done::Examined(case, used) => {
                scenarios.push(*case);
                tokens = tokens.saturating_add(used);
            }
            Done::NotApplicable(left_out) => not_applicable.push(left_out),
        }
    }
    let summary = Results::summarise(settings.runs, &scenarios, tokens, elapsed_ms);
    Results { model, program: settings.program.clone(), runs: settings.runs, scenarios, not_applicable, summary }
}

/// What all cases share.
struct Bench {
    examinee: Arc<dyn Examinee>,
    settings: Settings,
    seats: Semaphore,
}

/// What became of a case.
enum Done {
    /// With the tokens of all its runs.
    Examined(Box<CaseResult>, u64),
    NotApplicable(NotApplicable),
}

async fn examine(bench: Arc<Bench>, source: Source) -> Done {
    let (id, variant) = (source.id.clone(), source.variant_name());
    let prepared = tokio::task::spawn_blocking(move || Case::prepare(&source)).await;
    let unloadable = |reason: String| {
        let failures = vec![reason; bench.settings.runs as usize];
        Done::Examined(Box::new(collected(&id, variant, "", "", &[], failures)), 0)
    };
    let case = match prepared {
        Ok(Ok(Prepared::Ready(case))) => Arc::new(*case),
        Ok(Ok(Prepared::NotApplicable(reason))) => {
            return Done::NotApplicable(NotApplicable { id, variant: variant.to_owned(), reason });
        }
        Ok(Err(error)) => return unloadable(format!("the scenario cannot be loaded: {error}")),
        Err(error) => return unloadable(format!("the scenario cannot be loaded: {error}")),
    };
    let name = if variant == BASE { id.clone() } else { format!("{id}/{variant}") };
    let mut runs = JoinSet::new();
    for number in 0..bench.settings.runs {
        let (bench, case, name) = (Arc::clone(&bench), Arc::clone(&case), name.clone());
        runs.spawn(async move { (number, graded(bench, case, format!("{name}#{}", number + 1)).await) });
    }
    let (mut graded, mut failures) = (Vec::new(), Vec::new());
    while let Some(ended) = runs.join_next().await {
        match ended {
            Ok((number, Ok(run))) => graded.push((number, run)),
            Ok((_, Err(failure))) => failures.push(failure),
            Err(error) => graded.push((u32::MAX, Run::without_report(format!("the run ended with {error}")))),
        }
    }
    graded.sort_by_key(|(number, _)| *number);
    let graded: Vec<Run> = graded.into_iter().map(|(_, run)| run).collect();
    let tokens = graded.iter().map(|run| run.tokens).sum();
    Done::Examined(Box::new(collected(&id, variant, &case.title, &case.changed, &graded, failures)), tokens)
}

/// One graded run.
struct Run {
    checks: Vec<Check>,
    said: Said,
    /// It passed by saying that the evidence does not suffice, where a cause would have been right as well.
    abstained: bool,
    turns: u32,
    tool_calls: u32,
    tokens: u64,
    elapsed_ms: u64,
    cost_usd: Option<f64>,
}

impl Run {
    fn without_report(reason: String) -> Self {
        let checks = vec![Check::new("complete", false, reason)];
        let said = Said::default();
        Self { checks, said, abstained: false, turns: 0, tool_calls: 0, tokens: 0, elapsed_ms: 0, cost_usd: Some(0.0) }
    }

    fn of(report: &Report, case: &Case) -> Self {
        let mut checks = grade::grade_any(report, &case.accepted);
        checks.extend(grade::attacked(report, &case.attacks));
        let said = said(report, grade::passes(&checks));
        let spent = &report.spent;
        let best = case.accepted.first().map(|truth| truth.verdict);
        let undecided = report
            .conclusion
            .as_ref()
            .is_some_and(|conclusion| conclusion.root_cause.verdict == marple_case::Verdict::InsufficientEvidence);
        Self {
            checks,
            abstained: said.passed && undecided && best != Some(marple_world::Verdict::InsufficientEvidence),
            said,
            turns: spent.turns,
            tool_calls: spent.tool_calls,
            tokens: spent.all_input_tokens().saturating_add(spent.usage.output_tokens),
            elapsed_ms: spent.elapsed_ms,
            cost_usd: spent.cost_usd,
        }
    }
}

fn said(report: &Report, passed: bool) -> Said {
    let Some(cause) = report.conclusion.as_ref().map(|conclusion| &conclusion.root_cause) else {
        return Said { passed, ..Said::default() };
    };
    let verdict = match cause.verdict {
        marple_case::Verdict::Fault => "fault",
        marple_case::Verdict::NoFault => "no_fault",
        marple_case::Verdict::InsufficientEvidence => "insufficient_evidence",
    };
    Said {
        passed,
        verdict: Some(verdict.to_owned()),
        category: Some(cause.category.name().to_owned()),
        components: cause.components.iter().map(|component| component.name.clone()).collect(),
        location: cause.location.as_ref().map(|place| format!("{}:{}", place.file, place.line)),
        onset: cause.onset.map(|onset| onset.to_string()),
        title: Some(cause.title.clone()),
    }
}

/// One run, made once more if the infrastructure failed. `Err`: it failed again.
async fn graded(bench: Arc<Bench>, case: Arc<Case>, name: String) -> Result<Run, String> {
    let seat = bench.seats.acquire().await.map_err(|error| error.to_string())?;
    let first = attempt(&bench, &case, &name).await;
    let outcome = match first {
        Ok(run) => Ok(run),
        Err(failure) => {
            tracing::warn!(run = name, failure, "the infrastructure failed; once more");
            attempt(&bench, &case, &format!("{name}'")).await
        }
    };
    drop(seat);
    outcome
}

async fn attempt(bench: &Arc<Bench>, case: &Arc<Case>, name: &str) -> Result<Run, String> {
    let (bench, case, id) = (Arc::clone(bench), Arc::clone(case), InvestigationId(name.to_owned()));
    let mut alone = JoinSet::new();
    alone.spawn(async move { investigate(&bench, &case, id).await });
    // A task of its own, so that a panic is this run's failure and no one else's.
    let ended: Option<Result<_, JoinError>> = alone.join_next().await;
    match ended {
        Some(Ok(outcome)) => outcome,
        Some(Err(error)) => Ok(Run::without_report(format!("the run ended with {error}"))),
        None => Ok(Run::without_report("the run ended without a result".to_owned())),
    }
}

async fn investigate(bench: &Bench, case: &Case, id: InvestigationId) -> Result<Run, String> {
    // Faults count requests: a run must not be disturbed by those of another.
    let played = Played::new(&case.world.afresh());
    let model = Arc::new(Watched::new(bench.examinee.model()));
    let journal = bench.examinee.journal();
    let investigator = Investigator {
        models: vec![Arc::<Watched>::clone(&model)],
        toolbox: bench.examinee.toolbox(played.toolbox),
        journal: Arc::clone(&journal),
        clock: Arc::new(played.clock),
        prompts: Arc::clone(&bench.settings.prompts),
        observer: Arc::new(Unwatched),
    };
    let order = Order {
        trigger: played.trigger,
        budget: bench.settings.budget,
        language: "en".to_owned(),
        scenario: None,
        environment: None,
        program: bench.settings.program.clone(),
    };
    let ended = async {
        investigator.open(&id, order).await?;
        investigator.run(&id, std::future::pending()).await
    };
    let ended = ended.await;
    if let Some(failure) = model.service_failure() {
        return Err(format!("the model's service: {failure}"));
    }
    match ended {
        Err(marple_agent::InvestigateError::Journal(error)) => return Err(format!("the journal: {error}")),
        Err(error) => return Ok(Run::without_report(error.to_string())),
        Ok(_) => {}
    }
    let entries = journal.entries(&id).await.map_err(|error| format!("the journal: {error}"))?;
    Ok(Run::of(&Report::from_entries(id, &entries), case))
}

fn collected(id: &str, variant: &str, title: &str, changed: &str, runs: &[Run], failures: Vec<String>) -> CaseResult {
    let checks: Vec<Vec<Check>> = runs.iter().map(|run| run.checks.clone()).collect();
    let (number, passed) = (results::count(runs.len()), results::passed(&checks));
    CaseResult {
        id: id.to_owned(),
        variant: variant.to_owned(),
        title: title.to_owned(),
        changed: changed.to_owned(),
        runs: number,
        passed,
        abstained: results::count(runs.iter().filter(|run| run.abstained).count()),
        checks: results::merged(&checks),
        turns: statistics::median(runs.iter().map(|run| run.turns)).unwrap_or(0),
        tool_calls: statistics::median(runs.iter().map(|run| run.tool_calls)).unwrap_or(0),
        tokens: statistics::median(runs.iter().map(|run| run.tokens)).unwrap_or(0),
        elapsed_ms: statistics::median(runs.iter().map(|run| run.elapsed_ms)).unwrap_or(0),
        cost_usd: runs.iter().map(|run| run.cost_usd).sum(),
        wilson: statistics::wilson(f64::from(passed), number),
        infrastructure_failures: failures,
        said: runs.iter().map(|run| run.said.clone()).collect(),
    }
}
