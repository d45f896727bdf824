//! A finished investigation of a real account becomes a scenario's world, so that it can be played again, by anybody, without the account.
//!
//! ```text
//! journal ─▶ the same calls again, through a recorder ─▶ a margin around them ─▶ what they refer to ─▶ fold ─▶ files of a world
//! ```
//! | module | subject |
//! |---|---|
//! | `recorder` | an HTTP client that remembers |
//! | `call` | an exchange, read: operation, input, answer (`cbor` and `xml` are protocols) |
//! | `margin` | logs, metrics and history around what was looked at (`spans` of time) |
//! | `whole` | what the read things refer to |
//! | `kept` | which answers are kept, in which file; `shape` fits them to `docs/schemas`, `world` puts them together |
//! | `logs`, `metrics`, `packages` | the folds that need more: events, `samples` with given statistics, unpacked code |
//! | `past` | what changed since, taken back |
//! | `hidden` | credentials, out of everything |
//! | `scenario` | `scenario.toml`, the truth left open |
//!
//! Invariants: the account is only read, by operations of [`marple_aws::OPERATIONS`]; nothing is written with a credential in it that the
//! redactor finds; what is not there whole is noted. The world's format is documented in `docs/worlds.md`: the crate that plays it is not needed
//! here.

mod call;
mod cbor;
mod hidden;
mod kept;
mod logs;
mod margin;
mod metrics;
mod packages;
mod past;
mod recorder;
mod samples;
mod scenario;
mod shape;
mod spans;
mod whole;
mod world;
mod xml;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use aws_types::SdkConfig;
use futures::stream::{self, StreamExt};
use jiff::SignedDuration;
use marple_agent::ports::{PlannedCall, ScopeError, Toolbox};
use marple_aws::{AwsToolbox, Clients};
use marple_case::{Entry, Event, Evidence, Facts, Scope, Trigger};
use marple_redact::Redactor;

use crate::{call::Call, margin::Margin, recorder::Recording, world::World};

/// Calls of tools that run at once.
const AT_ONCE: usize = 8;

/// What is captured.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The investigation's journal.
    pub entries: &'a [Entry],
    /// What is read around each span that the investigation looked at: logs, metrics, the trail.
    pub margin: SignedDuration,
    /// Log events of one group that are read around those of the investigation, at most.
    pub log_events: usize,
}

/// A captured world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The files of the scenario's folder, by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What is not there whole, in sentences.
    pub notes: Vec<String>,
    /// Evidence that reads otherwise now than when it was taken: `E7 describe_service`.
    pub changed: Vec<String>,
    /// Evidence that was taken again.
    pub evidence: usize,
    /// Log events that were written.
    pub log_events: usize,
}

/// Why there is no captured world.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The journal has no scope: the investigation never began.
    #[error("the investigation never found out what to look at: there is nothing to capture")]
    NothingRead,
    /// The trigger means nothing any more: the alarm is gone, or AWS refuses.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// No answer named the account.
    #[error("the number of the account could not be found out: sts:GetCallerIdentity was not answered")]
    NoAccount,
}

/// Reads the account again, and makes a world of what it says.
///
/// # Errors
/// [`CaptureError`]. What cannot be read on the way is a note, as it was a gap of the investigation.
pub async fn capture(config: &SdkConfig, redactor: &Redactor, order: Order<'_>) -> Result<Captured, CaptureError> {
    let (config, recording) = recorder::over(config);
    let (trigger, scope) = opened(order.entries).ok_or(CaptureError::NothingRead)?;
    let toolbox = AwsToolbox::new(&config).with_redactor(redactor.clone());
    let clients = Clients::new(&config);
    let identity = whole::said(clients.sts().get_caller_identity().send().await);
    let account = identity.and_then(|identity| identity.account).or_else(|| scope.account.clone());
    let account = account.ok_or(CaptureError::NoAccount)?;
    toolbox.scope(trigger, scope.now).await?;
    let changed = taken_again(&toolbox, scope, order.entries).await;
    let mut notes =
        around(&clients, &recording, Margin { scope, around: order.margin, events: order.log_events }).await;
    refer(&clients, &recording).await;
    let calls = calls(&recording);
    let mut world = folded(&calls);
    whole::make(&mut world, &calls, (&scope.region, &account));
    notes.extend(packages::write(&mut world, &calls, &recording.exchanges(), redactor));
    let log_events = logs::write(&mut world, &calls, redactor);
    if let Some(series) = metrics::write(&metrics::samples(&calls)) {
        world.others.insert("world/cloudwatch/series.toml".to_owned(), series.into_bytes());
    }
    whole::drop_strays(&mut world);
    past::as_of(&mut world, scope.now);
    let cause = scenario::cause(order.entries);
    let deny = kept::denied(&calls);
    let head = scenario::Head { scope, account: &account, trigger, deny: &deny, cause };
    world.others.insert("scenario.toml".to_owned(), redactor.text(&scenario::text(head)).as_bytes().to_vec());
    let evidence = evidence(order.entries).count();
    Ok(Captured { files: hidden::written(world, redactor), notes, changed, evidence, log_events })
}

fn opened(entries: &[Entry]) -> Option<(&Trigger, &Scope)> {
    let trigger = entries.iter().find_map(|entry| match &entry.event {
        Event::Opened { trigger, .. } => Some(trigger),
        _ => None,
    });
    let scope = entries.iter().find_map(|entry| match &entry.event {
        Event::Scoped { scope } => Some(scope),
        _ => None,
    });
    Some((trigger?, scope?))
}

fn evidence(entries: &[Entry]) -> impl Iterator<Item = &Evidence> {
    entries.iter().filter_map(|entry| match &entry.event {
        Event::EvidenceTaken { evidence, .. } => Some(evidence.as_ref()),
        _ => None,
    })
}

/// Takes every piece of evidence again. Gives those that read otherwise now.
async fn taken_again(toolbox: &AwsToolbox, scope: &Scope, entries: &[Entry]) -> Vec<String> {
    let known: Vec<&str> = toolbox.tools().iter().map(|tool| tool.name.as_str()).collect();
    let taken = evidence(entries).filter(|evidence| known.contains(&evidence.tool.as_str()));
    let again = taken.map(|evidence| async move {
        let call = PlannedCall { tool: evidence.tool.clone(), arguments: evidence.arguments.clone() };
        let now = toolbox.run(&call, scope).await;
        (stored(&now.facts) != stored(&evidence.facts) || now.outcome != evidence.outcome)
            .then(|| format!("{} {}", evidence.id, evidence.tool))
    });
    let changed: Vec<Option<String>> = stream::iter(again).buffered(AT_ONCE).collect().await;
    changed.into_iter().flatten().collect()
}

/// Facts as the journal gives them back: the last digit of a number may be another.
fn stored(facts: &Facts) -> Option<Facts> {
    serde_json::to_string(facts).ok().and_then(|text| serde_json::from_str(&text).ok())
}

/// Reads the margin. Gives what is not there whole.
async fn around(clients: &Clients, recording: &Recording, margin: Margin<'_>) -> Vec<String> {
    let calls = calls(recording);
    let (logs, metrics, history) = futures::join!(
        margin::logs(clients, &calls, margin),
        margin::metrics(clients, &calls, margin),
        margin::history(clients, &calls, margin)
    );
    logs.into_iter().chain(metrics).chain(history).collect()
}

/// Reads what the read things refer to, in two steps: services first, then their revisions.
async fn refer(clients: &Clients, recording: &Recording) {
    let calls = self::calls(recording);
    whole::read(clients, &calls, &folded(&calls)).await;
    let calls = self::calls(recording);
    whole::revisions(clients, &calls, &folded(&calls)).await;
}

/// What was called so far. The longest answers come first: their order is the order of AWS's own lists.
fn calls(recording: &Recording) -> Vec<Call> {
    let mut calls: Vec<Call> = recording.exchanges().iter().filter_map(call::of).collect();
    calls.sort_by_cached_key(|call| Reverse(call.length()));
    calls
}

fn folded(calls: &[Call]) -> World {
    let mut world = World::default();
    calls.iter().for_each(|call| kept::keep(&mut world, call));
    world
}
