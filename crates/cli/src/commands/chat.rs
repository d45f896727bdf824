//! `marple chat`: questions on a stored investigation, or on the account.
//!
//! | file | what it does |
//! |---|---|
//! | `chat.rs` | what is talked about, and `-m` |
//! | `session.rs` | one question after the other, through the same journal |
//! | `editor.rs` | the line editor, and what is typed beside questions |
//! | `view.rs` | what is seen while an answer is sought |

use std::sync::Arc;

use marple_agent::{
    Investigator, Order,
    ports::{Journal, Unwatched},
};
use marple_case::{InvestigationId, Trigger};
use marple_eval::ScenarioClock;
use marple_report::json;
use marple_store::SqliteJournal;

use crate::{
    arguments::{Chat, ListFormat},
    commands::{investigate, resume, show},
    environment::Environment,
    exit::Exit,
    failure::Failure,
    hold::hold,
    output, redaction, scenarios, wiring,
};

mod editor;
mod session;
mod view;

use session::Session;

/// Talks: one question with `-m`, else until the person ends it.
pub(crate) async fn run(arguments: Chat, quiet: bool) -> Result<Exit, Failure> {
    let message = arguments.message.clone();
    let format = arguments.format;
    if message.as_deref().is_some_and(|text| text.trim().is_empty()) {
        return Err(Failure::usage("the question is empty")
            .hint("ask something: marple chat -m \"is v1.7.0 in the registry?\""));
    }
    if message.is_none() && format == ListFormat::Json {
        return Err(Failure::usage("--format json is for one question").hint("give it with -m"));
    }
    let journal = wiring::journal(&arguments.data).await?;
    let mut held = None;
    let session = match &arguments.id {
        Some(named) => {
            let id = show::chosen(&journal, Some(named)).await?;
            held = hold(&arguments.data, &id)?;
            stored(arguments, journal.clone(), id, quiet).await?
        }
        None => account(arguments, journal.clone(), quiet).await?,
    };
    let ended = match message {
        Some(text) => once(session, &text, format).await,
        None => editor::talk(session).await,
    };
    journal.close().await;
    drop(held);
    ended
}

/// One question, and its answer on standard output.
async fn once(mut session: Session, text: &str, format: ListFormat) -> Result<Exit, Failure> {
    session.finish_open_question().await?;
    let report = session.ask(text).await?;
    let answered = report.questions.last().and_then(|exchange| exchange.answer.as_ref());
    match format {
        ListFormat::Json => output::print(
            &json::render_last_question(&report)
                .map_err(|error| Failure::bug(format!("the answer cannot be written as JSON: {error}")))?,
        ),
        ListFormat::Terminal => session::show(&report),
    }
    Ok(if answered.is_some_and(|answer| answer.given_up.is_none()) { Exit::Done } else { Exit::Partial })
}

/// A session on a stored investigation.
async fn stored(
    mut arguments: Chat,
    journal: SqliteJournal,
    id: InvestigationId,
    quiet: bool,
) -> Result<Session, Failure> {
    let entries = journal.entries(&id).await?;
    let scenario = resume::scenario(&entries);
    if let Some(given) = &arguments.scenario {
        return Err(Failure::usage(format!("{id} knows what it is about; --scenario {given} cannot change that"))
            .hint("leave --scenario out, or leave the id out to ask about the scenario"));
    }
    let environment = resume::environment(&entries, &arguments.account)?;
    let mut account = arguments.account.clone();
    account.region = account.region.or_else(|| resume::region(&entries));
    environment.fill_account(&mut account);
    environment.fill_model(&mut arguments.model);
    environment.fill_budget(&mut arguments.budget);
    resume::keep_model(&entries, &mut arguments.model);
    let redactor = redaction::redactor(scenario, &arguments.data, &environment)?;
    let mut subject = wiring::subject(scenario, &account, redactor).await?;
    if let (Some(_), Some(last)) = (&subject.scenario, entries.last()) {
        // A scenario's time goes on where it stopped.
        subject.clock = Arc::new(ScenarioClock::starting_at(last.at));
    }
    let zone = zone(scenario.is_some());
    let investigator = Investigator {
        models: wiring::models(&arguments.model, &account).await?,
        toolbox: Arc::new(subject.toolbox),
        journal: Arc::new(journal),
        clock: subject.clock,
        prompts: Arc::new(wiring::prompts(&arguments.model)?),
        observer: Arc::new(Unwatched),
    };
    let budget = investigate::budget(&arguments.budget);
    Ok(Session { investigator, id: Some(id), order: None, budget, language: arguments.lang, zone, quiet })
}

/// A session on an account or a scenario's world, which is written down with its first question.
async fn account(mut arguments: Chat, journal: SqliteJournal, quiet: bool) -> Result<Session, Failure> {
    let asked = arguments.message.clone().map_or(Trigger::Account, |text| Trigger::Question { text });
    let environment = match &arguments.scenario {
        Some(_) => Environment::of_scenarios(&arguments.account)?,
        None => Environment::of(Some(&asked), &arguments.account)?,
    };
    let mut account = arguments.account.clone();
    environment.fill_account(&mut account);
    environment.fill_model(&mut arguments.model);
    environment.fill_budget(&mut arguments.budget);
    let redactor = redaction::redactor(arguments.scenario.as_deref(), &arguments.data, &environment)?;
    let subject = wiring::subject(arguments.scenario.as_deref(), &account, redactor).await?;
    let budget = investigate::budget(&arguments.budget);
    let order = Order {
        trigger: Trigger::Account,
        budget,
        language: environment.language(arguments.lang),
        scenario: arguments.scenario.as_deref().map(scenarios::lasting_name),
        environment: environment.name.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let zone = zone(arguments.scenario.is_some());
    let investigator = Investigator {
        models: wiring::models(&arguments.model, &account).await?,
        toolbox: Arc::new(subject.toolbox),
        journal: Arc::new(journal),
        clock: subject.clock,
        prompts: Arc::new(wiring::prompts(&arguments.model)?),
        observer: Arc::new(Unwatched),
    };
    Ok(Session { investigator, id: None, order: Some(order), budget, language: None, zone, quiet })
}

/// The person's time zone by its IANA name; none in a scenario, whose clock is nobody's, so that a run is the same everywhere.
fn zone(is_scenario: bool) -> Option<String> {
    if is_scenario {
        return None;
    }
    jiff::tz::TimeZone::system().iana_name().map(str::to_owned)
}
