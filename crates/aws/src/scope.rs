//! From a trigger to a scope: which resource, which window, which baseline.
//!
//! `behind` follows load balancers to the services behind them, `functions` queues, APIs and topics to the functions; `episode` finds the window of an alarm and `question` reads names and times in words, `words` guesses what is
//! meant where nothing is named; these three are pure. Here is what asks AWS.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use marple_agent::ports::ScopeError;
use marple_case::{
    ResourceKind, ResourceRef, Scope, Trigger,
    facts::{Alarm, AlarmState},
};

use crate::{
    alarms::{self, Described, Wanted},
    clients::Clients,
    fault::Fault,
    window::later,
};

mod behind;
mod episode;
mod functions;
mod inventory;
mod nearest;
mod question;
mod words;

/// How long CloudWatch keeps the history of an alarm, at most.
const HISTORY: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The longest that a scope waits for what stands behind its subjects.
const FOLLOWING: Duration = Duration::from_secs(20);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const NOTHING_NAMED: &str = "the question names no function, ECS service, cluster, log group or alarm of this region";
/// How far back the latest alarm is looked for.
const LATEST: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Makes a scope of a trigger.
///
/// # Errors
/// There is no such alarm, several fit, none has fired, or AWS cannot be asked.
pub(crate) async fn resolve(clients: &Clients, trigger: &Trigger, now: Timestamp) -> Result<Scope, ScopeError> {
    match trigger {
        Trigger::Alarm { alarm } => of_alarm(clients, alarm, now).await,
        Trigger::LatestAlarm => {
            let alarm = latest(clients, now, LATEST).await?;
            of_alarm(clients, &alarm, now).await
        }
        Trigger::Question { text } => of_question(clients, text, now).await,
        Trigger::Account => of_account(clients, now).await,
    }
}

async fn of_alarm(clients: &Clients, alarm: &str, now: Timestamp) -> Result<Scope, ScopeError> {
    right_region(clients, alarm)?;
    let name = alarms::name_of(alarm);
    let wanted = Wanted { names: vec![name.to_owned()], ..Wanted::default() };
    let (described, history) = futures::join!(
        alarms::describe(clients, &wanted),
        alarms::transitions(clients, Some(name), later(now, -HISTORY), now)
    );
    let mut notes = Vec::new();
    let described = match described {
        Ok(described) => described,
        Err(fault) => return unread(clients, name, fault, now),
    };
    let (described, history) = match described.into_iter().next() {
        Some(described) => (described, history),
        None => {
            let described = only_fit(clients, name).await?;
            notes
                .push(format!("no alarm is named {name} to the letter; {} is the one that fits", described.alarm.name));
            let name = described.alarm.name.clone();
            (described, alarms::transitions(clients, Some(&name), later(now, -HISTORY), now).await)
        }
    };
    let mut alarm = described.alarm.clone();
    match history {
        Ok(read) => alarm.transitions = read.into_iter().map(|read| read.transition).collect(),
        Err(fault) => notes.push(format!("the alarm's history could not be read: {fault}")),
    }
    let (mut watched, unread) = watched(clients, &described).await;
    notes.extend(unread);
    if watched.is_empty() && described.rule.is_none() {
        watched = called_alike(clients, &alarm, &mut notes).await?;
    }
    let (mut subjects, unknown) = followed(watched, clients, now).await;
    notes.extend(unknown);
    let is_named = !subjects.is_empty() && described.rule.is_none();
    if is_named && subjects.iter().all(needs_something_that_runs) {
        subjects.extend(inventory::read(clients).await?.spoken_of(&words_of(&alarm), &mut notes));
    }
    Ok(episode::scope(clients.region(), &alarm, subjects, now, notes))
}

/// What people wrote of an alarm.
fn words_of(alarm: &Alarm) -> String {
    format!("{} {}", alarm.name, alarm.description.as_deref().unwrap_or_default())
}

/// Whether a resource does nothing by itself, so that what is wrong is elsewhere: in what sends, reads or answers.
fn needs_something_that_runs(one: &ResourceRef) -> bool {
    matches!(
        one.kind,
        ResourceKind::RestApi
            | ResourceKind::Queue
            | ResourceKind::Topic
            | ResourceKind::Table
            | ResourceKind::Bucket
            | ResourceKind::Other
    )
}

/// An alarm of which AWS tells nothing: what can be seen without it is still worth a report.
fn unread(clients: &Clients, name: &str, fault: Fault, now: Timestamp) -> Result<Scope, ScopeError> {
    match fault {
        Fault::Denied { .. } | Fault::Unreachable { .. } => {
            let mut scope = question::recent(clients.region(), now);
            scope.notes.push(format!("what alarm {name} watches, and since when, could not be read: {fault}"));
            scope.alarm = Some(name.to_owned());
            Ok(scope)
        }
        Fault::Credentials { .. } | Fault::Refused { .. } => Err(unasked(fault)),
    }
}

/// What stands behind load balancers, queues and APIs, in the time that there is for it.
async fn followed(subjects: Vec<ResourceRef>, clients: &Clients, now: Timestamp) -> (Vec<ResourceRef>, Vec<String>) {
    let known = subjects.clone();
    tokio::time::timeout(FOLLOWING, behind::followed(subjects, clients, now)).await.unwrap_or_else(|_| {
        (
            known,
            vec![format!("what stands behind the subjects could not be found out within {} s", FOLLOWING.as_secs())],
        )
    })
}

/// What an alarm watches; for a composite alarm what the alarms of its rule watch. And what could not be read of it.
async fn watched(clients: &Clients, described: &Described) -> (Vec<ResourceRef>, Option<String>) {
    let names = described.rule.as_deref().map(alarms::alarms_of_rule).unwrap_or_default();
    if names.is_empty() {
        return (described.alarm.watched(), None);
    }
    let children = match alarms::describe(clients, &Wanted { names, ..Wanted::default() }).await {
        Ok(children) => children,
        Err(fault) => return (Vec::new(), Some(format!("the alarms of its rule could not be read: {fault}"))),
    };
    let (firing, rest): (Vec<_>, Vec<_>) = children.iter().partition(|child| child.alarm.state == AlarmState::Alarm);
    let mut subjects: Vec<ResourceRef> = Vec::new();
    for subject in firing.into_iter().chain(rest).flat_map(|child| child.alarm.watched()) {
        if !subjects.iter().any(|known| known.is_same(&subject)) {
            subjects.push(subject);
        }
    }
    (subjects, None)
}

/// What an alarm on a metric of a program's own is about: the functions and services that its dimensions or its description name, else the
/// one after which the alarm is called, else those that its words fit.
async fn called_alike(
    clients: &Clients,
    alarm: &Alarm,
    notes: &mut Vec<String>,
) -> Result<Vec<ResourceRef>, ScopeError> {
    let inventory = inventory::read(clients).await?;
    let metrics = alarm.condition.iter().flat_map(|condition| &condition.metrics);
    let mut words: Vec<&str> = metrics.flat_map(|metric| metric.dimensions.values()).map(String::as_str).collect();
    words.extend(alarm.description.as_deref());
    let named = inventory.named(&words.join("\n")).into_iter();
    let mut subjects: Vec<ResourceRef> = named.filter(inventory::runs).collect();
    if subjects.is_empty() {
        subjects.extend(inventory.beginning(&alarm.name).into_iter().filter(|one| inventory::runs(one)).cloned());
    }
    if subjects.is_empty() {
        return Ok(inventory.spoken_of(&words_of(alarm), notes));
    }
    let names: Vec<String> = subjects.iter().map(ToString::to_string).collect();
    notes.push(format!(
        "the alarm's metric names no resource; by the words of the alarm it is about {}",
        names.join(", ")
    ));
    Ok(subjects)
}

/// The one alarm whose name begins so, whatever the case.
async fn only_fit(clients: &Clients, name: &str) -> Result<Described, ScopeError> {
    let all = alarms::describe(clients, &Wanted::default()).await.map_err(unasked)?;
    let begins = |described: &&Described| described.alarm.name.to_lowercase().starts_with(&name.to_lowercase());
    let fitting: Vec<&Described> = all.iter().filter(begins).collect();
    match fitting.as_slice() {
        [only] if !name.is_empty() => Ok((*only).clone()),
        [_, _, ..] if !name.is_empty() => Err(ScopeError::AmbiguousAlarm {
            alarm: name.to_owned(),
            region: clients.region().to_owned(),
            choices: fitting.iter().map(|described| described.alarm.name.clone()).collect(),
        }),
        _ => Err(ScopeError::UnknownAlarm {
            alarm: name.to_owned(),
            region: clients.region().to_owned(),
            nearest: nearest::names(name, all.iter().map(|described| described.alarm.name.as_str())),
        }),
    }
}

/// The alarm that changed to ALARM last: of those that are in ALARM, else of the history.
async fn latest(clients: &Clients, now: Timestamp, back: SignedDuration) -> Result<String, ScopeError> {
    let wanted = Wanted { state: Some(AlarmState::Alarm), ..Wanted::default() };
    let firing = alarms::describe(clients, &wanted).await.map_err(unasked)?;
    if let Some(latest) = firing.iter().max_by_key(|described| described.alarm.state_since) {
        return Ok(latest.alarm.name.clone());
    }
    let history = alarms::transitions(clients, None, later(now, -back), now).await.map_err(unasked)?;
    let fired = history.into_iter().rfind(|read| read.transition.to == AlarmState::Alarm);
    fired.map(|read| read.alarm).ok_or_else(|| ScopeError::NoAlarm { region: clients.region().to_owned() })
}

async fn of_question(clients: &Clients, text: &str, now: Timestamp) -> Result<Scope, ScopeError> {
    let inventory = inventory::read(clients).await?;
    let times = question::times(text, now);
    let named_alarm = question::named(text, inventory.alarms.iter().map(|described| described.alarm.name.as_str()));
    if let Some(alarm) = named_alarm.first().filter(|_| times.is_none()) {
        return of_alarm(clients, alarm, now).await;
    }
    let (mut subjects, unknown) = followed(inventory.named(text), clients, now).await;
    let mut guess = Vec::new();
    if subjects.is_empty() {
        subjects = inventory.spoken_of(text, &mut guess);
    }
    if subjects.is_empty()
        && times.is_none()
        && let Ok(alarm) = latest(clients, now, DAY).await
    {
        let mut scope = of_alarm(clients, &alarm, now).await?;
        scope.notes.push(format!("{NOTHING_NAMED}: the alarm that fired last is investigated"));
        return Ok(scope);
    }
    let mut scope = match times {
        Some(times) => question::scope(clients.region(), times, now),
        None => match firing_of(clients, &inventory.alarms, &subjects, now).await {
            Some(alarm) => {
                let note = format!("the question names no time; {} is the last alarm on what it names", alarm.name);
                episode::scope(clients.region(), &alarm, subjects.clone(), now, vec![note])
            }
            None => question::vague(clients.region(), text, now),
        },
    };
    if subjects.is_empty() {
        scope.notes.push(NOTHING_NAMED.to_owned());
    }
    scope.notes.extend(guess);
    scope.notes.extend(inventory.unread);
    scope.notes.extend(unknown);
    scope.account = inventory.account;
    scope.alarm = scope.alarm.or(named_alarm.into_iter().next());
    scope.subjects = subjects;
    Ok(scope)
}

/// A few hours up to now, of no resource in particular. Listing what there is shows at once whether the credentials are good.
async fn of_account(clients: &Clients, now: Timestamp) -> Result<Scope, ScopeError> {
    let inventory = inventory::read(clients).await?;
    let recent = question::recent(clients.region(), now);
    Ok(Scope { account: inventory.account, notes: inventory.unread, ..recent })
}

/// The alarm on these resources that changed to ALARM last, with its history, if one did in the last day.
async fn firing_of(clients: &Clients, alarms: &[Described], subjects: &[ResourceRef], now: Timestamp) -> Option<Alarm> {
    let watches = |alarm: &Alarm| alarm.watched().iter().any(|watched| subjects.iter().any(|one| one.is_same(watched)));
    let watching: Vec<&Alarm> =
        alarms.iter().map(|described| &described.alarm).filter(|alarm| watches(alarm)).collect();
    if watching.is_empty() {
        return None;
    }
    let day_ago = later(now, -DAY);
    let history = alarms::transitions(clients, None, later(now, -LATEST), now).await.ok()?;
    let is_recent = |read: &&alarms::Transition| {
        read.transition.to == AlarmState::Alarm
            && read.transition.at >= day_ago
            && watching.iter().any(|alarm| alarm.name == read.alarm)
    };
    let name = &history.iter().rfind(is_recent)?.alarm;
    let mut alarm = (*watching.into_iter().find(|alarm| alarm.name == *name)?).clone();
    let own = history.iter().filter(|read| read.alarm == alarm.name);
    alarm.transitions = own.map(|read| read.transition.clone()).collect();
    Some(alarm)
}

/// An alarm's ARN names a region: another one than this is a mistake that no search can mend.
fn right_region(clients: &Clients, alarm: &str) -> Result<(), ScopeError> {
    let region = alarm.starts_with("arn:").then(|| alarm.split(':').nth(3)).flatten();
    match region {
        Some(region) if region != clients.region() => Err(ScopeError::Unavailable {
            message: format!(
                "{alarm} is an alarm of {region}, and {} is looked at: pass --region {region}",
                clients.region()
            ),
        }),
        _ => Ok(()),
    }
}

fn unasked(fault: Fault) -> ScopeError {
    match fault {
        Fault::Credentials { message } => ScopeError::Credentials { message },
        Fault::Denied { .. } => ScopeError::Denied { message: fault.to_string() },
        Fault::Refused { .. } | Fault::Unreachable { .. } => ScopeError::Unavailable { message: fault.to_string() },
    }
}
