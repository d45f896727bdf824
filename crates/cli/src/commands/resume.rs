//! `marple resume`: takes an investigation up again from its journal.

use std::sync::Arc;

use marple_agent::{Investigator, ports::Journal};
use marple_case::{Entry, Event, Trigger};
use marple_eval::ScenarioClock;

use crate::{
    arguments::{AccountArguments, Resume},
    commands::{investigate, show},
    environment::Environment,
    exit::Exit,
    failure::Failure,
    redaction, wiring,
};

/// Goes on where the journal ends, and writes the report.
pub(crate) async fn run(mut arguments: Resume, quiet: bool) -> Result<Exit, Failure> {
    let journal = wiring::journal(&arguments.data).await?;
    let id = show::chosen(&journal, arguments.id.as_deref()).await?;
    let entries = journal.entries(&id).await?;
    let environment = environment(&entries, &arguments.account)?;
    let mut account = arguments.account.clone();
    account.region = account.region.or_else(|| region(&entries));
    environment.fill_account(&mut account);
    environment.fill_model(&mut arguments.model);
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
