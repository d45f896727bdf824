//! No AWS credentials: the SDK has nothing to sign a call with, or nothing but what has expired.
//!
//! Discriminating questions: where does the program take its credentials from: a task role, or its instance, by the metadata service (IMDS)?
//! did a change take them away: of the instances' metadata options or profile, of the role, or of the revision, which lost its task role?
//! An SDK keeps what it has until shortly before it expires, up to hours: the first failure is later than the change, and each process
//! fails at a time of its own. A restart takes what is left.

use std::sync::LazyLock;

use jiff::SignedDuration;
use marple_case::{Category, Citation, ResourceKind, ResourceRef, Verdict, facts::Change, root_cause::Link};
use regex::Regex;

use crate::{
    cite,
    hypothesis::{
        Chain, Diagnosis, Hypothesis, Place, Support, cite_error, cite_frame, cite_setting, claim, gap, place,
    },
    modes::{
        permission::role,
        service::{Introduced, introduced, minutes},
    },
    reading::{Case, Seen, failure::Failure, logged::Logged, subject::SubjectKind},
};

/// The services' words for credentials that were good once.
static EXPIRED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\bExpiredToken(?:Exception)?\b|security token included in the request is expired").ok()
});
/// A setting of the metadata service that gives tokens or answers to fewer than before.
static NARROWED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:(?<tokens>HttpTokens)"?[=:]"?required|(?<hops>HttpPutResponseHopLimit)"?[=:]"?1\b|(?<off>HttpEndpoint)"?[=:]"?disabled)"#).ok()
});
/// Calls that part an instance from its role.
const OF_PROFILE: [&str; 4] = [
    "DisassociateIamInstanceProfile",
    "ReplaceIamInstanceProfileAssociation",
    "RemoveRoleFromInstanceProfile",
    "DeleteInstanceProfile",
];
/// Calls after which a role can no longer be taken on, or gives nothing.
const OF_ROLE: [&str; 3] = ["DeleteRole", "UpdateAssumeRolePolicy", "DetachRolePolicy"];

/// What took the credentials away.
#[derive(Debug)]
pub(crate) enum Taken<'a> {
    /// The metadata options of instances that it runs on: never empty, a change an instance.
    Metadata(Vec<Seen<'a, Change>>),
    /// The instance's profile or the role in it.
    Profile(Seen<'a, Change>),
    /// The role that it runs as.
    Role(Seen<'a, Change>),
    /// A revision of the task definition without the task role that the one before had.
    Revision(Box<Introduced<'a>>, &'a str),
}

/// What a change did to the metadata service of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Narrowed {
    /// Only requests with a session token (IMDSv2) are answered.
    Tokens,
    /// A token's answer goes no further than the instance itself.
    Hops,
    /// It is switched off.
    Off,
}

impl Narrowed {
    /// What a change of metadata options took, by its parameters.
    pub(crate) fn by(change: &Change) -> Option<Self> {
        let found = NARROWED.as_ref()?.captures(&change.detail)?;
        Some(match (found.name("tokens"), found.name("hops")) {
            (Some(_), _) => Self::Tokens,
            (None, Some(_)) => Self::Hops,
            (None, None) => Self::Off,
        })
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Tokens => {
                "made session tokens (IMDSv2, HttpTokens) a condition of the metadata service; with a hop limit of 1 a token does not reach a container behind the instance's bridge"
            }
            Self::Hops => {
                "set the hop limit of the metadata service (HttpPutResponseHopLimit) to 1, so that no token reaches a container behind the instance's bridge"
            }
            Self::Off => "switched the metadata service off (HttpEndpoint)",
        }
    }
}

/// Missing credentials as they were found.
#[derive(Debug)]
pub(crate) struct Uncredentialed<'a> {
    /// The error.
    pub(crate) logged: Logged<'a>,
    /// Where the call was made.
    pub(crate) place: Option<Place<'a>>,
    /// The change between a clean baseline and the first failure that explains it.
    pub(crate) taken: Option<Taken<'a>>,
}

/// Examines the case for credentials that cannot be had.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let missing = case.failures.iter().find(|logged| logged.failure == Failure::NoCredentials);
    let expired = || case.failures.iter().find(|logged| is_expired(logged));
    let logged = missing.or_else(expired)?.clone();
    let taken = taken(case, &logged);
    // What has merely expired was given by somebody, which is told with all other refusals of credentials.
    if logged.failure != Failure::NoCredentials && taken.is_none() {
        return None;
    }
    let without = Uncredentialed { place: place(case, &logged), logged, taken };
    Some(Hypothesis {
        support: without.logged.capped(Support::Shown),
        fresh: !without.logged.in_baseline,
        explains: without.logged.count,
        looks_for: "The program gets no AWS credentials; looking for where it takes them from, and what changed there."
            .to_owned(),
        wants: Vec::new(),
        cause: cause(case, &without),
        diagnosis: Diagnosis::Uncredentialed(without),
    })
}

fn is_expired(logged: &Logged<'_>) -> bool {
    let says = |text: &str| EXPIRED.as_ref().is_some_and(|pattern| pattern.is_match(text));
    logged.failure == Failure::Unauthenticated && (says(logged.class) || says(logged.message) || says(logged.sample))
}

/// The change that explains it: the nearest to the program's own configuration first.
fn taken<'a>(case: &Case<'a>, logged: &Logged<'a>) -> Option<Taken<'a>> {
    let changes = |fits: &dyn Fn(&Change) -> bool| case.all_linked_elsewhere(logged.first, logged.in_baseline, fits);
    if let Some((introduced, line)) = without_role(case, logged) {
        return Some(Taken::Revision(Box::new(introduced), line));
    }
    if let Some(role) = role(case) {
        let of = |change: &Change| {
            let own = change.resource.as_ref().is_some_and(|resource| resource.name == role);
            own && OF_ROLE.contains(&change.action.as_str())
        };
        return changes(&of).pop().map(Taken::Role);
    }
    if !asks_its_instance(case) {
        return None;
    }
    let narrowed = changes(&|change| {
        change.action == "ModifyInstanceMetadataOptions" && Narrowed::by(change).is_some() && is_of_hosts(case, change)
    });
    if !narrowed.is_empty() {
        return Some(Taken::Metadata(narrowed));
    }
    let parted = |change: &Change| OF_PROFILE.contains(&change.action.as_str()) && is_of_hosts(case, change);
    changes(&parted).pop().map(Taken::Profile)
}

/// The deployment whose revision has no task role any more.
fn without_role<'a>(case: &Case<'a>, logged: &Logged<'a>) -> Option<(Introduced<'a>, &'a str)> {
    let introduced = introduced(case, logged.first)?;
    let lost = |line: &&String| line.starts_with("task role: ") && line.ends_with(" -> none");
    let line = introduced.differences().iter().find(lost)?.as_str();
    Some((introduced, line))
}

/// Whether the tasks take the credentials of the instance: they run on instances, and the task definition names no role.
fn asks_its_instance(case: &Case<'_>) -> bool {
    let on_fargate = case.workload.service.is_some_and(|service| service.launch_type == "FARGATE");
    let no_role = case.workload.current().is_some_and(|definition| definition.task_role.is_none());
    case.kind == SubjectKind::Service && !on_fargate && no_role
}

/// Whether a change is of an instance that the service's targets are on; where these are addresses, or the change names none, it may be.
fn is_of_hosts(case: &Case<'_>, change: &Change) -> bool {
    let groups = case.workload.target_groups();
    let targets = groups.iter().flat_map(|group| &group.fact.targets);
    let hosts: Vec<&str> = targets.map(|target| target.id.as_str()).filter(|id| id.starts_with("i-")).collect();
    let named = change.resource.as_ref().map(|resource| resource.name.as_str()).filter(|name| name.starts_with("i-"));
    hosts.is_empty() || named.is_none_or(|name| hosts.contains(&name))
}

impl<'a> Uncredentialed<'a> {
    /// The changes that took the credentials, oldest first.
    pub(crate) fn changes(&self) -> Vec<Seen<'a, Change>> {
        match &self.taken {
            Some(Taken::Metadata(changes)) => changes.clone(),
            Some(Taken::Profile(change) | Taken::Role(change)) => vec![*change],
            Some(Taken::Revision(..)) | None => Vec::new(),
        }
    }

    /// How long the credentials of before were still good.
    fn lasted(&self) -> Option<SignedDuration> {
        let first = self.changes().first()?.at;
        Some(self.logged.first.duration_since(first)).filter(|span| *span >= SignedDuration::from_secs(60))
    }
}

/// The names of what was changed, each once.
pub(crate) fn names(changes: &[Seen<'_, Change>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in changes.iter().filter_map(|change| change.resource.as_ref()).map(|resource| resource.name.clone()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// `ModifyInstanceMetadataOptions of i-1, i-2`, or the revision.
pub(crate) fn what_took(without: &Uncredentialed<'_>) -> Option<String> {
    if let Some(Taken::Revision(introduced, _)) = &without.taken {
        return Some(format!("the deployment of {}, which has no task role", introduced.revision));
    }
    let changes = without.changes();
    let action = &changes.first()?.action;
    let of = names(&changes).join(", ");
    Some(if of.is_empty() { action.clone() } else { format!("{action} of {of}") })
}

fn cause(case: &Case<'_>, without: &Uncredentialed<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::MissingCredentials);
    let name = case.name();
    cause.title = match what_took(without) {
        Some(change) => format!("{name} gets no AWS credentials since {change}"),
        None => format!("{name} gets no AWS credentials: {}", without.logged.headline()),
    };
    let changed = without.changes();
    let changed = changed.iter().filter_map(|change| change.resource.clone());
    let role = role(case).filter(|_| without.taken.is_none()).map(|role| ResourceRef::new(ResourceKind::IamRole, role));
    cause.components = case.component().into_iter().chain(changed).chain(role).collect();
    cause.location = without.place.as_ref().map(|place| place.location.clone());
    cause.onset = Some(without.logged.first);
    cause.trigger = Some("Each call to AWS of a process whose credentials of before have run out".to_owned());
    cause.chain = chain(case, without);
    cause.summary = summary(case, without);
    match &without.taken {
        None => cause.gaps.push(gap(
            "what took the credentials away",
            "no change of the role, of the instance's profile or of its metadata options between the baseline and the first failure is among the evidence",
            "read the role and its trust policy, the instances' profile and metadata options (HttpTokens, HttpPutResponseHopLimit), and the program's AWS_ variables",
            true,
        )),
        Some(Taken::Metadata(_)) => cause.gaps.push(gap(
            "the instances' metadata options as they are now",
            "no tool reads them, and the time line of changes may hide what HttpTokens was set to",
            "aws ec2 describe-instances, MetadataOptions of each instance",
            false,
        )),
        Some(_) => {}
    }
    cause
}

fn summary(case: &Case<'_>, without: &Uncredentialed<'_>) -> String {
    let logged = &without.logged;
    let mut text = format!(
        "{} cannot sign its calls to AWS: {}. First seen at {}, {} time(s) in the window.",
        case.name(),
        logged.headline(),
        logged.first,
        logged.count
    );
    if let Some(change) = what_took(without) {
        text += &format!(" The credentials went with {change}; the baseline before that ran without this error.");
    }
    if let Some(lasted) = without.lasted() {
        text += &format!(
            " An SDK keeps the credentials that it has until shortly before they expire: the first failure came {} after the change, each process fails at a time of its own, and what still works will follow. A restart takes away what is left.",
            minutes(lasted.as_secs())
        );
    }
    text
}

fn chain(case: &Case<'_>, without: &Uncredentialed<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    match &without.taken {
        Some(Taken::Revision(introduced, line)) => {
            let [shown, _] = introduced.citations();
            let statement = introduced.statement(case.name()) + " The new revision names no task role.";
            chain.link(statement, introduced.at, [shown, introduced.cite_difference(line)]);
        }
        Some(taken) => changed(&mut chain, case, without, taken),
        None => {}
    }
    if asks_its_instance(case) {
        let statement = "The task definition names no task role: the program takes the credentials of the instance that it runs on, from the instance metadata service (IMDS).";
        chain.link(statement, None, [cite_setting(case, &[&["task role: none"]])]);
    }
    let logged = &without.logged;
    let at = without.place.as_ref().map(|place| format!(" at {}:{}", place.location.file, place.location.line));
    let frame = without.place.as_ref().and_then(|place| cite_frame(logged, place.frame));
    let late = without.lasted().map(|span| format!(", {} after the change", minutes(span.as_secs())));
    let statement = format!(
        "A call to AWS found no credentials{}{}: {}.",
        at.unwrap_or_default(),
        late.unwrap_or_default(),
        logged.headline()
    );
    chain.link(statement, Some(logged.first), [cite_error(logged), frame]);
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

/// The link of the calls that took the credentials.
fn changed(chain: &mut Chain, case: &Case<'_>, without: &Uncredentialed<'_>, taken: &Taken<'_>) {
    let changes = without.changes();
    let Some(first) = changes.first() else { return };
    let by = first.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
    let of = names(&changes).join(", ");
    let did = match taken {
        Taken::Metadata(_) => Narrowed::by(first.fact).map_or("changed the metadata service", Narrowed::in_words),
        Taken::Profile(_) => "parted the instance from the role that its programs use",
        Taken::Role(_) | Taken::Revision(..) => "changed the role that the program runs as",
    };
    let statement =
        format!("{}{by} ({of}) {did}. The baseline of {} before it ran without this error.", first.action, case.name());
    chain.link(statement, Some(first.at), changes.iter().take(3).map(|change| cite_change(change)));
}

/// Quotes a change, told apart from others of the same moment by what it was of.
pub(crate) fn cite_change(change: &Seen<'_, Change>) -> Option<Citation> {
    let stamp = change.at.to_string();
    let of = change.resource.as_ref().map(|resource| resource.name.as_str()).unwrap_or_default();
    cite::any(change.evidence, &[&[&stamp, &change.action, of], &[&stamp, &change.action], &[&change.action]])
}
