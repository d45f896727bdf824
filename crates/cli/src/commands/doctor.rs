//! `marple doctor`: whether an investigation would get what it needs. Ends in [`Exit::Access`] where it would not.

use marple_agent::ports::{Clock, ModelError};
use marple_aws::{Anonymous, Doctor, Permission};
use marple_case::Trigger;
use marple_world::World;

use crate::{
    arguments::{self, AccountArguments, ListFormat, ModelArguments, PLAYBOOK},
    environment::Environment,
    exit::Exit,
    failure::Failure,
    output, scenarios, wiring,
};

mod checkup;
mod rendering;

use checkup::{Check, Checkup};

/// Examines, and shows what it found.
pub(crate) async fn run(mut arguments: arguments::Doctor) -> Result<Exit, Failure> {
    let environment = match &arguments.scenario {
        Some(_) => Environment::of_scenarios(&arguments.account)?,
        None => Environment::of(None::<&Trigger>, &arguments.account)?,
    };
    environment.fill_account(&mut arguments.account);
    environment.fill_model(&mut arguments.model);
    environment.fill_budget(&mut arguments.budget);
    let (config, clock) = match &arguments.scenario {
        Some(named) => {
            let (_, scenario) = scenarios::load(named)?;
            wiring::world(&World::new(std::sync::Arc::new(scenario)))
        }
        None => wiring::account(&arguments.account).await,
    };
    let region = config.region().map(|region| region.as_ref().to_owned());
    let doctor = Doctor::new(&config);
    let (account, models, journal) = tokio::join!(
        examined(&doctor, &*clock, region.as_deref(), &arguments.account),
        reached(&arguments.model, &arguments.account),
        wiring::journal(&arguments.data),
    );
    let mut checkup = account;
    checkup.checks.insert(0, Check::of_configuration(&environment, &arguments));
    checkup.checks.extend(models);
    checkup.checks.push(Check::of_journal(journal.map(drop), wiring::data_folder(&arguments.data).as_deref()));
    output::print(&match arguments.format {
        ListFormat::Terminal => rendering::terminal(&checkup),
        ListFormat::Json => rendering::json(&checkup, &environment, &arguments),
    });
    Ok(if checkup.is_healthy() { Exit::Done } else { Exit::Access })
}

/// Who asks, where, whether the clocks agree, and every permission.
async fn examined(doctor: &Doctor, clock: &dyn Clock, region: Option<&str>, account: &AccountArguments) -> Checkup {
    let Some(region) = region else {
        return Checkup { checks: vec![Check::no_region()], ..Checkup::default() };
    };
    let before = clock.now();
    let asked = doctor.identity().await;
    let after = clock.now();
    let mut checks = vec![
        Check::of_identity(&asked.identity, account.account.as_deref()),
        Check::region(region),
        Check::of_clock(asked.answered_at, before, after),
    ];
    let permissions: Vec<Permission> = match &asked.identity {
        Ok(identity) => doctor.permissions(identity, after).await,
        Err(Anonymous::Credentials(_) | Anonymous::Unavailable(_)) => Vec::new(),
    };
    checks.push(Check::of_permissions(&permissions));
    let number = asked.identity.ok().map(|identity| identity.account);
    Checkup { checks, permissions, region: Some(region.to_owned()), account: number }
}

/// Whether each model of the chain answers.
async fn reached(model: &ModelArguments, account: &AccountArguments) -> Vec<Check> {
    let reached = model.chain().into_iter().map(async |id| {
        if id == PLAYBOOK {
            return Check::playbook();
        }
        let reached: Result<(), Failure> = match wiring::bedrock(id, model, account).await {
            Ok(model) => model.reach().await.map_err(|error: ModelError| error.into()),
            Err(failure) => Err(failure),
        };
        Check::of_model(id, reached)
    });
    futures::future::join_all(reached).await
}
