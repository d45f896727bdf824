//! `marple investigate`: from an alarm or a question to a report.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use marple_agent::{
    Investigator, Order,
    ports::{Observer, Unwatched},
};
use marple_case::{
    InvestigationId, Trigger,
    event::{Budget, Ending},
    trigger::notification,
};
use marple_eval::ScenarioClock;
use marple_report::Report;
use marple_store::SqliteJournal;

use crate::{
    arguments::{BudgetArguments, Investigate, OutputArguments},
    environment::Environment,
    exit::Exit,
    failure::Failure,
    hold::hold,
    output,
    progress::Live,
    redaction, scenarios, wiring,
};

/// Model turns, where nothing says how many.
const DEFAULT_TURNS: u32 = 12;
/// Tool calls, where nothing says how many.
const DEFAULT_TOOL_CALLS: u32 = 80;
/// Wall time, where nothing says how long.
const DEFAULT_TIME: Duration = Duration::from_secs(600);

/// Investigates, and writes the report.
pub(crate) async fn run(mut arguments: Investigate, quiet: bool) -> Result<Exit, Failure> {
    let asked = trigger(&arguments)?;
    let prompts = wiring::prompts(&arguments.model)?;
    let environment = match &arguments.scenario {
        Some(_) => Environment::of_scenarios(&arguments.account)?,
        None => Environment::of(asked.as_ref(), &arguments.account)?,
    };
    let mut account = arguments.account.clone();
    if let Some(Trigger::Alarm { alarm }) = &asked {
        account.region = account.region.or_else(|| wiring::region_of(alarm));
    }
    environment.fill_account(&mut account);
    environment.fill_model(&mut arguments.model);
    environment.fill_budget(&mut arguments.budget);
    let redactor = redaction::redactor(arguments.scenario.as_deref(), &arguments.data, &environment)?;
    let mut subject = wiring::subject(arguments.scenario.as_deref(), &account, redactor).await?;
    if let Some(time) = arguments.as_of {
        subject.clock = Arc::new(ScenarioClock::starting_at(time));
    }
    let trigger = asked.or(subject.scenario);
    let trigger = trigger.ok_or_else(|| {
        let hint = "give --alarm NAME, --latest, --event FILE, a question in words, or --scenario NAME";
        Failure::usage("nothing to investigate").hint(hint)
    })?;
    let journal = wiring::journal(&arguments.data).await?;
    let investigator = Investigator {
        models: wiring::models(&arguments.model, &account).await?,
        toolbox: Arc::new(subject.toolbox),
        journal: Arc::new(journal.clone()),
        clock: subject.clock,
        prompts: Arc::new(prompts),
        observer: observer(quiet),
    };
    let id = InvestigationId(uuid::Uuid::now_v7().to_string());
    let order = Order {
        trigger,
        budget: budget(&arguments.budget),
        language: environment.language(arguments.lang),
        scenario: arguments.scenario.as_deref().map(scenarios::lasting_name),
        environment: environment.name.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let _held = hold(&arguments.data, &id)?;
    investigator.open(&id, order).await?;
    carry_on(investigator, journal, id, &arguments.output).await
}

/// The live time line, unless it is not wanted.
pub(crate) fn observer(quiet: bool) -> Arc<dyn Observer> {
    if quiet { Arc::new(Unwatched) } else { Arc::new(Live::new()) }
}

/// Runs an opened investigation to its end, or until Ctrl-C, and writes its report.
pub(crate) async fn carry_on(
    investigator: Investigator,
    journal: SqliteJournal,
    id: InvestigationId,
    output: &OutputArguments,
) -> Result<Exit, Failure> {
    let ended = investigator.run(&id, interrupted()).await;
    drop(investigator);
    journal.close().await;
    let state = ended?;
    output::write(&Report::from_entries(id, state.entries()), output)?;
    Ok(match state.ending() {
        Some(Ending::Complete) => Exit::Done,
        Some(Ending::Partial { .. }) | None => Exit::Partial,
    })
}

/// What the command line asks for; `None`: nothing, so that a scenario's own trigger counts.
fn trigger(arguments: &Investigate) -> Result<Option<Trigger>, Failure> {
    Ok(match arguments {
        Investigate { alarm: Some(alarm), .. } => Some(Trigger::Alarm { alarm: alarm.clone() }),
        Investigate { latest: true, .. } => Some(Trigger::LatestAlarm),
        Investigate { event: Some(file), .. } => Some(from_event(file)?),
        Investigate { question: Some(text), .. } => Some(Trigger::Question { text: text.clone() }),
        _ => None,
    })
}

fn from_event(file: &Path) -> Result<Trigger, Failure> {
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let text = read(file).map_err(|error| Failure::usage(format!("the event in {name} cannot be read: {error}")))?;
    notification::parse(&text).map_err(|error| Failure::usage(format!("the event in {name} cannot be used: {error}")))
}

fn read(file: &Path) -> std::io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file)
}

/// The budget that the arguments give; tokens and dollars are unlimited unless they say otherwise.
pub(crate) fn budget(arguments: &BudgetArguments) -> Budget {
    let time = arguments.max_time.unwrap_or(DEFAULT_TIME);
    Budget {
        turns: Some(arguments.max_turns.unwrap_or(DEFAULT_TURNS)),
        tool_calls: Some(arguments.max_tool_calls.unwrap_or(DEFAULT_TOOL_CALLS)),
        tokens: arguments.max_tokens,
        time_ms: Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        cost_usd: arguments.max_cost,
    }
}

/// Resolves when the person wants to stop.
pub(crate) async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
