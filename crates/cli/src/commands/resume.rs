//! `marple resume`: takes an investigation up again from its journal.

use std::sync::Arc;
use std::time::Duration;

use marple_agent::{Investigation, Investigator, ports::Journal};
use marple_case::{Entry, Event, Trigger, event::Ending};
use marple_eval::ScenarioClock;

use crate::{
    arguments::{AccountArguments, BudgetArguments, ModelArguments, PLAYBOOK, Resume},
    commands::{investigate, show},
    environment::Environment,
    exit::Exit,
    failure::Failure,
    hold::hold,
    redaction, transcripts, wiring,
};

/// Goes on where the journal ends, and writes the report.
pub(crate) async fn run(mut arguments: Resume, quiet: bool) -> Result<Exit, Failure> {
    let journal = wiring::journal(&arguments.data).await?;
    let id = show::chosen(&journal, arguments.id.as_deref()).await?;
    let _held = hold(&arguments.data, &id)?;
    let entries = journal.entries(&id).await?;
    let environment = environment(&entries, &arguments.account)?;
    let mut account = arguments.account.clone();
    account.region = account.region.or_else(|| region(&entries));
    environment.fill_account(&mut account);
    environment.fill_model(&mut arguments.model);
    keep_model(&entries, &mut arguments.model);
    keep_budget(Investigation::from_entries(id.clone(), entries.clone()), &mut arguments.budget);
    environment.fill_budget(&mut arguments.budget);
    let prompts = wiring::prompts(&arguments.model)?;
    let redactor = redaction::redactor(scenario(&entries), &arguments.data, &environment)?;
    let mut subject = wiring::subject(scenario(&entries), &account, redactor).await?;
    if let (Some(_), Some(last)) = (&subject.scenario, entries.last()) {
        // A scenario's time goes on where it stopped.
        subject.clock = Arc::new(ScenarioClock::starting_at(last.at));
    }
    let investigator = Investigator {
        models: wiring::models(&arguments.model, &account).await?,
        toolbox: Arc::new(subject.toolbox),
        journal: Arc::new(journal.clone()),
        clock: subject.clock,
        prompts: Arc::new(prompts),
        observer: investigate::observer(quiet),
    };
    investigator.resume(&id, investigate::budget(&arguments.budget)).await?;
    investigate::carry_on(investigator, journal, id, &arguments.output).await
}

/// Where neither the command line nor marple.toml names a model, the one that it was opened with goes on.
pub(crate) fn keep_model(entries: &[Entry], given: &mut ModelArguments) {
    if given.model.is_some() || !given.configured.is_empty() {
        return;
    }
    given.model = entries.iter().find_map(|entry| match &entry.event {
        Event::Opened { model, .. } if model != PLAYBOOK && transcripts::named_by(model).is_none() => {
            Some(model.clone())
        }
        _ => None,
    });
}

/// What may be spent stays what it was. So do the other limits, unless one of them is what ended it.
fn keep_budget(state: Investigation, given: &mut BudgetArguments) {
    let opened = state.opening_budget();
    given.max_cost = given.max_cost.or(opened.cost_usd);
    given.max_tokens = given.max_tokens.or(opened.tokens);
    if !matches!(state.ending(), Some(Ending::Partial { .. })) {
        given.max_turns = given.max_turns.or(opened.turns);
        given.max_tool_calls = given.max_tool_calls.or(opened.tool_calls);
        given.max_time = given.max_time.or(opened.time_ms.map(Duration::from_millis));
    }
}

/// The scenario that was played, if one was.
pub(crate) fn scenario(entries: &[Entry]) -> Option<&str> {
    entries.iter().find_map(|entry| match &entry.event {
        Event::Opened { scenario, .. } => scenario.as_deref(),
        _ => None,
    })
}

/// The environment that counts: the one that is given now, else the one that it was opened in, so that no other account is read.
pub(crate) fn environment(entries: &[Entry], given: &AccountArguments) -> Result<Environment, Failure> {
    if scenario(entries).is_some() {
        return Environment::of_scenarios(given);
    }
    let opened_in = entries.iter().find_map(|entry| match &entry.event {
        Event::Opened { environment, .. } => environment.clone(),
        _ => None,
    });
    let mut given = given.clone();
    given.env = given.env.or(opened_in);
    Environment::of(trigger(entries), &given)
}

/// What started it.
fn trigger(entries: &[Entry]) -> Option<&Trigger> {
    entries.iter().find_map(|entry| match &entry.event {
        Event::Opened { trigger, .. } => Some(trigger),
        _ => None,
    })
}

/// The region that was investigated.
pub(crate) fn region(entries: &[Entry]) -> Option<String> {
    entries.iter().find_map(|entry| match &entry.event {
        Event::Scoped { scope } => Some(scope.region.clone()),
        _ => None,
    })
}
